"""The other consoles of the demo studio, played through the services that the real ones use.

One step is one action of somebody: a customer orders, a dispatcher assigns or offers, a companion
accepts, starts or reports, a customer confirms and pays. What somebody else was quicker to do is
refused by the services, and left at that; any other error ends the play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import log

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Conflict, NotAllowed, Refused, Taken
from crm_tui.core.words import DispatchMode, Gender, OfferState, OrderStatus, Presence, Role
from crm_tui.models import Companion, Customer, Offer, Order
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.catalogue.rules import defaults
from crm_tui.services.companions import actions as companions
from crm_tui.services.companions import reads as companion_reads
from crm_tui.services.demo.habits import KIND, PAY_CHANNEL, RATING, regulars
from crm_tui.services.demo.odds import Odds
from crm_tui.services.demo.words import words
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch.reads import suggest
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.orders.reads import OrderRow
from crm_tui.services.orders.rules import OPEN
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

SECONDS_BETWEEN = 2.0
"""Between two steps, on average."""
_LONGEST_WAIT = 8.0
_CUSTOMER = Actor("小程序", Role.OPERATOR)
_OPERATOR = Actor("客服B", Role.DISPATCHER)
_OPEN_PER_COMPANION = 0.7
"""Open orders that the evening tends to."""
_FIRST_LOOK = timedelta(seconds=20)
_PROMISED = timedelta(seconds=150)
_PATIENCE = timedelta(minutes=6)
_TIME_TO_RENEW = timedelta(minutes=8)
_OFFERED_TO = 4
_NEXT_PRESENCE = {
    Presence.IDLE: (Presence.RESTING, 0.001),
    Presence.RESTING: (Presence.IDLE, 0.003),
    Presence.OFFLINE: (Presence.IDLE, 0.002),
}

Action = Callable[[UnitOfWork], object]


@dataclass(frozen=True, slots=True)
class Move:
    """Something that somebody could do now; the heavier, the likelier."""

    weight: float
    actor: Actor
    action: Action


class Live:
    """Plays on a demo studio. Everything random comes from the store's random source."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.random = store.random
        with store.read() as work:
            customers, games = _customers(work), [game.id for game in catalogue.games(work)]
        self._customers = Odds(customers, regulars(len(customers)))
        self._games = Odds(games, regulars(len(games)))

    def play(self, stopped: Callable[[float], bool]) -> None:
        """Step after step until ``stopped`` says so, which waits for the seconds it is given."""
        while not stopped(self.pause()):
            self.step()

    def pause(self) -> float:
        """Seconds until somebody does something."""
        waits = -log(1 - self.random.random()) * SECONDS_BETWEEN
        return min(waits, _LONGEST_WAIT)

    def step(self) -> bool:
        """Let somebody do one thing; False where somebody else was quicker."""
        self.store.perform(_OPERATOR, dispatch.expire_due)
        self.store.perform(_OPERATOR, dispatch.widen_due)
        moves = list(self._moves())
        move = Odds(moves, [one.weight for one in moves]).draw(self.random)
        try:
            self.store.perform(move.actor, move.action)
        except (NotAllowed, Taken, Conflict, Refused):
            return False
        return True

    def _moves(self) -> Iterator[Move]:
        with self.store.read() as work:
            rows = [row for row in reads.board(work) if row.status in OPEN]
            offers = _open_offers(work)
            roster = companion_reads.roster(work)
            now = work.clock.now()
        usual = _OPEN_PER_COMPANION * len(roster)
        yield Move(0.25 * (usual / max(len(rows), 1)) ** 4, _CUSTOMER, self._take_order())
        for row in rows:
            yield from self._with_order(row, now)
        for no, companion_id, nick in offers:
            who = Actor(nick, Role.OPERATOR)
            yield Move(0.015, who, partial(dispatch.accept, no=no, companion_id=companion_id))
            yield Move(0.003, who, self._decline(no, companion_id))
        for one in roster:
            to, weight = _NEXT_PRESENCE.get(one.presence, (None, 0.0))
            if to is not None:
                who = Actor(one.nick, Role.OPERATOR)
                yield Move(weight, who, _say_presence(one.id, to))

    def _with_order(self, row: OrderRow, now: datetime) -> Iterator[Move]:
        """What somebody could do with an open order."""
        no, waited = row.no, now - row.created_at
        who = Actor(row.companion or _OPERATOR.login, Role.OPERATOR)
        match row.status:
            case OrderStatus.PENDING if waited > _FIRST_LOOK and row.free_places:
                yield Move(0.12 if waited > _PROMISED else 0.05, _OPERATOR, _dispatch(row, waited))
            case OrderStatus.ACCEPTED:
                yield Move(0.06, who, partial(orders.start, no=no))
            case OrderStatus.SERVING if row.paused:
                yield Move(0.1, who, partial(orders.resume, no=no))
            case OrderStatus.SERVING:
                over = row.due_at is not None and row.due_at <= now
                yield Move(0.3 if over else 0.006, who, partial(orders.finish, no=no))
                if row.due_at is not None and row.due_at - now < _TIME_TO_RENEW:
                    yield Move(0.02, _CUSTOMER, partial(orders.renew, no=no))
                yield Move(0.0005, who, partial(orders.pause, no=no))
            case OrderStatus.CONFIRMING:
                rating = RATING.draw(self.random) if self.random.random() < 0.6 else None
                yield Move(0.08, _CUSTOMER, partial(orders.confirm, no=no, rating=rating))
            case OrderStatus.UNPAID:
                yield Move(0.05, _OPERATOR, self._pay(row))

    def _take_order(self) -> Action:
        kind = KIND.draw(self.random)
        usual = defaults().kinds[kind]
        demands = {"gender": Gender.FEMALE} if self.random.random() < 0.25 else {}
        grab = self.random.random() < 0.4
        new = NewOrder(
            customer_id=self._customers.draw(self.random),
            game_id=self._games.draw(self.random),
            planned_minutes=usual.minutes,
            kind=kind,
            places=2 if self.random.random() < 0.08 else 1,
            billing_unit=usual.billing_unit,
            mode=DispatchMode.GRAB if grab else DispatchMode.AUTO,
            demands=demands,
            note=self.random.choice(words().order_notes),
        )
        return partial(orders.create, new=new)

    def _decline(self, no: str, companion_id: int) -> Action:
        reason = self.random.choice(words().declined)
        return partial(dispatch.decline, no=no, companion_id=companion_id, reason=reason)

    def _pay(self, row: OrderRow) -> Action:
        channel, owed = PAY_CHANNEL.draw(self.random), row.amount_fen - row.paid_fen
        return partial(orders.pay, no=row.no, channel=channel, amount_fen=owed)


