"""One night of the simulation: events in the order of their time, through the services.

The clock jumps from one event to the next. What customers and companions do is drawn beforehand
(:mod:`bench.night_crowd`); who is asked, who gets the order and what runs out is decided by the
code that a studio runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from bench.night_crowd import Temper, Want, comes, learned, look_after
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotAllowed, Refused, Taken
from crm_tui.core.words import DispatchMode, OfferState, OrderStatus, PayChannel, Presence
from crm_tui.models import Assignment, Companion, DispatchRound, Offer, Order
from crm_tui.services.companions import actions as companions
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import plan_actions, plan_reads
from crm_tui.services.dispatch.plan_actions import Applies
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.storage.store import Store, UnitOfWork

PLAN_EVERY = 1.0
"""Seconds between two plans, at least; the first after a quiet while is made at once.

The console plans when somebody asks for it (``P``): this night stands for a studio that runs
``dispatch plan --apply`` as soon as something changed, which the time a plan takes allows."""
PROMISED = 180.0
"""Seconds within which an order is to be accepted."""

_ID: Any = col(Offer.id)
_FRESH = select(_ID, col(Offer.companion_id)).where(bindparam("seen") < _ID).order_by(_ID)
_RUNS_OUT = select(func.min(col(Offer.expires_at))).where(col(Offer.state) == OfferState.OPEN)
_WIDENS = select(func.min(col(DispatchRound.widens_at))).where(
    col(DispatchRound.closed_at).is_(None)
)
_STATUS = select(col(Order.status)).where(col(Order.no) == bindparam("no"))
_PENDING = (
    select(col(Order.no))
    .where(col(Order.status) == OrderStatus.PENDING)
    .order_by(col(Order.created_at), col(Order.id))
)
_FREE = select(col(Companion.id)).where(
    col(Companion.presence) == Presence.IDLE,
    ~select(col(Assignment.id))
    .where(col(Assignment.companion_id) == col(Companion.id), col(Assignment.ended_at).is_(None))
    .exists(),
)
_OFFERED_TO = (
    select(col(Order.no))
    .join(Offer, col(Offer.order_id) == col(Order.id))
    .where(
        col(Offer.companion_id) == bindparam("companion"),
        col(Offer.state) == OfferState.OPEN,
        col(Offer.expires_at) > bindparam("now"),
    )
    .order_by(col(Order.rate_fen).desc(), col(Order.id))
)


@dataclass(frozen=True, slots=True)
class Able:
    """What a companion can serve, as far as the night's customers ask for it."""

    games: frozenset[int]
    gender: str
    levels: frozenset[str]
    """Their level, and those below it."""

    def may(self, want: Want) -> bool:
        """Whether they might be asked for it, were they free."""
        demands = want.demands
        return (
            want.game in self.games
            and demands.get("gender", self.gender) == self.gender
            and ("level" not in demands or demands["level"] in self.levels)
        )


@dataclass(slots=True)
class Told:
    """What a night came to. Times are seconds."""

    waits: list[float]
    missed: int
    accepted: int
    orders: int
    offers: int
    offers_taken: int
    load: list[float]
    """Minutes served in an hour present, of each companion who came."""
    looks: int
    """How often somebody came to look at an offer."""
    vain: int
    """How often there was none any more."""


