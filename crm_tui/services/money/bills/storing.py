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
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import SQLModel, col

from crm_tui.core.language import _
from crm_tui.core.words import BillLineKind, BillLineState, PayChannel
from crm_tui.models import MAIN_STORE
from crm_tui.models.bills import BillLine as StoredBillLine
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.matching import Paid
from crm_tui.services.money.bills.rowreader import BEIJING
from crm_tui.storage.dialect import TryAgain
from crm_tui.storage.store import ReadWork, UnitOfWork

_LINES = SQLModel.metadata.tables["bill_line"]
_LONGEST_NO = 100
_TEXT = {str}
_COLUMNS = (
    *("id", "line_key", "kind", "at", "amount_fen", "outside_no", "merchant_no", "refund_of"),
    *("payer", "title", "raw", "payment_id", "confidence", "state"),
)


class Stored(NamedTuple):
    """A line of a file as it is stored: its id, and what was made of it before."""

    id: int
    state: BillLineState
    line: BillLine


class Known(NamedTuple):
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
        of_payment = self._is_of_payment(line)
        return self._counted(_key_of_payment(line) if of_payment else self._key_of_its_own(line))

    def former(self, keyed: Mapping[str, BillLine]) -> dict[str, str]:
        """By the keys of ``keyed``: under what an earlier release stored lines that it knew by
        something else, which were the refunds of Alipay's merchants: by their own numbers."""
        return {
            key: self._counted(self._key_of_its_own(line))
            for key, line in keyed.items()
            if self._is_of_payment(line)
        }

    def _key_of_its_own(self, line: BillLine) -> str:
        timed = self._timed or not line.outside_no
        return _key(line, line.outside_no, line.at.isoformat() if timed else None)

    def _is_of_payment(self, line: BillLine) -> bool:
        return self._numbers_differ and line.kind is BillLineKind.REFUND and bool(line.refund_of)

    def _counted(self, key: str) -> str:
        if key not in self._seen:
            self._seen.add(key)
            return key
        self._again[key] += 1
        return f"{key}-{self._again[key]}"


def _key_of_payment(line: BillLine) -> str:
    return _key(line, line.refund_of, line.at.astimezone(BEIJING).date().isoformat())


def _key(line: BillLine, no: str, when: str | None) -> str:
    says = [line.kind.value, no, line.merchant_no, line.refund_of, str(line.amount_fen)]
    if when:
        says.append(when)
    sign = hashlib.blake2b("\x1f".join(says).encode(), digest_size=16).hexdigest()
    return f"{no[:_LONGEST_NO]}-{sign}"


def store(
    work: UnitOfWork,
    file_id: int,
    form: BillForm,
    fresh: Mapping[str, BillLine],
    paid: Mapping[str, Paid],
) -> Sequence[int]:
    """Write lines that are not known, those that are ``paid`` (by key) with their payment.

    Answers their ids.
    """
    ids = work.reserve_ids(StoredBillLine, len(fresh))
    rows = [
        _row(line_id, key, line, paid.get(key))
        for line_id, (key, line) in zip(ids, fresh.items(), strict=True)
    ]
    again = TryAgain(database=work.store.shown, why=_("the same bill is being read."))
    with work.on_violation({"uq_bill_line_channel_line_key": again}):
        work.store.dialect.insert_rows(
            work.session,
            _LINES,
            _COLUMNS,
            rows,
            same={"store_id": MAIN_STORE, "file_id": file_id, "channel": form.channel},
        )
    return ids


def learn(work: UnitOfWork) -> None:
    """Let queries be planned by the lines that are stored now."""
    work.store.dialect.learn(work.session, _LINES)


def known_lines(
    work: ReadWork,
    form: BillForm,
    keys: Collection[str],
    former: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Known]:
    """The lines with these keys that are stored, by key, drafts among them; also those that are
    stored under the ``former`` one of a key."""
    known = _known_lines(work, form, keys)
    if missing := {former[key]: key for key in former if key not in known}:
        known |= {missing[key]: line for key, line in _known_lines(work, form, missing).items()}
    return known


def _known_lines(work: ReadWork, form: BillForm, keys: Collection[str]) -> dict[str, Known]:
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


def _row(line_id: int, key: str, line: BillLine, paid: Paid | None) -> tuple[Any, ...]:
    return (
        line_id,
        key,
        line.kind,
        line.at,
        line.amount_fen,
        line.outside_no[:_LONGEST_NO],
        line.merchant_no[:_LONGEST_NO],
        line.refund_of[:_LONGEST_NO],
        line.payer,
        line.title,
        {"cells": _as_text(line.cells)},
        paid.payment_id if paid else None,
        paid.confidence if paid else None,
        BillLineState.MATCHED if paid else BillLineState.OPEN,
    )


def _as_text(cells: Sequence[object]) -> Sequence[object]:
    """What JSON can hold; the cells of a text file are text already."""
    if {*map(type, cells)} == _TEXT:
        return cells
    return ["" if cell is None else str(cell) for cell in cells]
