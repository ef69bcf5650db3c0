"""Making the plan: who should get which of the orders that wait, all at once (B6).

Every order asks the rules that a suggestion asks; then the match with the greatest total is looked
for, in which the score of a pair counts as often as the order is urgent. An order with several
places counts once for each that is free. What a customer named stays named: a direct order gets
its companion or nobody, until they have declined (see the setting ``dispatch.direct_fallback``).
Nothing is written here; see :mod:`.plan_actions`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.portions import portions
from crm_tui.core.words import DispatchMode, OfferState, OrderStatus, Presence
from crm_tui.models import Customer, DispatchRound, Game, Offer, Order, Store
from crm_tui.services.dispatch.columns import PRESENCES, Asked, Bools, Situation
from crm_tui.services.dispatch.matching import NOBODY, Floats, Ints, Pairs, best_match, first_come
from crm_tui.services.dispatch.plan import Because, LeftOver, Plan, Planned, Urgency
from crm_tui.services.dispatch.rules import Weights, judge
from crm_tui.services.dispatch.situation import asked, read_situation
from crm_tui.services.dispatch.weights import read_weights
from crm_tui.services.orders.rules import begins_later
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""
_LEAST = 1e-6
"""What a pair with a score of 0 is worth: still more than nobody."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the plan has to know of an order besides what it demands."""

    customer: str
    game: str
    named: int | None
    """Whom the customer asked for, where the order is direct."""
    asking: bool
    """The customer's own word is waited for."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A place of an order that has to be filled."""

    order: Asked
    facts: _Facts
    able: Ints
    """Who may have it, as columns of the match."""
    scores: Floats
    """How well each of them suits."""
    urgency: float
    only_named: bool


@dataclass
class _Store:
    """A store's situation, with the columns of its companions in the match."""

    situation: Situation
    weights: Weights
    urgency: Urgency
    promised: timedelta
    falls_back: bool
    reserve: int
    being_asked: Bools
    columns: Ints
    """Which column of the match each companion has."""

    @cached_property
    def place_of(self) -> dict[int, int]:
        """The place in the situation of each column."""
        return {column: place for place, column in enumerate(self.columns.tolist())}


@dataclass(frozen=True, slots=True)
class _Queue:
    """All that waits: the places to be filled, and the orders that are left out beforehand."""

    waiting: int
    rows: list[_Row]
    left: list[LeftOver]
    stores: dict[int, _Store]


def make(work: ReadWork, store_id: int | None = None) -> Plan:
    """The best plan for the orders that wait now, of all stores or of one."""
    begun = perf_counter()
    queue = _queue(work, store_id)
    possible = _pairs(queue.rows, queue.stores)
    match = best_match(possible)
    first = first_come(possible, range(possible.orders))
    taken = match.columns.tolist()
    assigned, over = _told(queue, taken, _reserves(queue, possible, taken))
    versions = [store.weights.version for store in queue.stores.values()]
    return Plan(
        waiting=queue.waiting,
        available=_available(queue.stores),
        assigned=tuple(assigned),
        unassigned=tuple(sorted([*queue.left, *over], key=lambda one: one.order_id)),
        total=match.total,
        at_most=match.at_most,
        first_come_total=first.total,
        weights_version=max(versions, default=0),
        took_ms=round((perf_counter() - begun) * 1000, 3),
    )


def pairs(work: ReadWork, store_id: int | None = None) -> Pairs:
    """What is possible now and what it is worth: the problem that :func:`make` solves."""
    queue = _queue(work, store_id)
    return _pairs(queue.rows, queue.stores)


def _queue(work: ReadWork, store_id: int | None) -> _Queue:
    waiting = [one for one in asked(work, None, store_id) if one.status is OrderStatus.PENDING]
    facts = _facts(work, [one.id for one in waiting])
    stores, now = _stores(work, waiting, store_id), work.clock.now()
    left: list[LeftOver] = []
    rows: list[_Row] = []
    for order in waiting:
        known = facts[order.id]
        if known.asking:
            left.append(_left(order, known, Because.CUSTOMER))
        elif begins_later(order.start_at, now):
            left.append(_left(order, known, Because.AHEAD))
        else:
            rows += _rows(order, known, stores[order.store_id], now)
    return _Queue(len(waiting), rows, left, stores)


