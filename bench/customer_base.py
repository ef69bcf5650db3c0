"""A studio of any size by the demo generator's habits: the customers, their orders, who writes in.

*Size.* The demo's large studio takes 400 orders a day for 20,000 customers; orders grow with the
square root of the customers, as between the demo's sizes. For a million that is 2,828 a day.

*Who orders* is drawn by ``habits.regulars``, a power law over all customers, at the hours of
``habits.HOUR``. So most customers of a large base have never ordered, and a third of those who
order do it for the first time.

*Who writes in* at :data:`NOW`, a busy evening: two of three about an order that is under way or
was completed lately (:data:`HEARD_HOURS` after its end, every other such customer has been heard
of for the last time), one of three to order, drawn like anybody who orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from random import Random

from sqlmodel import col, select

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.models import MAIN_STORE, Customer, CustomerIdentity, CustomerTag, Order, Tag
from crm_tui.services.catalogue.reads import games
from crm_tui.services.demo import people, write_people
from crm_tui.services.demo.build import LARGE
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.days import moments
from crm_tui.services.demo.habits import regulars
from crm_tui.services.demo.odds import Odds
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
"""23:04:11 in Shanghai."""
HEARD_HOURS = 1.0
ABOUT_AN_ORDER = 2 / 3
_CANCELLED = 0.05
_PORTION = 50_000


@dataclass(frozen=True, slots=True)
class Taken:
    """An order of the base: when it was taken, and when it was over; open ones have no end."""

    at: datetime
    customer_id: int
    over_at: datetime | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What an operator may know of a customer."""

    id: int
    nick: str
    name: str
    no: str
    identities: dict[IdentityKind, str]
    tags: tuple[str, ...]
    last_order_no: str


def orders_a_day(customers: int) -> float:
    """By the square root of the size, from the demo's large studio."""
    return LARGE.orders_a_day * sqrt(customers / LARGE.customers)


def habitual(customers: int, seed: int = 1) -> Odds[int]:
    """Who orders next, by customer id from 1: the demo's power law, in an order of its own."""
    ids = list(range(1, customers + 1))
    Random(seed).shuffle(ids)
    return Odds(ids, regulars(customers))


def fill(store: Store, customers: int, days: int = LARGE.days, seed: int = 1) -> None:
    """Write ``customers`` customers and the orders of the last ``days`` days into an empty studio.

    Ids begin with 1."""
    random = Random(seed)
    with store.write(SYSTEM) as work:
        calendar = work.calendar()
        write_people.tags(work)
    taken = list(_orders(random, calendar, habitual(customers, seed), days))
    completed: dict[int, list[datetime]] = {}
    first: dict[int, datetime] = {}
    for order in taken:
        first.setdefault(order.customer_id, order.at)
        if order.over_at is not None and not order.cancelled:
            completed.setdefault(order.customer_id, []).append(order.over_at)
    for start in range(0, customers, _PORTION):
        with store.write(SYSTEM) as work:
            tags = write_people.tags(work)
            ids = work.reserve_ids(Customer, min(_PORTION, customers - start))
            portion = list(people.customers(random, ids, NOW))
            for person in portion:
                ends = completed.get(person.id, ())
                person.orders, person.last_order_at = len(ends), max(ends, default=None)
                if person.id in first:
                    person.since = min(person.since, first[person.id] - timedelta(minutes=10))
            write_people.customers(work, portion, tags)
    for start in range(0, len(taken), _PORTION):
        with store.write(SYSTEM) as work:
            _write_orders(work, taken[start : start + _PORTION], start)


def _orders(
    random: Random, calendar: BusinessCalendar, odds: Odds[int], days: int
) -> Iterator[Taken]:
    """The orders up to now, the oldest first."""
    cast = Cast(random, calendar, [], [], [], [], [], 0, 60)
    today = calendar.day_of(NOW)
    for back in range(days, -1, -1):
        for at in moments(cast, today - timedelta(days=back), orders_a_day(len(odds.choices))):
            if at > NOW:
                return
            cancelled = cast.chance(_CANCELLED)
            lasts = cast.seconds(90, 900) if cancelled else cast.seconds(40 * 60, 150 * 60)
            over_at = at + lasts if at + lasts <= NOW else None
            yield Taken(at, odds.draw(random), over_at, cancelled)


def _write_orders(work: UnitOfWork, taken: Sequence[Taken], before: int) -> None:
    game = games(work)[0].id
    ids = work.reserve_ids(Order, len(taken))

    def rows() -> Iterator[write_people.Row]:
        for place, (order_id, order) in enumerate(zip(ids, taken, strict=True), before + 1):
            done = order.over_at is not None and not order.cancelled
            ended = OrderStatus.CANCELLED if order.cancelled else OrderStatus.COMPLETED
            yield {
                "id": order_id,
                "store_id": MAIN_STORE,
                "no": f"O{order.at:%m%d}-{place}",
                "status": ended if order.over_at else OrderStatus.PENDING,
                "customer_id": order.customer_id,
                "game_id": game,
                "created_at": order.at,
                "completed_at": order.over_at if done else None,
                "cancelled_at": order.over_at if order.cancelled else None,
            }

    write_people.insert_rows(work, Order, rows())


def writers_in(work: ReadWork, odds: Odds[int], count: int, seed: int) -> tuple[list[int], ...]:
    """The ids of ``count`` customers who write in: those about an order, and those to order."""
    random = Random(seed)
    about = round(count * ABOUT_AN_ORDER)
    since = NOW - timedelta(hours=12)
    rows = work.session.exec(
        select(Order.customer_id, Order.completed_at, Order.cancelled_at)
        .where(col(Order.created_at) >= since)
        .order_by(col(Order.id))
    ).all()
    younger = Odds.of(
        [
            (customer_id, 0.5 ** (_hours_since(completed or cancelled) / HEARD_HOURS))
            for customer_id, completed, cancelled in rows
        ]
    )
    lately = [younger.draw(random) for _ in range(about)]
    return lately, [odds.draw(random) for _ in range(count - about)]


def _hours_since(end: datetime | None) -> float:
    return (NOW - end) / timedelta(hours=1) if end else 0.0


def known(work: ReadWork, customer_id: int) -> Known:
    """What is known of a customer."""
    one = work.session.get_one(Customer, customer_id)
    identities = work.session.exec(
        select(CustomerIdentity.kind, CustomerIdentity.normalised)
        .where(CustomerIdentity.customer_id == customer_id)
        .order_by(col(CustomerIdentity.id))
    ).all()
    tags = work.session.exec(
        select(Tag.name)
        .join(CustomerTag, col(CustomerTag.tag_id) == col(Tag.id))
        .where(CustomerTag.customer_id == customer_id)
    ).all()
    newest = (
        select(Order.no)
        .where(Order.customer_id == customer_id)
        .order_by(col(Order.created_at).desc())
    )
    return Known(
        id=customer_id,
        nick=one.nick,
        name=one.name,
        no=one.no,
        identities={IdentityKind(kind): value for kind, value in identities},
        tags=tuple(tags),
        last_order_no=work.session.exec(newest.limit(1)).first() or "",
    )