@dataclass(slots=True)
class Night:
    """One night in one regime."""

    store: Store
    clock: FixedClock
    wants: list[Want]
    tempers: dict[int, Temper]
    able: dict[int, Able]
    plans: bool
    seed: int
    wariness: float = 0.0
    """See :mod:`bench.night_crowd`."""
    queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    looks: int = 0
    vain: int = 0
    now: float = 0.0
    want_of: dict[str, Want] = field(default_factory=dict)
    _tick: Any = field(default_factory=count)
    _seen_offer: int = 0
    _looking: set[int] = field(default_factory=set)
    _trust: dict[int, float] = field(default_factory=dict)
    _randoms: dict[int, Random] = field(default_factory=dict)
    _planned_at: float = -PLAN_EVERY
    _plan_waits: bool = False
    _woken_at: float = 0.0

    def run(self) -> Told:
        """Let the night pass."""
        for want in self.wants:
            self._at(want.at, partial(self._order, want))
        for companion_id, temper in self.tempers.items():
            self._at(temper.comes, partial(self._presence, companion_id, Presence.IDLE))
            self._at(temper.goes, partial(self._leave, companion_id))
            if temper.rests:
                begins, ends = temper.rests
                self._at(begins, partial(self._presence, companion_id, Presence.RESTING))
                self._at(ends, partial(self._presence, companion_id, Presence.IDLE))
        begun = self.clock.now()
        while self.queue:
            self.now, _tick, act = heappop(self.queue)
            self.clock.instant = begun + timedelta(seconds=self.now)
            act()
        return self._told()

    def _at(self, when: float, act: Callable[[], None]) -> None:
        heappush(self.queue, (max(when, self.now), next(self._tick), act))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._at(self.now + seconds, act)

    def _do(self, action: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """One action of somebody, then see who was asked by it, and what falls due when."""
        answer = self.store.perform(SYSTEM, lambda work: action(work, *args, **named))
        self._notice()
        return answer

    # Customers

    def _order(self, want: Want) -> None:
        mode = DispatchMode.AUTO if self.plans else DispatchMode.GRAB
        new = NewOrder(
            want.customer, want.game, want.minutes, want.kind, mode=mode, demands=want.demands
        )
        no = self._do(_created, new)
        self.want_of[no] = want
        self._after(want.patience, partial(self._lose_patience, no))
        if self.plans:
            self._plan_soon()
        else:
            self._offer(no)

    def _lose_patience(self, no: str) -> None:
        if self._status(no) in (OrderStatus.PENDING, OrderStatus.OFFERED):
            self._do(orders.cancel, no, "nobody free")

    # Dispatchers

    def _offer(self, no: str) -> None:
        """To all who fit; where nobody does it waits."""
        try:
            self._do(dispatch.offer, no)
        except Refused:
            return

    def _plan_soon(self) -> None:
        if not self._plan_waits:
            self._plan_waits = True
            self._at(self._planned_at + PLAN_EVERY, self._plan)

    def _plan(self) -> None:
        self._plan_waits, self._planned_at = False, self.now
        if not self._anything_to_plan():
            return
        with self.store.read() as work:
            plan = plan_reads.make(work)
        plan_actions.apply(self.store, SYSTEM, plan.assigned, Applies.OFFERS)
        self._notice()

    def _anything_to_plan(self) -> bool:
        """Whether anybody is free who might be asked for what waits; else a plan finds nothing."""
        waiting = [self.want_of[no] for no in self._pending()]
        free = [self.able[one] for one in self._seen(_FREE)] if waiting else []
        return any(each.may(want) for want in waiting for each in free)

    def _somebody_is_free(self, companion_id: int) -> None:
        """What waits can be dispatched again."""
        if self.plans:
            self._plan_soon()
            return
        for no in self._pending():
            if self.able[companion_id].may(self.want_of[no]):
                self._offer(no)

    def _wake(self, at: float) -> None:
        """Upkeep: offers run out, ladders widen; then what was untaken is dispatched again."""
        if at != self._woken_at:
            return
        self._woken_at = 0.0
        waiting = set(self._pending())
        self._do(dispatch.expire_due)
        self._do(dispatch.widen_due)
        for no in self._pending():
            if no not in waiting:
                self._again(no)

    def _again(self, no: str) -> None:
        """An order waits again."""
        if self.plans:
            self._plan_soon()
        else:
            self._offer(no)

    # Companions

    def _presence(self, companion_id: int, presence: Presence) -> None:
        if self.now < self.tempers[companion_id].goes:
            self._do(companions.set_presence, companion_id, presence)
            if presence is Presence.IDLE:
                self._somebody_is_free(companion_id)

    def _leave(self, companion_id: int) -> None:
        """Home, or once the order in hand is done."""
        try:
            self._do(companions.set_presence, companion_id, Presence.OFFLINE)
        except Refused:
            self._do(companions.set_presence, companion_id, Presence.RESTING)

    def _notice(self) -> None:
        """Who got an offer just now will look, or won't; and what has to be woken for."""
        with self.store.read() as work:
            connection = work.session.connection()
            asked = connection.execute(_FRESH, {"seen": self._seen_offer}).all()
            due = [connection.execute(query).scalar() for query in (_RUNS_OUT, _WIDENS)]
        for offer_id, companion_id in asked:
            self._seen_offer = offer_id
            self._maybe_look(companion_id)
        for instant in filter(None, due):
            wake = self.now + max((instant - self.clock.now()).total_seconds(), 0.0)
            if not self._woken_at or wake < self._woken_at:
                self._woken_at = wake
                self._at(wake, partial(self._wake, wake))

    def _random(self, companion_id: int) -> Random:
        return self._randoms.setdefault(companion_id, Random(f"{self.seed} {companion_id}"))

    def _maybe_look(self, companion_id: int) -> None:
        temper, random = self.tempers[companion_id], self._random(companion_id)
        chance = comes(temper, self._trust.get(companion_id, 1.0), self.wariness)
        if random.random() < chance and companion_id not in self._looking:
            self._looking.add(companion_id)
            self._after(look_after(temper, random), partial(self._look, companion_id))

    def _look(self, companion_id: int) -> None:
        """Take the best paid of what is offered, or turn it down."""
        self._looking.discard(companion_id)
        temper, random = self.tempers[companion_id], self._random(companion_id)
        offered = self._offered_to(companion_id)
        self.looks += 1
        self.vain += not offered
        self._trust[companion_id] = learned(self._trust.get(companion_id, 1.0), bool(offered))
        for no in offered:
            try:
                if random.random() < temper.declines:
                    self._do(dispatch.decline, no, companion_id, "busy")
                    if self._status(no) is OrderStatus.PENDING:
                        self._again(no)
                    continue
                self._do(dispatch.accept, no, companion_id)
            except (NotAllowed, Taken, Refused):
                continue
            self._accepted(no, companion_id)
            return

    def _accepted(self, no: str, companion_id: int) -> None:
        want = self.want_of[no]
        if self._random(companion_id).random() < self.tempers[companion_id].withdraws:
            self._after(want.delay, partial(self._withdraw, no, companion_id))
        else:
            self._after(want.delay, partial(self._start, no, companion_id))

    def _withdraw(self, no: str, companion_id: int) -> None:
        self._do(orders.release, no, "companion can't come")
        self._again(no)
        self._free_again(companion_id)

    def _start(self, no: str, companion_id: int) -> None:
        self._do(orders.start, no)
        self._after(self.want_of[no].served, partial(self._finish, no, companion_id))

    def _finish(self, no: str, companion_id: int) -> None:
        self._do(_closed, no, self.want_of[no].rating)
        self._free_again(companion_id)

    def _free_again(self, companion_id: int) -> None:
        if self.now >= self.tempers[companion_id].goes:
            self._do(companions.set_presence, companion_id, Presence.OFFLINE)
        else:
            self._somebody_is_free(companion_id)

    # What the simulation looks at

    def _status(self, no: str) -> OrderStatus:
        return OrderStatus(self._seen(_STATUS, no=no)[0])

    def _pending(self) -> list[str]:
        return self._seen(_PENDING)

    def _offered_to(self, companion_id: int) -> list[str]:
        """The orders that lie open for a companion, the best paid an hour first."""
        return self._seen(_OFFERED_TO, companion=companion_id, now=self.clock.now())

    def _seen(self, query: Any, **named: Any) -> list[Any]:
        with self.store.read() as work:
            return list(work.session.connection().execute(query, named).scalars())

    def _told(self) -> Told:
        first = (
            select(col(Assignment.order_id), func.min(col(Assignment.accepted_at)).label("at"))
            .group_by(col(Assignment.order_id))
            .subquery()
        )
        times: tuple[Any, ...] = (col(Order.created_at), first.c.at, col(Order.cancelled_at))
        service: tuple[Any, ...] = (
            col(Assignment.companion_id),
            col(Assignment.accepted_at),
            col(Assignment.ended_at),
        )
        states = select(col(Offer.state), func.count()).group_by(col(Offer.state))
        with self.store.read() as work:
            connection = work.session.connection()
            rows = connection.execute(
                select(*times).outerjoin(first, first.c.order_id == col(Order.id))
            ).all()
            ended_in = dict(connection.execute(states).all())
            served = connection.execute(select(*service)).all()
        waits = [((taken or left) - made).total_seconds() for made, taken, left in rows]
        minutes = dict.fromkeys(self.tempers, 0.0)
        for companion_id, begun, ended in served:
            minutes[companion_id] += (ended - begun).total_seconds() / 60
        hours = {one: (temper.goes - temper.comes) / 3600 for one, temper in self.tempers.items()}
        answers = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
        return Told(
            waits=waits,
            missed=sum(
                wait > PROMISED or taken is None
                for wait, (_made, taken, _left) in zip(waits, rows, strict=True)
            ),
            accepted=sum(taken is not None for _made, taken, _left in rows),
            orders=len(rows),
            offers=sum(ended_in.get(state, 0) for state in answers),
            offers_taken=ended_in.get(OfferState.ACCEPTED, 0),
            load=[minutes[one] / hours[one] for one in self.tempers],
            looks=self.looks,
            vain=self.vain,
        )


def _created(work: UnitOfWork, new: NewOrder) -> str:
    return reads.by_ids(work, [orders.create(work, new)])[0].no


def _closed(work: UnitOfWork, no: str, rating: int | None) -> None:
    """The companion reports, the customer pays and agrees."""
    orders.finish(work, no)
    row = reads.one(work, no)
    if row.amount_fen:
        orders.pay(work, no, PayChannel.WECHAT, row.amount_fen)
    orders.confirm(work, no, rating)