def _facts(work: ReadWork, ids: Sequence[int]) -> dict[int, _Facts]:
    columns: tuple[Any, ...] = (
        col(Order.id),
        col(Customer.nick),
        col(Game.name),
        col(Order.mode),
        col(Order.named_companion_id),
        col(Order.asked_customer_at),
    )
    query = (
        select(*columns)
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .join(Game, col(Game.id) == col(Order.game_id))
    )
    found: dict[int, _Facts] = {}
    for some in portions(ids, _AT_ONCE):
        of_these = work.session.connection().execute(query.where(col(Order.id).in_(some)))
        for order_id, customer, game, mode, named, asking in of_these:
            wished = named if mode is DispatchMode.DIRECT else None
            found[order_id] = _Facts(customer, game, wished, asking is not None)
    return found


def _stores(work: ReadWork, waiting: Sequence[Asked], only: int | None) -> dict[int, _Store]:
    """All stores, or one; a companion who serves several has one column in the match."""
    columns: dict[int, int] = {}
    being_asked = _being_asked(work)
    stores = {}
    open_stores = work.session.connection().execute(select(col(Store.id)).where(col(Store.active)))
    known = open_stores.scalars() if only is None else (only,)
    for store_id in sorted({*known, *(one.store_id for one in waiting)}):
        theirs = [one for one in waiting if one.store_id == store_id]
        situation = read_situation(work, store_id, theirs)
        ids = situation.ids.tolist()
        stores[store_id] = _Store(
            situation,
            read_weights(work, store_id),
            Urgency(**work.setting("dispatch.urgency", store_id)),
            timedelta(seconds=work.setting("dispatch.response_seconds", store_id)),
            work.setting("dispatch.direct_fallback", store_id) == "ladder",
            work.setting("dispatch.plan_reserve", store_id),
            np.isin(situation.ids, being_asked),
            np.array([columns.setdefault(one, len(columns)) for one in ids], np.intp),
        )
    return stores


def _being_asked(work: ReadWork) -> list[int]:
    """Whom open rounds count on: the first asked of those who can still answer, one a place.

    They were the best for it, and are spoken for until the round widens. The others who were asked
    with them stay available: whoever holds several open offers chooses, as with any offers.
    """
    now = work.clock.now()
    turn = func.row_number().over(partition_by=col(Offer.round_id), order_by=col(Offer.id))
    standing = (
        select(col(Offer.companion_id), turn.label("turn"), col(Order.places))
        .join(Order, col(Order.id) == col(Offer.order_id))
        .join(DispatchRound, col(DispatchRound.id) == col(Offer.round_id))
        .where(col(Offer.state) == OfferState.OPEN, col(Offer.expires_at) > now)
        .where(col(DispatchRound.widens_at) > now)
        .subquery()
    )
    query = select(standing.c.companion_id).where(standing.c.turn <= standing.c.places)
    return list(work.session.connection().execute(query).scalars())


def _rows(order: Asked, facts: _Facts, store: _Store, now: datetime) -> Iterator[_Row]:
    """The free places of an order, with those who may have them."""
    situation = store.situation
    judged = judge(situation, order, store.weights)
    able = np.flatnonzero((judged.excluded == 0) & ~store.being_asked)
    named = situation.place_of.get(facts.named or 0, NOBODY)
    declined = named in situation.declined.get(order.id, ())
    only_named = facts.named is not None and not (declined and store.falls_back)
    if only_named:
        able = able[able == named]
    urgency = store.urgency.of(now, order.due_at, store.promised)
    row = _Row(order, facts, store.columns[able], judged.score[able], urgency, only_named)
    free = order.places - int((situation.bound_to == order.id).sum())
    return (row for _place in range(free))


