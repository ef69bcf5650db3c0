"""Books for what was brought in: imports, the demo studio, and studios from before there were any.

What orders and payments already say is booked in bulk, each journal under the key that the action
would have used, so that nothing is booked twice and a repetition does nothing. What an import
replaced or undid is taken back at the time at which it was booked: as if it had never been.

A booking that is made again after it was taken back has its key with ``~1``, ``~2`` … behind it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import SQLModel

from crm_tui.core.portions import portions
from crm_tui.core.words import Account, JournalKind, OrderStatus, PayChannel, PaymentKind
from crm_tui.models import STUDIO
from crm_tui.services.money import ledger, order_entries
from crm_tui.services.money.ledger import Entry, Posting
from crm_tui.services.money.order_entries import MoneyFacts, OrderFacts, Part, entries_of
from crm_tui.services.money.settlement import windows
from crm_tui.services.money.settlement.freeze import end_of_freeze
from crm_tui.services.money.settlement.windows import Earned, free_from
from crm_tui.services.money.splits.in_force import tip_share_bp
from crm_tui.services.money.splits.record import PartSplit, record_many
from crm_tui.services.orders.payments import moved_money
from crm_tui.storage.store import ReadWork, UnitOfWork

Progress = Callable[[int, int], object]
"""Called with the orders that are booked and all that are to be."""

_AT_ONCE = 2_000
_JOURNALS, _LINES, _ORDERS, _PAYMENTS = (
    SQLModel.metadata.tables[name] for name in ("journal", "journal_line", "orders", "payment")
)
_AGAIN = "~"
_ORDER_FACTS: Any = select(
    _ORDERS.c.id,
    _ORDERS.c.store_id,
    _ORDERS.c.customer_id,
    _ORDERS.c.kind,
    _ORDERS.c.status,
    _ORDERS.c.amount_fen,
    _ORDERS.c.completed_at,
)
_MONEY: Any = (
    select(
        _PAYMENTS.c.id,
        _PAYMENTS.c.order_id,
        _PAYMENTS.c.store_id,
        _PAYMENTS.c.customer_id,
        _PAYMENTS.c.kind,
        _PAYMENTS.c.channel,
        _PAYMENTS.c.amount_fen,
        _PAYMENTS.c.paid_at,
    )
    .where(moved_money())
    .order_by(_PAYMENTS.c.id)
)
_BOOKED: Any = select(
    _JOURNALS.c.id, _JOURNALS.c.order_id, _JOURNALS.c.payment_id, _JOURNALS.c.key,
    _JOURNALS.c.kind, _JOURNALS.c.reverses_id,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Standing:
    """A journal that was not taken back."""

    id: int
    order_id: int | None
    payment_id: int | None
    kind: JournalKind


@dataclass(slots=True)
class _Booked:
    """What the books hold of some orders or payments."""

    standing: dict[str, _Standing] = field(default_factory=dict)
    """By key, without its repetition."""
    times: Counter[str] = field(default_factory=Counter)
    """How often each key was booked."""

    @classmethod
    def of(cls, work: ReadWork, these: ColumnElement[bool]) -> _Booked:
        rows = work.session.connection().execute(_BOOKED.where(these)).all()
        gone = {row.reverses_id for row in rows}
        booked = cls()
        for row in rows:
            if row.reverses_id is None:
                key = row.key.partition(_AGAIN)[0]
                booked.times[key] += 1
                if row.id not in gone:
                    booked.standing[key] = _Standing(row.id, row.order_id, row.payment_id, row.kind)
        return booked

    def as_missing(self, expected: Posting) -> Posting | None:
        """It, under a key that is free, where it does not stand."""
        if expected.key in self.standing:
            return None
        times = self.times[expected.key]
        return replace(expected, key=f"{expected.key}{_AGAIN}{times}") if times else expected


def bring_in_all(work: UnitOfWork, progress: Progress | None = None) -> int:
    """Book all that the studio's orders and payments say; answers how many journals were made."""
    connection = work.session.connection()
    orders = list(connection.execute(select(_ORDERS.c.id)).scalars())
    loose = select(_PAYMENTS.c.id).where(_PAYMENTS.c.order_id.is_(None))
    return bring_in(work, orders, list(connection.execute(loose).scalars()), progress)