def _dispatch(row: OrderRow, waited: timedelta) -> Action:
    """Assign it to the best, or offer it to several; give it up where there is nobody for long."""

    def action(work: UnitOfWork) -> None:
        best = suggest(work, row.no, _OFFERED_TO).candidates
        if not best and waited > _PATIENCE:
            orders.cancel(work, row.no, words().cancelled[1])
        elif row.mode is DispatchMode.GRAB:
            dispatch.offer(work, row.no, [one.companion_id for one in best] or None)
        elif best:
            orders.assign(work, row.no, best[0].companion_id, score=best[0].score)

    return action


def _say_presence(companion_id: int, presence: Presence) -> Action:
    return partial(companions.set_presence, companion_id=companion_id, presence=presence)


def _customers(work: ReadWork) -> list[int]:
    """Customers who may order, the most loyal first."""
    query = (
        select(col(Customer.id))
        .where(~col(Customer.blocked), ~col(Customer.minor), col(Customer.merged_into_id).is_(None))
        .order_by(col(Customer.order_count).desc(), col(Customer.id))
    )
    return [one for one in work.session.connection().execute(query).scalars() if one is not None]


def _open_offers(work: ReadWork) -> list[tuple[str, int, str]]:
    """Order number, companion and nickname of every offer that waits for an answer."""
    query = (
        select(col(Order.no), col(Offer.companion_id), col(Companion.nick))
        .join(Order, col(Order.id) == Offer.order_id)
        .join(Companion, col(Companion.id) == Offer.companion_id)
        .where(col(Offer.state) == OfferState.OPEN)
        .order_by(col(Offer.id))
    )
    return [(no, who, nick) for no, who, nick in work.session.connection().execute(query)]