def _pairs(rows: Sequence[_Row], stores: Mapping[int, _Store]) -> Pairs:
    """All pairs that are possible. Whom a customer named, nobody else gets."""
    people = max((int(store.columns.max(initial=-1)) for store in stores.values()), default=-1) + 1
    weights = [row.urgency * np.maximum(row.scores, _LEAST) for row in rows]
    pairs = Pairs(
        len(rows),
        people,
        np.repeat(np.arange(len(rows)), [len(row.able) for row in rows]),
        np.concatenate([np.empty(0, np.intp), *(row.able for row in rows)]),
        np.concatenate([np.empty(0), *weights]),
    )
    keeper = np.full(people, NOBODY)
    for place, row in reversed(list(enumerate(rows))):
        if row.only_named:
            keeper[row.able] = place
    theirs = keeper[pairs.columns]
    return pairs.only((theirs == NOBODY) | (theirs == pairs.rows))


def _reserves(queue: _Queue, possible: Pairs, taken: Sequence[int]) -> list[Ints]:
    """For each place that is filled, the columns of others who fit and are needed nowhere.

    The best for it first, no more than the store's reserve. Whoever fits several orders is the
    reserve of each: who answers first has it, and no order that is left over could have had them.
    """
    needed = np.zeros(possible.companions, bool)
    needed[[column for column in taken if column != NOBODY]] = True
    spare, starts = ~needed[possible.columns], possible.starts
    found = []
    for row, column in enumerate(taken):
        reserve = queue.stores[queue.rows[row].order.store_id].reserve if column != NOBODY else 0
        mine = starts[row] + np.flatnonzero(spare[starts[row] : starts[row + 1]])
        best = np.argsort(-possible.weights[mine], kind="stable")[:reserve]
        found.append(possible.columns[mine[best]])
    return found


def _told(
    queue: _Queue, taken: Sequence[int], reserves: Sequence[Ints]
) -> tuple[list[Planned], list[LeftOver]]:
    """The match in the words of the studio."""
    assigned: list[Planned] = []
    over: Counter[LeftOver] = Counter()
    for row, column, others in zip(queue.rows, taken, reserves, strict=True):
        if column == NOBODY:
            over[_left(row.order, row.facts, _why(row))] += 1
        else:
            assigned.append(_planned(row, queue.stores[row.order.store_id], column, others))
    return assigned, [replace(each, places=places) for each, places in over.items()]


def _planned(row: _Row, store: _Store, column: int, others: Ints) -> Planned:
    """One pair of the match, judged once more for the parts of its score."""
    place = store.place_of[column]
    parts = judge(store.situation, row.order, store.weights).parts
    return Planned(
        row.order.id,
        row.order.no,
        row.facts.customer,
        row.facts.game,
        int(store.situation.ids[place]),
        store.situation.nicks[place],
        round(float(row.scores[row.able == column][0]), 4),
        round(row.urgency, 4),
        {name: round(float(part[place]), 4) for name, part in parts.items()},
        row.order.version,
        tuple(store.situation.ids[[store.place_of[each] for each in others.tolist()]].tolist()),
    )


def _why(row: _Row) -> Because:
    if row.only_named:
        return Because.NAMED
    return Because.ELSEWHERE if len(row.able) else Because.NOBODY


def _left(order: Asked, facts: _Facts, why: Because) -> LeftOver:
    return LeftOver(order.id, order.no, facts.customer, facts.game, why)


def _available(stores: Mapping[int, _Store]) -> int:
    """How many companions of these stores could be given something."""
    free: set[int] = set()
    for store in stores.values():
        there = store.situation.presence == PRESENCES[Presence.IDLE]
        mask = there & (store.situation.bound_to == 0) & ~store.being_asked
        free.update(store.situation.ids[mask].tolist())
    return len(free)