def bring_in(
    work: UnitOfWork,
    order_ids: Collection[int],
    payment_ids: Collection[int] = (),
    progress: Progress | None = None,
) -> int:
    """Book what these orders say, and these payments that belong to no order, as far as it is not
    booked; answers how many journals were made. Completed orders are split, too."""
    made = done = 0
    for ids in portions(sorted(order_ids), _AT_ONCE):
        made += _bring_in_orders(work, ids)
        done += len(ids)
        if progress:
            progress(done, len(order_ids))
    for ids in portions(sorted(payment_ids), _AT_ONCE):
        made += _bring_in_loose(work, ids)
    if made:
        work.record("books.brought_in", "journal", 0, store_id=STUDIO, journals=made)
    return made


def follow(
    work: UnitOfWork,
    order_ids: Collection[int],
    payment_ids: Collection[int] = (),
    *,
    anew: Collection[int] = (),
    reason: str,
) -> None:
    """Let the books of these orders, and of payments that belong to none, be what their rows say
    now: what an import or its undoing changed.

    Taken back are payments that no longer exist, completions of orders that are not completed or
    no longer exist, and all that was booked of the orders ``anew``. Money that was found to lie in
    another channel moves there. What is missing is booked.
    """
    for ids in portions(sorted(order_ids), _AT_ONCE):
        among = work.store.dialect.among
        _take_back(work, among(_JOURNALS.c.order_id, ids), frozenset(anew), reason)
    for ids in portions(sorted(payment_ids), _AT_ONCE):
        among = work.store.dialect.among
        _take_back(work, among(_JOURNALS.c.payment_id, ids), frozenset(), reason)
    bring_in(work, order_ids, payment_ids)


def settled(work: ReadWork, order_ids: Sequence[int]) -> set[int]:
    """Those of these orders that companions were paid for, or will be: their earnings are in a
    settlement batch that was approved. They can't be taken back."""
    earned = Earned(_JOURNALS.c.id, _JOURNALS.c.at, free_from(_LINES.c.available_on))
    query = (
        select(_JOURNALS.c.order_id)
        .join(_LINES, _LINES.c.journal_id == _JOURNALS.c.id)
        .where(
            work.store.dialect.among(_JOURNALS.c.order_id, order_ids),
            _LINES.c.account == Account.COMPANION_PAYABLE,
            windows.settled(_LINES.c.store_id, earned),
        )
        .distinct()
    )
    return set(work.session.connection().execute(query).scalars())


def _bring_in_orders(work: UnitOfWork, ids: Sequence[int]) -> int:
    among, connection = work.store.dialect.among, work.session.connection()
    booked = _Booked.of(work, among(_JOURNALS.c.order_id, ids))
    rows = connection.execute(_ORDER_FACTS.where(among(_ORDERS.c.id, ids)).order_by(_ORDERS.c.id))
    tip_share = cache(partial(tip_share_bp, work))
    orders = [_facts(work, row, tip_share) for row in rows]
    money: defaultdict[int, list[MoneyFacts]] = defaultdict(list)
    for row in connection.execute(_MONEY.where(among(_PAYMENTS.c.order_id, ids))):
        one = MoneyFacts(row.id, row.kind, row.channel, row.amount_fen, row.paid_at)
        money[row.order_id].append(one)
    ended = [
        order.id
        for order in orders
        if order.status is OrderStatus.COMPLETED
        and order_entries.completion_key(order.id) not in booked.standing
    ]
    splits = record_many(work, ended)
    return _post(
        work,
        booked,
        (
            posting
            for order in orders
            for posting in entries_of(order, money[order.id], _parts(order, splits))
        ),
    )


def _parts(order: OrderFacts, splits: Mapping[int, Iterable[PartSplit]]) -> list[Part]:
    return [
        Part(one.companion_id, one.companion_fen, order.available_on)
        for one in splits.get(order.id, ())
    ]


