"""Reading a large file in a process of its own, ahead of the one that writes.

Reading, checking and spelling a customer out in keys takes as long as comparing and writing one;
two processors do both at once. The rules are those of every import.
"""

from __future__ import annotations

import gc
import marshal
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import CrmError, FileProblem
from crm_tui.core.language import N_, _, set_language
from crm_tui.core.portions import portions
from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.services.customers.keys import join_keys, keys_for
from crm_tui.services.imports import people
from crm_tui.services.imports.custom import Told
from crm_tui.services.imports.files import open_book
from crm_tui.services.imports.headers import Column, Entity
from crm_tui.services.imports.people import CustomerRecord, Identity, stand_in_nick
from crm_tui.services.imports.rowcells import Remark, RowCells
from crm_tui.services.imports.run import Reject, read_rows
from crm_tui.services.imports.sheets import find_table


@dataclass(frozen=True, slots=True)
class Task:
    """What to read: the customers of a sheet, from data row ``skip`` on, ``size`` rows at once."""

    path: Path
    sheet: str
    mapping: Mapping[str, str]
    today: date
    calendar: BusinessCalendar
    language: str
    skip: int
    size: int
    columns: Mapping[str, Column]
    """What the columns are, custom fields among them."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows: how many, the customers, and the rows that can't be taken."""

    rows: int
    records: list[CustomerRecord]
    rejects: list[Reject]


@contextmanager
def reading(task: Task) -> Iterator[Iterator[Portion]]:
    """The portions of ``task``, read by another process, which ends with the block.

    Raises :class:`FileProblem` where the file can't be read to its end.
    """
    reader = subprocess.Popen(
        [sys.executable, "-c", f"from {__name__} import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # whoever reads from it decides what Ctrl-C means
    )
    assert reader.stdin and reader.stdout
    with reader, Connection(os.dup(reader.stdout.fileno()), writable=False) as ours:
        try:
            pickle.dump(task, reader.stdin)
            reader.stdin.close()
            yield _received(ours, task)
        finally:
            reader.kill()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Thousands of records live for a moment, none of them in circles: looking for those takes a
    fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _received(ours: Connection, task: Task) -> Iterator[Portion]:
    while True:
        try:
            said = ours.recv()
        except EOFError as error:
            why = N_("the process that reads it ended. Import it again to go on.")
            raise FileProblem(file=task.path.name, why=_(why)) from error
        if said is None:
            return
        if isinstance(said[0], type):
            kind, facts = said
            raise kind(**facts)
        rows, rejects = said
        with without_collecting():
            records = [_unpacked(each) for each in marshal.loads(ours.recv_bytes())]
        yield Portion(rows, records, rejects)


def serve() -> None:
    """What the other process does: reads the task that its input holds, and writes portions to
    its output. It makes no garbage in circles."""
    gc.disable()
    task: Task = pickle.load(sys.stdin.buffer)
    set_language(task.language)
    with Connection(os.dup(sys.stdout.fileno()), readable=False) as theirs:
        try:
            for portion in _portions(task):
                theirs.send((portion.rows, portion.rejects))
                theirs.send_bytes(marshal.dumps([_packed(each) for each in portion.records]))
            theirs.send(None)
        except CrmError as problem:
            theirs.send((type(problem), problem.facts))
        except BrokenPipeError:
            return  # the one who asked has gone


def _portions(task: Task) -> Iterator[Portion]:
    sheet = next(each for each in open_book(task.path).sheets if each.name == task.sheet)
    table = find_table(sheet, task.today, Entity.CUSTOMERS, task.mapping)
    assert table is not None, "it was found before"
    table = replace(table, columns=task.columns)
    for rows in portions(islice(table.rows(), task.skip, None), task.size):
        records, rejects = read_rows(table, task.calendar, rows, _customer)
        yield Portion(len(rows), records, rejects)


def _customer(row: RowCells) -> CustomerRecord:
    record = people.customer(row)
    nick = record.nick or stand_in_nick(record)
    identities = ((each.kind, each.normalised) for each in record.identities)
    keys = keys_for(nick, record.name, "", identities, record.tags)
    return record._replace(keys=join_keys(keys))


_KINDS, _GENDERS, _CHANNELS = list(IdentityKind), [None, *Gender], [None, *SourceChannel]
_KIND_AT, _GENDER_AT, _CHANNEL_AT = (
    {word: at for at, word in enumerate(words)} for words in (_KINDS, _GENDERS, _CHANNELS)
)


def _packed(record: CustomerRecord) -> tuple[Any, ...]:
    """The record of plain values only: what ``pickle`` makes of it takes five times as long."""
    since = record.registered_on
    return (
        *record[:4],
        [(_KIND_AT[each.kind], each.value, each.normalised) for each in record.identities],
        _GENDER_AT[record.gender],
        record.city,
        _CHANNEL_AT[record.channel],
        record.tags,
        record.note,
        since and since.toordinal(),
        [tuple(each) for each in record.remarks],
        record.keys,
        [tuple(each) for each in record.custom],
        record.opening,
    )


def _unpacked(packed: tuple[Any, ...]) -> CustomerRecord:
    row, nick, no, name, identities, gender, city, channel, tags, note, since, *rest = packed
    remarks, keys, custom, opening = rest
    return CustomerRecord(
        row,
        nick,
        no,
        name,
        tuple([Identity(_KINDS[kind], value, normal) for kind, value, normal in identities]),
        _GENDERS[gender],
        city,
        _CHANNELS[channel],
        tags,
        note,
        since and date.fromordinal(since),
        tuple([Remark(*each) for each in remarks]),
        keys,
        tuple([Told(*each) for each in custom]),
        opening,
    )
