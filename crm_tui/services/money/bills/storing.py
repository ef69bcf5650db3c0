"""Storing the lines of bills, each once: the same line of two files, or of two forms, is one.

A line is known by what the channel says of it and never changes: its numbers, its amount, and on
personal bills, whose numbers may repeat, its time. The two bills that Alipay makes for merchants
number a refund differently: it is known by the payment, the amount and the day. Lines that are
alike in all of that in one file are counted through: the second of them is the second of the next
file too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import SQLModel, col

from crm_tui.core.language import _
from crm_tui.core.words import BillLineKind, BillLineState, PayChannel
from crm_tui.models import MAIN_STORE
from crm_tui.models.bills import BillLine as StoredBillLine
from crm_tui.services.money.bills.drafts import Draft, InTheWay, go_on, others
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.matching import Likely
from crm_tui.services.money.bills.rowreader import BEIJING
from crm_tui.storage.dialect import TryAgain
from crm_tui.storage.store import ReadWork, UnitOfWork

_LINES = SQLModel.metadata.tables["bill_line"]
_LONGEST_NO = 100
_COLUMNS = (
    *("id", "line_key", "kind", "at", "amount_fen", "outside_no", "merchant_no", "refund_of"),
    *("payer", "title", "raw", "payment_id", "confidence", "state"),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A line of a file as it is stored: its id, and what was made of it before."""

    id: int
    state: BillLineState
    line: BillLine


@dataclass(frozen=True, slots=True)
class Known:
    """A line that was stored before."""

    id: int
    state: BillLineState
    file_id: int


class Keys:
    """The keys of a file's lines, one after the other.

    Each begins with the line's own number: numbers of one day are alike, and so the index of the
    keys grows at its end instead of everywhere.
    """

    def __init__(self, form: BillForm) -> None:
        self._timed = not form.of_merchant
        self._numbers_differ = form.of_merchant and form.channel is PayChannel.ALIPAY
        self._seen: set[str] = set()
        self._again: Counter[str] = Counter()

    def of(self, line: BillLine) -> str:
        """By what the line is known in this file and every other."""
        by_payment = self._numbers_differ and line.kind is BillLineKind.REFUND and line.refund_of
        no = line.refund_of if by_payment else line.outside_no
        says = [line.kind.value, no, line.merchant_no, line.refund_of, str(line.amount_fen)]
        if by_payment:
            says.append(line.at.astimezone(BEIJING).date().isoformat())
        elif self._timed or not no:
            says.append(line.at.isoformat())
        sign = hashlib.blake2b("\x1f".join(says).encode(), digest_size=16).hexdigest()
        key = f"{no[:_LONGEST_NO]}-{sign}"
        if key not in self._seen:
            self._seen.add(key)
            return key
        self._again[key] += 1
        return f"{key}-{self._again[key]}"


def placed(
    work: UnitOfWork, draft: Draft | None, form: BillForm, by_key: Mapping[str, BillLine]
) -> tuple[list[Stored], dict[str, Stored], set[int]]:
    """The lines as they are stored, and as they will be: those that are not known get their ids
    here, and are answered by key; :func:`store` writes them. Also the files of the known ones.

    Raises :class:`Overtaken`, and :class:`InTheWay` where other drafts hold some.
    """
    if draft:
        go_on(work, draft)
    known = known_lines(work, form, list(by_key))
    files = {line.file_id for line in known.values()}
    if rivals := files & others(work, draft):
        raise InTheWay(rivals)
    ids = iter(work.reserve_ids(StoredBillLine, len(by_key) - len(known)))
    lines: list[Stored] = []
    fresh: dict[str, Stored] = {}
    for key, line in by_key.items():
        if before := known.get(key):
            lines.append(Stored(before.id, before.state, line))
        else:
            fresh[key] = Stored(next(ids), BillLineState.OPEN, line)
            lines.append(fresh[key])
    return lines, fresh, files


def store(
    work: UnitOfWork,
    file_id: int,
    form: BillForm,
    fresh: Mapping[str, Stored],
    matched: Mapping[int, Likely],
) -> None:
    """Write lines that are not known, those that are ``matched`` (by id) with their payment."""
    again = TryAgain(database=work.store.shown, why=_("the same bill is being read."))
    with work.on_violation({"uq_bill_line_channel_line_key": again}):
        work.store.dialect.insert_rows(
            work.session,
            _LINES,
            _COLUMNS,
            [_row(key, one, matched.get(one.id)) for key, one in fresh.items()],
            same={"store_id": MAIN_STORE, "file_id": file_id, "channel": form.channel},
        )


def known_lines(work: ReadWork, form: BillForm, keys: Sequence[str]) -> dict[str, Known]:
    """The lines with these keys that are stored, by key, drafts among them."""
    these: Any = select(
        col(StoredBillLine.line_key),
        col(StoredBillLine.id),
        col(StoredBillLine.state),
        col(StoredBillLine.file_id),
    ).where(
        col(StoredBillLine.channel) == bindparam("of_channel"),
        work.store.dialect.among(_LINES.c.line_key, keys),
    )
    found = work.session.connection().execute(these, {"of_channel": form.channel})
    return {key: Known(*told) for key, *told in found}


def fee_lines(work: ReadWork, files: set[int]) -> list[tuple[int, Any]]:
    """Ids and times of the lines of these files that tell of fees."""
    query: Any = select(col(StoredBillLine.id), col(StoredBillLine.at)).where(
        col(StoredBillLine.file_id).in_(files), col(StoredBillLine.kind) == BillLineKind.FEE
    )
    return [(row[0], row[1]) for row in work.session.connection().execute(query)]


def _row(key: str, one: Stored, match: Likely | None) -> tuple[Any, ...]:
    line = one.line
    return (
        one.id,
        key,
        line.kind,
        line.at,
        line.amount_fen,
        line.outside_no[:_LONGEST_NO],
        line.merchant_no[:_LONGEST_NO],
        line.refund_of[:_LONGEST_NO],
        line.payer,
        line.title,
        {"cells": [cell if isinstance(cell, str) else str(cell) for cell in line.cells]},
        match.payment_id if match else None,
        match.confidence if match else None,
        BillLineState.MATCHED if match else BillLineState.OPEN,
    )