def _facts(work: ReadWork, row: Any, tip_share: Callable[[int, date], int]) -> OrderFacts:
    """What the books ask of an order."""
    done, store_id = row.completed_at, row.store_id
    day = work.calendar(store_id).day_of(done) if done else None
    return OrderFacts(
        row.id,
        store_id,
        row.customer_id,
        row.status,
        row.amount_fen,
        done,
        end_of_freeze(work, store_id, row.kind, done) if done else None,
        tip_share(store_id, day) if day else 0,
    )


def _bring_in_loose(work: UnitOfWork, ids: Sequence[int]) -> int:
    """Money of no order. What was booked of it as stored value is booked."""
    among = work.store.dialect.among
    booked = _Booked.of(work, among(_JOURNALS.c.payment_id, ids))
    known = {one.payment_id for one in booked.standing.values()}
    rows = work.session.connection().execute(_MONEY.where(among(_PAYMENTS.c.id, ids)))
    return _post(work, booked, (_loose(row) for row in rows if row.id not in known))


def _loose(row: Any) -> Posting:
    """A payment of no order is the customer's, in advance; a refund and a tip are the studio's."""
    if row.kind is PaymentKind.PAYMENT:
        kind, other = JournalKind.PAYMENT, Entry(Account.PREPAID, -row.amount_fen, row.customer_id)
    elif row.kind is PaymentKind.TIP:
        kind, other = JournalKind.TIP, Entry(Account.TIP_REVENUE, -row.amount_fen)
    else:
        kind, other = JournalKind.REFUND, Entry(Account.REFUNDS, row.amount_fen)
    return Posting(
        kind,
        (*order_entries.in_channel(row.channel, -other.amount_fen), other),
        order_entries.payment_key(row.id),
        row.store_id,
        at=row.paid_at,
        payment_id=row.id,
        customer_id=row.customer_id,
    )


def _post(work: UnitOfWork, booked: _Booked, expected: Iterable[Posting]) -> int:
    """Post what is missing, the oldest first."""
    missing = [one for each in expected if (one := booked.as_missing(each)) is not None]
    made = ledger.post_many(work, sorted(missing, key=lambda one: one.at or work.clock.now()))
    return sum(map(bool, made))


def _take_back(
    work: UnitOfWork, these: ColumnElement[bool], anew: Collection[int], reason: str
) -> None:
    """What :func:`follow` says of taking back and moving."""
    standing = list(_Booked.of(work, these).standing.values())
    money = _money_of(work, {one.payment_id for one in standing if one.payment_id is not None})
    done = _completed(work, {one.order_id for one in standing if one.order_id is not None})
    stale, moved = [], []
    for one in standing:
        lies = money.get(one.payment_id) if one.payment_id is not None else None
        if (
            one.order_id in anew
            or (one.payment_id is not None and lies is None)
            or (one.kind is JournalKind.COMPLETION and one.order_id not in done)
        ):
            stale.append(one.id)
        elif lies is not None:
            moved.append((one.id, *lies))
    ledger.reverse_many(work, stale, reason=reason)
    ledger.relocate(work, moved, reason=reason)


def _money_of(work: ReadWork, ids: Collection[int]) -> dict[int, tuple[PayChannel, datetime]]:
    """By id, where the money of these payments came, and when."""
    query = select(_PAYMENTS.c.id, _PAYMENTS.c.channel, _PAYMENTS.c.paid_at).where(
        work.store.dialect.among(_PAYMENTS.c.id, ids)
    )
    return {row.id: (row.channel, row.paid_at) for row in work.session.connection().execute(query)}


def _completed(work: ReadWork, ids: Collection[int]) -> set[int]:
    """Those of these orders that are completed."""
    query = select(_ORDERS.c.id).where(
        work.store.dialect.among(_ORDERS.c.id, ids), _ORDERS.c.status == OrderStatus.COMPLETED
    )
    return set(work.session.connection().execute(query).scalars())
