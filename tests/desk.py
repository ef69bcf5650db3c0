"""A dispatcher's desk for tests: people to work with, and one call an action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, PayChannel, Presence, Role
from crm_tui.models import (
    MAIN_STORE,
    Companion,
    CompanionSkill,
    Customer,
    Game,
    Order,
)
from crm_tui.services.customers.index import write_keys
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import history, reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.orders.history import OrderDetail
from crm_tui.services.orders.reads import OrderRow
from crm_tui.storage.store import Store

MANAGER = Actor("wang", Role.MANAGER)


@dataclass
class Desk:
    """A studio with one customer, some companions, and somebody at the keyboard."""

    store: Store
    clock: FixedClock
    customer: int
    companions: list[int]
    game: int
    actor: Actor = field(default_factory=lambda: Actor("li", Role.DISPATCHER))

    def do(self, action: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Run one action in a unit of work of its own."""
        with self.store.write(self.actor) as work:
            return action(work, *args, **named)

    def order(self, minutes: int = 60, **more: Any) -> str:
        """A new order's number."""
        new = NewOrder(self.customer, self.game, minutes, **more)
        order_id = self.do(orders.create, new)
        with self.store.read() as work:
            return reads.by_ids(work, [order_id])[0].no

    def row(self, no: str) -> OrderRow:
        with self.store.read() as work:
            return reads.one(work, no)

    def detail(self, no: str) -> OrderDetail:
        with self.store.read() as work:
            return history.detail(work, no)

    def wait(self, minutes: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(minutes=minutes))

    def order_in(self, status: OrderStatus, companion: int = 0) -> str:
        """An order that was brought to ``status`` by the ordinary way, ¥45 for an hour."""
        no = self.order()
        who = self.companions[companion]
        way: dict[OrderStatus, list[tuple[Any, ...]]] = {
            OrderStatus.PENDING: [],
            OrderStatus.OFFERED: [(dispatch.offer, no, [who])],
            OrderStatus.ACCEPTED: [(orders.assign, no, who)],
        }
        way[OrderStatus.SERVING] = [*way[OrderStatus.ACCEPTED], (orders.start, no)]
        way[OrderStatus.CONFIRMING] = [*way[OrderStatus.SERVING], (orders.finish, no, 60)]
        way[OrderStatus.UNPAID] = [*way[OrderStatus.CONFIRMING], (orders.confirm, no)]
        way[OrderStatus.COMPLETED] = [
            *way[OrderStatus.UNPAID],
            (orders.pay, no, PayChannel.CASH, 4500),
        ]
        way[OrderStatus.CANCELLED] = [(orders.cancel, no, "no time")]
        for action, *args in way[status]:
            self.do(action, *args)
        return no


def open_desk(store: Store, clock: FixedClock, companions: int = 3, series: str = "") -> Desk:
    """Fill a studio with a customer and idle companions at ¥45 an hour; a studio that has some
    gets others with another ``series``."""
    now = clock.now()
    with store.write(MANAGER) as work:
        game = work.session.exec(select(Game).order_by(Game.id)).first()
        assert game is not None and game.id is not None
        customer = Customer(store_id=MAIN_STORE, no=f"{series}C1", nick="小鱼干12", created_at=now)
        people = [
            Companion(
                store_id=MAIN_STORE,
                no=f"{series}P{number}",
                nick=f"鹿鹿{number:02}",
                presence=Presence.IDLE,
                rate_fen=4500,
                share_bp=8000,
                created_at=now,
            )
            for number in range(companions)
        ]
        work.session.add_all([customer, *people])
        work.session.flush()
        assert customer.id is not None
        ids = [person.id for person in people]
        for companion_id in ids:
            work.session.add(CompanionSkill(companion_id=companion_id, game_id=game.id))
        write_keys(work, [customer.id])
    return Desk(store, clock, customer.id, [one for one in ids if one is not None], game.id)


def status_of(store: Store, no: str) -> OrderStatus:
    """What the table itself says."""
    with store.read() as work:
        return work.session.exec(select(Order.status).where(Order.no == no)).one()
