"""Reading a large file in a process of its own, ahead of the one that writes.

Reading, checking and spelling a customer out in keys takes as long as comparing and writing one;
two processors do both at once. The rules are those of every import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import CrmError, FileProblem
from crm_tui.core.language import N_, _, set_language
from crm_tui.core.portions import portions
from crm_tui.services.customers.keys import join_keys, keys_for
from crm_tui.services.imports import people
from crm_tui.services.imports.files import open_book
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.people import CustomerRecord, stand_in_nick
from crm_tui.services.imports.rowcells import RowCells
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
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(task, theirs), daemon=True)
    reader.start()
    theirs.close()
    try:
        yield _received(ours, task)
    finally:
        ours.close()
        reader.terminate()
        reader.join()


def _received(ours: Connection, task: Task) -> Iterator[Portion]:
    while True:
        try:
            said = ours.recv()
        except EOFError as error:
            why = N_("the process that reads it ended. Import it again to go on.")
            raise FileProblem(file=task.path.name, why=_(why)) from error
        if said is None:
            return
        if isinstance(said, Portion):
            yield said
        else:
            kind, facts = said
            raise kind(**facts)


def _read(task: Task, theirs: Connection) -> None:
    """Runs in the other process."""
    set_language(task.language)
    try:
        for portion in _portions(task):
            theirs.send(portion)
        theirs.send(None)
    except CrmError as problem:
        theirs.send((type(problem), problem.facts))
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the one who asked has gone, or is told by the same key press


def _portions(task: Task) -> Iterator[Portion]:
    sheet = next(each for each in open_book(task.path).sheets if each.name == task.sheet)
    table = find_table(sheet, task.today, Entity.CUSTOMERS, task.mapping)
    assert table is not None, "it was found before"
    for rows in portions(islice(table.rows(), task.skip, None), task.size):
        records, rejects = read_rows(table, task.calendar, rows, _customer)
        yield Portion(len(rows), records, rejects)


def _customer(row: RowCells) -> CustomerRecord:
    record = people.customer(row)
    nick = record.nick or stand_in_nick(record)
    identities = ((each.kind, each.normalised) for each in record.identities)
    keys = keys_for(nick, record.name, "", identities, record.tags)
    return record._replace(keys=join_keys(keys))
