"""Bringing orders in: found again by number, else by whom, when, with whom and what.

An order that was worked on since an import is left as it is: the studio decides, not the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import SQLModel

from crm_tui.core.portions import portions
from crm_tui.core.words import OrderStatus
from crm_tui.models import Assignment, Order
from crm_tui.services.imports.custom import CustomFields
from crm_tui.services.imports.placing import (
    IMPORTED,
    STAFFED,
    Placed,
    assignment_rows,
    order_row,
    payment_rows,
    rating_rows,
    session_rows,
)
from crm_tui.services.imports.references import Clientele, Staff
from crm_tui.services.imports.rowcells import BadRow, Remark
from crm_tui.services.imports.run import Run
from crm_tui.services.imports.sales import OrderRecord
from crm_tui.services.imports.snapshots import CHILDREN, Stored, snapshot, stored_orders
from crm_tui.services.imports.verdict import OnConflict, Outcome, Verdict
from crm_tui.storage.store import UnitOfWork

_TABLES = SQLModel.metadata.tables
_ORDERS = _TABLES["orders"]
_ASSIGNMENTS = _TABLES["assignment"]
_CUSTOMERS = _TABLES["customer"]
_OPTIONAL = frozenset(("note", "cancel_reason", "comment", "rating"))
"""What a file may leave out without meaning that it is gone."""


@dataclass(slots=True)
class _Told:
    """An order row that was taken, until it is written and noted."""

    placed: Placed
    order_id: int
    outcome: Outcome
    before: dict[str, Any] | None = None
    custom: dict[str, Any] = field(default_factory=dict)


class OrderWriter:
    """Writes the orders of one sheet."""

    def __init__(self, run: Run, verdict: Verdict) -> None:
        self._run = run
        self._work = run.work
        self._verdict = verdict
        self._staff = Staff(run, verdict.sheet)
        self._fields = CustomFields(run.work, "order")
        self._met: dict[str, Placed] = {}
        self._alike: Counter[str] = Counter()
        open_now = select(_ASSIGNMENTS.c.companion_id).where(_ASSIGNMENTS.c.ended_at.is_(None))
        self._busy = set(self._work.session.connection().execute(open_now).scalars())

    def write(self, records: Sequence[OrderRecord]) -> None:
        """Look up, compare and write these orders, and note what became of each."""
        clientele = Clientele.of(self._work, [record.customer for record in records])
        placed: list[Placed] = []
        for record in records:
            try:
                placed.append(self._place(record, clientele))
            except BadRow as problem:
                self._run.book.reject(self._verdict, record.row, problem)
        stored = stored_orders(self._work, [each.no for each in placed])
        unknown = {each.no for each in placed} - stored.keys() - self._met.keys()
        fresh = iter(self._work.reserve_ids(Order, len(unknown)))
        told: list[_Told] = []
        for each in placed:
            try:
                told.append(self._take(each, stored.get(each.no), fresh))
            except BadRow as problem:
                self._run.book.reject(self._verdict, each.record.row, problem)
        self._store(told)
        for row in told:
            record = row.placed.record
            self._run.book.note(
                self._verdict, record.row, row.outcome, row.order_id, record.remarks, row.before
            )

    def finish(self) -> None:
        """Bring the customers' counts of completed orders up to date."""
        recount(self._work, self._run.recount)
        self._run.recount.clear()

    def _place(self, record: OrderRecord, clientele: Clientele) -> Placed:
        """Find whom and what the row names."""
        customer_id = clientele.find(record.customer)
        companions, added = self._staff.find(record.companion)
        remarks = [Remark(record.companion.column, nick, "companion_added") for nick in added]
        word = record.game or self._run.game_of_sheet
        game_id, new_game = self._run.catalogue.game(word, self._verdict.sheet)
        if new_game:
            remarks.append(Remark("", word, "game_added"))
        shares = tuple(self._staff.share_bp[each] for each in companions)
        told = replace(record, remarks=(*record.remarks, *remarks))
        placed = Placed(told, record.no, customer_id, game_id, companions, shares)
        return placed if record.no else replace(placed, no=self._number(placed))

    def _number(self, placed: Placed) -> str:
        """A number for an order that has none: the same for the same row, whenever it comes.

        Rows that are alike are one order if they name the time of the day, else several.
        """
        record = placed.record
        told = (placed.customer_id, record.created_at.isoformat(), placed.companions,
                placed.game_id, record.minutes, record.amount_fen)  # fmt: skip
        mark = hashlib.sha256(repr(told).encode()).hexdigest()[:10]
        day = self._run.calendar.day_of(record.created_at)
        number = f"I{day:%y%m%d}-{mark}"
        if not record.timed:
            self._alike[number] += 1
            if self._alike[number] > 1:
                return f"{number}-{self._alike[number]}"
        return number

    def _take(self, placed: Placed, stored: Stored | None, fresh: Any) -> _Told:
        """Decide what becomes of a row."""
        earlier = self._met.get(placed.no)
        if earlier:
            if earlier.facts() != placed.facts() or earlier.children() != placed.children():
                raise BadRow("duplicate_order_no", "", placed.no)
            return _Told(placed, stored.id if stored else 0, Outcome.MERGED)
        told = placed.record.custom
        if stored is None:
            order_id = next(fresh)
            self._refuse_busy(placed)
            custom = self._fields.first(told, order_id)
            self._occupy(placed)
            self._met[placed.no] = placed
            return _Told(placed, order_id, Outcome.INSERTED, custom=custom)
        self._met[placed.no] = placed
        custom = self._fields.trial(told, stored.custom, fill_only=False)
        if custom == stored.custom and not differs(placed, stored):
            return _Told(placed, stored.id, Outcome.UNCHANGED)
        if self._run.on_conflict is OnConflict.REJECT:
            raise BadRow("exists", "", placed.no)
        if self._run.on_conflict is OnConflict.SKIP:
            return _Told(placed, stored.id, Outcome.SKIPPED)
        if stored.version != stored.custom.get(IMPORTED):
            remark = Remark("", placed.no, "moved_on")
            kept = replace(placed, record=replace(placed.record, remarks=(remark,)))
            return _Told(kept, stored.id, Outcome.SKIPPED)
        self._busy -= set(stored.open_companions)
        self._refuse_busy(placed)
        before = snapshot(self._work, stored.id)
        custom = self._fields.changed(told, stored.id, stored.custom, fill_only=False)
        self._occupy(placed)
        return _Told(placed, stored.id, Outcome.UPDATED, before, custom)

    def _refuse_busy(self, placed: Placed) -> None:
        """A companion serves one order at a time."""
        if placed.record.status in STAFFED and self._busy & set(placed.companions):
            record = placed.record.companion
            raise BadRow("companion_busy", record.column, record.value[:200])

    def _occupy(self, placed: Placed) -> None:
        if placed.record.status in STAFFED:
            self._busy.update(placed.companions)

    def _store(self, told: list[_Told]) -> None:
        connection = self._work.session.connection()
        by = self._work.actor.login
        batch, store = self._run.batch_id, self._run.store_id
        written = [row for row in told if row.outcome in (Outcome.INSERTED, Outcome.UPDATED)]
        new = []
        for row in written:
            values = order_row(row.placed, batch, store, by) | {"id": row.order_id}
            if row.outcome is Outcome.INSERTED:
                new.append(values | {"custom": {**row.custom, **values["custom"]}})
            else:
                self._replace(row, values)
            self._run.to_book.orders.add(row.order_id)
            if row.placed.record.status is OrderStatus.COMPLETED or row.before:
                self._run.recount.add(row.placed.customer_id)
        if new:
            connection.execute(insert(_ORDERS), new)
        assignments = self._assignments(written)
        together = {
            "assignment": [each for group in assignments for each in group],
            "service_session": [
                each
                for row, group in zip(written, assignments, strict=True)
                for each in session_rows(row.placed, group)
            ],
            "payment": [
                each
                for row in written
                for each in payment_rows(row.placed, row.order_id, batch, store, by)
            ],
            "rating": [
                each for row in written for each in rating_rows(row.placed, row.order_id, store)
            ],
        }
        for name, rows in together.items():
            if rows:
                connection.execute(insert(_TABLES[name]), rows)

    def _assignments(self, written: list[_Told]) -> list[list[dict[str, Any]]]:
        groups = [assignment_rows(row.placed, row.order_id, self._run.store_id) for row in written]
        count = sum(map(len, groups))
        ids = iter(self._work.reserve_ids(Assignment, count))
        return [[each | {"id": next(ids)} for each in group] for group in groups]

    def _replace(self, row: _Told, values: dict[str, Any]) -> None:
        """Put the file's order in place of the one that an earlier import left."""
        connection = self._work.session.connection()
        assert row.before is not None
        version = row.before["order"]["version"] + 1
        row.before["version"] = version
        for name in CHILDREN:
            table = _TABLES[name]
            connection.execute(delete(table).where(table.c.order_id == row.order_id))
        custom = {**row.custom, IMPORTED: version}
        changes = values | {"version": version, "custom": custom}
        changes.pop("import_batch_id")
        connection.execute(update(_ORDERS).where(_ORDERS.c.id == row.order_id).values(changes))
        self._run.recount.add(row.before["order"]["customer_id"])
        self._run.to_book.replaced.add(row.order_id)


def differs(placed: Placed, stored: Stored) -> bool:
    """Whether the file says something else of the order than what is stored."""
    told = placed.facts() | placed.children()
    known = stored.facts
    if stored.certified:
        told["channel"] = known["channel"]
    return any(
        value != known[name] for name, value in told.items() if value or name not in _OPTIONAL
    )


def recount(work: UnitOfWork, customer_ids: set[int]) -> None:
    """Make ``order_count`` and ``last_order_at`` of these customers those of their orders."""
    connection = work.session.connection()
    for ids in portions(sorted(customer_ids), 400):
        done = (
            select(
                _ORDERS.c.customer_id,
                func.count().label("count"),
                func.max(_ORDERS.c.completed_at).label("last"),
            )
            .where(_ORDERS.c.customer_id.in_(ids), _ORDERS.c.status == OrderStatus.COMPLETED)
            .group_by(_ORDERS.c.customer_id)
        )
        found = {row.customer_id: row for row in connection.execute(done)}
        for each in ids:
            row = found.get(each)
            connection.execute(
                update(_CUSTOMERS)
                .where(_CUSTOMERS.c.id == each)
                .values(
                    order_count=row.count if row else 0, last_order_at=row.last if row else None
                )
            )
