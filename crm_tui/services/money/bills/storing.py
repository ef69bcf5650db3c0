"""Storing the lines of bills, each once: the same line of two files, or of two forms, is one.

A line is known by what the channel says of it and never changes: its numbers, its amount, and on
personal bills, whose numbers may repeat, its time. Lines that are alike in all of that in one file
are counted through: the second of them is the second of the next file too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import SQLModel, col

from crm_tui.core.language import _
from crm_tui.core.words import BillLineState
from crm_tui.models import MAIN_STORE
from crm_tui.models.bills import BillFile
from crm_tui.models.bills import BillLine as StoredBillLine
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.matching import Likely
from crm_tui.services.money.bills.reading import Bill
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


class Keys:
    """The keys of a file's lines, one after the other."""

    def __init__(self, form: BillForm) -> None:
        self._timed = not form.of_merchant
        self._seen: set[bytes] = set()
        self._again: Counter[bytes] = Counter()

    def of(self, line: BillLine) -> str:
        """By what the line is known in this file and every other."""
        says = [
            line.kind.value,
            line.outside_no,
            line.merchant_no,
            line.refund_of,
            str(line.amount_fen),
        ]
        if self._timed or not line.outside_no:
            says.append(line.at.isoformat())
        key = hashlib.blake2b("\x1f".join(says).encode(), digest_size=16).digest()
        if key not in self._seen:
            self._seen.add(key)
            return key.hex()
        self._again[key] += 1
        return f"{key.hex()}-{self._again[key]}"


def remember_file(work: UnitOfWork, bill: Bill) -> int:
    """The id of the file's row; the same content has one row, whatever it is called."""
    this: Any = select(col(BillFile.id)).where(col(BillFile.sha256) == bill.sha256)
    known = work.session.connection().execute(this).scalar()
    if known is not None:
        return int(known)
    values: dict[str, Any] = {
        "store_id": MAIN_STORE,
        "form": bill.form.value,
        "name": bill.path.name,
        "sha256": bill.sha256,
        "channel": bill.form.channel,
        "imported_at": work.clock.now(),
        "by": work.actor.login,
        "stated": {},
        "read": {},
    }
    again = TryAgain(database=work.store.shown, why=_("the same bill is being read."))
    with work.on_violation({"uq_bill_file_sha256": again}):
        made: Any = insert(BillFile).returning(col(BillFile.id))
        return int(work.session.connection().execute(made, values).scalar_one())


def conclude_file(work: UnitOfWork, file_id: int, bill: Bill) -> None:
    """Note what the file states and what was read, now that all its lines were."""
    told = bill.document()
    counts = {name: told[name] for name in ("lines", "payments", "refunds", "neutral", "rejected")}
    work.session.connection().execute(
        update(BillFile)
        .where(col(BillFile.id) == file_id)
        .values(
            stated=bill.totals.stated,
            read={**counts, "totals": bill.totals.read(), "agree": bill.totals.agree()},
        )
    )


def placed(
    work: UnitOfWork, form: BillForm, by_key: Mapping[str, BillLine]
) -> tuple[list[Stored], dict[str, Stored]]:
    """The lines as they are stored, and as they will be: those that are not known get their ids
    here, and are answered by key; :func:`store` writes them."""
    known = known_lines(work, form, list(by_key))
    ids = iter(work.reserve_ids(StoredBillLine, len(by_key) - len(known)))
    fresh = {
        key: Stored(next(ids), BillLineState.OPEN, line)
        for key, line in by_key.items()
        if key not in known
    }
    lines = [fresh.get(key) or Stored(*known[key], line) for key, line in by_key.items()]
    return lines, fresh


def store(
    work: UnitOfWork,
    file_id: int,
    bill: Bill,
    fresh: Mapping[str, Stored],
    matched: Mapping[int, Likely],
) -> None:
    """Write lines that are not known, those that are ``matched`` (by id) with their payment."""
    names = bill.layout.headers
    again = TryAgain(database=work.store.shown, why=_("the same bill is being read."))
    with work.on_violation({"uq_bill_line_channel_line_key": again}):
        work.store.dialect.insert_rows(
            work.session,
            _LINES,
            _COLUMNS,
            [_row(key, one, matched.get(one.id), names) for key, one in fresh.items()],
            same={"store_id": MAIN_STORE, "file_id": file_id, "channel": bill.form.channel},
        )


def known_lines(
    work: ReadWork, form: BillForm, keys: Sequence[str]
) -> dict[str, tuple[int, BillLineState]]:
    """The lines with these keys that are stored, by key: id and state."""
    these: Any = select(
        col(StoredBillLine.line_key), col(StoredBillLine.id), col(StoredBillLine.state)
    ).where(
        col(StoredBillLine.channel) == bindparam("of_channel"),
        work.store.dialect.among(_LINES.c.line_key, keys),
    )
    found = work.session.connection().execute(these, {"of_channel": form.channel})
    return {key: (line_id, state) for key, line_id, state in found}


def _row(key: str, one: Stored, match: Likely | None, headers: Sequence[str]) -> tuple[Any, ...]:
    line = one.line
    told = zip(headers, line.cells, strict=False)
    raw = {name: cell if isinstance(cell, str) else str(cell) for name, cell in told if cell}
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
        raw,
        match.payment_id if match else None,
        match.confidence if match else None,
        BillLineState.MATCHED if match else BillLineState.OPEN,
    )
