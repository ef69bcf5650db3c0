"""A studio with thousands of open orders, and a process that changes a hundred of them a second.

*Watched* orders are those in service that end first, so that they stand on top of every board. One
change of :data:`ONE_IN` pauses one of them, which takes it from the top, or resumes it, which
brings it back; the others go to orders far below: pause, resume, start, finish, confirm. Every
change is a transaction of its own through the services, with its event, as a console writes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from random import Random
from time import monotonic, sleep

from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import OrderStatus, Presence
from crm_tui.models import (
    MAIN_STORE,
    Assignment,
    Companion,
    Customer,
    Order,
    ServiceSession,
)
from crm_tui.services.catalogue.reads import games
from crm_tui.services.demo.write_people import Row, insert_rows
from crm_tui.services.orders import actions
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

OPEN = 10_000
STILL, WATCHED = 6, 20
"""Orders on top that nobody touches, for the cursor; and those watched below them."""
SHARES = (
    (OrderStatus.SERVING, 0.6),
    (OrderStatus.ACCEPTED, 0.2),
    (OrderStatus.CONFIRMING, 0.1),
    (OrderStatus.UNPAID, 0.1),
)
ONE_IN = 10
AMOUNT_FEN = 4500
PLANNED = timedelta(hours=2)
BOOKED_AHEAD = timedelta(hours=3)

Change = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Seen:
    """A watched order was committed at ``at`` (monotonic): whether it is on top from now on."""

    no: str
    on_top: bool
    at: float


def watched() -> list[str]:
    """The numbers of the watched orders."""
    return [f"W-{place:03d}" for place in range(WATCHED)]


def fill(store: Store) -> None:
    """Write :data:`OPEN` open orders, each with its own customer and companion."""
    statuses = [OrderStatus.SERVING] * (STILL + WATCHED)
    for status, share in SHARES:
        statuses += [status] * round(share * (OPEN - STILL - WATCHED))
    with store.write(SYSTEM) as work:
        now = work.clock.now()
        customers = work.reserve_ids(Customer, len(statuses))
        companions = work.reserve_ids(Companion, len(statuses))
        orders = work.reserve_ids(Order, len(statuses))
        numbered = list(zip(orders, customers, companions, statuses, strict=True))
        insert_rows(work, Customer, (_customer(each, now) for each in customers))
        insert_rows(work, Companion, (_companion(each, now) for each in companions))
        insert_rows(work, Order, _orders(work, numbered, now))
        bound = [one for one in numbered if one[3] in _BOUND]
        ids = work.reserve_ids(Assignment, len(bound))
        given = list(zip(ids, bound, strict=True))
        insert_rows(work, Assignment, (_assignment(each, *one[:3], now) for each, one in given))
        insert_rows(work, ServiceSession, _stretches(given, now))


_BOUND = (OrderStatus.SERVING, OrderStatus.ACCEPTED)


def _customer(customer_id: int, now: datetime) -> Row:
    return {
        "id": customer_id,
        "store_id": MAIN_STORE,
        "no": f"C{customer_id:06d}",
        "nick": f"小鱼干{customer_id}",
        "created_at": now,
    }


def _companion(companion_id: int, now: datetime) -> Row:
    return {
        "id": companion_id,
        "store_id": MAIN_STORE,
        "no": f"P{companion_id:05d}",
        "nick": f"鹿鹿{companion_id}",
        "presence": Presence.IDLE,
        "rate_fen": AMOUNT_FEN,
        "created_at": now,
    }


def _began(place: int, now: datetime) -> datetime:
    """Those on top end in three quarters of an hour, the others three quarters later and on."""
    if place < STILL + WATCHED:
        return now - PLANNED + timedelta(minutes=45, seconds=place)
    return now - timedelta(seconds=place % 1800)


def _orders(
    work: UnitOfWork, numbered: list[tuple[int, int, int, OrderStatus]], now: datetime
) -> Iterator[Row]:
    game = games(work)[0].id
    names = [f"S-{place:03d}" for place in range(STILL)] + watched()
    for place, (order_id, customer_id, _companion_id, status) in enumerate(numbered):
        began = _began(place, now)
        begun = status is not OrderStatus.ACCEPTED
        yield {
            "id": order_id,
            "store_id": MAIN_STORE,
            "no": names[place] if place < len(names) else f"O-{place:05d}",
            "status": status,
            "customer_id": customer_id,
            "game_id": game,
            "planned_minutes": PLANNED // timedelta(minutes=1),
            "rate_fen": AMOUNT_FEN,
            "amount_fen": AMOUNT_FEN * 2,
            "created_at": began,
            "start_at": None if begun else now + BOOKED_AHEAD,
            "accepted_at": began if begun else now,
            "started_at": began if begun else None,
            "finished_at": None if status in _BOUND else now,
            "created_by": work.actor.login,
        }


def _assignment(
    assignment_id: int, order_id: int, _customer_id: int, companion_id: int, now: datetime
) -> Row:
    return {
        "id": assignment_id,
        "store_id": MAIN_STORE,
        "order_id": order_id,
        "companion_id": companion_id,
        "share_bp": 6000,
        "accepted_at": now,
    }


def _stretches(
    given: list[tuple[int, tuple[int, int, int, OrderStatus]]], now: datetime
) -> Iterator[Row]:
    for place, (assignment_id, (order_id, _customer, companion_id, status)) in enumerate(given):
        if status is OrderStatus.SERVING:
            yield {
                "store_id": MAIN_STORE,
                "order_id": order_id,
                "assignment_id": assignment_id,
                "companion_id": companion_id,
                "started_at": _began(place, now),
            }


def change(database: str, rate: float, seconds: float, told: Connection) -> None:
    """Change orders of ``database`` at ``rate`` a second; ``told`` gets :class:`Seen` for each
    watched one, and at the end the number of changes that were made in how many seconds."""
    store = open_studio(database)
    steps = _Steps(Random(4))
    watching = deque((no, True) for no in watched())
    begun = monotonic()
    done = 0
    while (now := monotonic()) < begun + seconds:
        if (pause := begun + done / rate - now) > 0:
            sleep(pause)
        if done % ONE_IN:
            no, step = steps.next()
            store.perform(SYSTEM, partial(step, no=no))
        else:
            no, on_top = watching.popleft()
            step = actions.pause if on_top else actions.resume
            store.perform(SYSTEM, partial(step, no=no))
            told.send(Seen(no, not on_top, monotonic()))
            watching.append((no, not on_top))
        done += 1
    told.send((done, monotonic() - begun))
    store.close()


class _Steps:
    """What happens to the orders far below, one life after the other: the service of one is
    paused and resumed a few times, then finished and confirmed; others begin."""

    def __init__(self, random: Random) -> None:
        top = STILL + WATCHED
        rest = OPEN - top
        serving, accepted = (round(share * rest) for _status, share in SHARES[:2])
        self._random = random
        self._serving = [f"O-{place:05d}" for place in range(top, top + serving)]
        begin = (f"O-{place:05d}" for place in range(top + serving, top + serving + accepted))
        self._begin = begin
        self._due: deque[tuple[str, Change]] = deque()
        self._count = count()

    def next(self) -> tuple[str, Change]:
        """The order to be changed next, and how."""
        if len(self._due) > self._random.randrange(20):
            return self._due.popleft()
        number = next(self._count)
        if number % 10 == 9 and (no := next(self._begin, None)):
            return no, actions.start
        at = self._random.randrange(len(self._serving))
        no = self._serving[at]
        if number % 10 == 4:
            self._serving.pop(at)
            self._due.append((no, actions.confirm))
            return no, actions.finish
        if any(no == waiting for waiting, _step in self._due):
            return self.next()
        self._due.append((no, actions.resume))
        return no, actions.pause
