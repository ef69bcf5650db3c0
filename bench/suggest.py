"""``suggest`` for one order over 3,000 companions, the whole call with its SQL and the reasons of
everybody who is out, on every engine.

The studio has a past: sixty business days of a thousand orders, each offered to six companions,
served by one and rated by most customers; half of the companions have hours of the week; five
hundred are serving. Asked are orders that wait, one after the other, each of another customer,
game and demand, as a dispatcher's cursor goes down the queue. Between two calls something happens
in the studio, so that nothing that was read may simply be answered again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from bench.actions import at
from bench.figure import Figure
from bench.person import engines
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import Gender, OfferState, OrderKind, OrderStatus, Presence, SessionEnd
from crm_tui.models import (
    MAIN_STORE,
    Assignment,
    Companion,
    CompanionHours,
    CompanionLevel,
    CompanionSkill,
    Customer,
    DispatchRound,
    Game,
    Ladder,
    LadderRank,
    Offer,
    Order,
    Rating,
    ServiceSession,
)
from crm_tui.services.demo.words import words
from crm_tui.services.demo.write_people import insert_rows
from crm_tui.services.dispatch.reads import suggest
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
COMPANIONS, CUSTOMERS = 3_000, 5_000
DAYS, ORDERS_A_DAY, ASKED = 60, 1_000, 6
SERVING, WAITING = 500, 60
CALLS = 300
BAR = 30.0
Row = dict[str, Any]


def fill(store: Store, random: Random) -> list[str]:
    """Write the studio; answers the numbers of the orders that wait."""
    with store.write(SYSTEM) as work:
        people = list(work.reserve_ids(Companion, COMPANIONS))
        customers = list(work.reserve_ids(Customer, CUSTOMERS))
        insert_rows(work, Companion, _companions(work, random, people))
        insert_rows(work, CompanionSkill, _skills(work, random, people))
        insert_rows(work, CompanionHours, _hours(random, people))
        insert_rows(
            work,
            Customer,
            (
                {"id": who, "store_id": MAIN_STORE, "no": f"C{who}", "nick": f"客人{who}",
                 "created_at": NOW}
                for who in customers
            ),
        )  # fmt: skip
    with store.write(SYSTEM) as work:
        _past(work, random, people, customers)
    with store.write(SYSTEM) as work:
        _tonight(work, random, people[:SERVING], customers)
        waiting = list(_waiting(work, random, customers))
        insert_rows(work, Order, waiting)
    return [row["no"] for row in waiting]


def _companions(work: UnitOfWork, random: Random, ids: list[int]) -> Iterator[Row]:
    levels = work.session.exec(select(CompanionLevel.id)).all()
    tags = words().companion_tags
    for who in ids:
        yield {
            "id": who, "store_id": MAIN_STORE, "no": f"P{who}", "nick": f"鹿鹿{who}",
            "gender": random.choice([Gender.FEMALE, Gender.MALE]),
            "presence": random.choices([Presence.IDLE, Presence.RESTING, Presence.OFFLINE],
                                       [6, 1, 3])[0],
            "presence_since": NOW - timedelta(minutes=random.randint(0, 600)),
            "level_id": random.choice(levels), "rate_fen": random.randrange(3000, 12_000, 500),
            "tags": random.sample(tags, 2), "created_at": NOW,
        }  # fmt: skip


def _skills(work: UnitOfWork, random: Random, people: list[int]) -> Iterator[Row]:
    games = work.session.exec(select(Game.id)).all()
    rungs: dict[int, list[int | None]] = {game or 0: [] for game in games}
    for game, rank in work.session.exec(
        select(Ladder.game_id, LadderRank.id).join(Ladder, col(Ladder.id) == LadderRank.ladder_id)
    ):
        rungs[game].append(rank)
    for who in people:
        for game in random.sample(list(rungs), 3):
            rank = random.choice(rungs[game]) if rungs[game] else None
            yield {"companion_id": who, "game_id": game, "rank_id": rank, "rank_text": ""}


def _hours(random: Random, people: list[int]) -> Iterator[Row]:
    for who in people[::2]:
        starts = random.randrange(12, 23) * 60
        for weekday in random.sample(range(7), 5):
            yield {"companion_id": who, "weekday": weekday, "starts_minute": starts,
                   "ends_minute": starts + 480}  # fmt: skip


def _past(work: UnitOfWork, random: Random, people: list[int], customers: list[int]) -> None:
    """Orders of the days before, one after another, evenly through the evening."""
    count = DAYS * ORDERS_A_DAY
    begun = NOW - timedelta(days=DAYS)
    ids = list(work.reserve_ids(Order, count))
    rounds = list(work.reserve_ids(DispatchRound, count))
    asked = [random.sample(people, ASKED) for _ in ids]
    starts = [begun + timedelta(days=DAYS) * place / count for place in range(count)]
    shared = {"store_id": MAIN_STORE}
    insert_rows(work, Order, (
        {**shared, "id": each, "no": f"H{each}", "customer_id": random.choice(customers),
         "game_id": 1, "status": OrderStatus.COMPLETED, "created_at": start,
         "completed_at": start + timedelta(hours=1)}
        for each, start in zip(ids, starts, strict=True)
    ))  # fmt: skip
    insert_rows(work, DispatchRound, (
        {**shared, "id": number, "order_id": each, "number": 1, "mode": "grab",
         "opened_at": start, "expires_at": start, "closed_at": start}
        for number, each, start in zip(rounds, ids, starts, strict=True)
    ))  # fmt: skip
    insert_rows(work, Offer, (
        {**shared, "round_id": number, "order_id": each, "companion_id": who, "score": 0.5,
         "parts": {}, "state": OfferState.ACCEPTED if not place
         else random.choice([OfferState.LOST, OfferState.DECLINED, OfferState.EXPIRED]),
         "sent_at": start, "expires_at": start + timedelta(minutes=1),
         "answered_at": start + timedelta(seconds=random.randint(2, 60))}
        for number, each, start, whom in zip(rounds, ids, starts, asked, strict=True)
        for place, who in enumerate(whom)
    ))  # fmt: skip
    insert_rows(work, Assignment, (
        {**shared, "order_id": each, "companion_id": whom[0], "share_bp": 8000,
         "accepted_at": start, "ended_at": start + timedelta(hours=1),
         "outcome": SessionEnd.FINISHED}
        for each, start, whom in zip(ids, starts, asked, strict=True)
    ))  # fmt: skip
    insert_rows(work, Rating, (
        {**shared, "order_id": each, "companion_id": whom[0], "overall": random.randint(3, 5),
         "rated_at": start + timedelta(hours=2)}
        for each, start, whom in zip(ids, starts, asked, strict=True)
        if random.random() < 0.7
    ))  # fmt: skip


def _tonight(work: UnitOfWork, random: Random, busy: list[int], customers: list[int]) -> None:
    """Who serves now."""
    ids = list(work.reserve_ids(Order, len(busy)))
    bonds = list(work.reserve_ids(Assignment, len(busy)))
    shared = {"store_id": MAIN_STORE}
    starts = [NOW - timedelta(minutes=random.randint(1, 80)) for _ in ids]
    insert_rows(work, Order, (
        {**shared, "id": each, "no": f"S{each}", "customer_id": random.choice(customers),
         "game_id": 1, "status": OrderStatus.SERVING, "created_at": start, "started_at": start,
         "accepted_at": start, "planned_minutes": random.choice([60, 120])}
        for each, start in zip(ids, starts, strict=True)
    ))  # fmt: skip
    insert_rows(work, Assignment, (
        {**shared, "id": bond, "order_id": each, "companion_id": who, "share_bp": 8000,
         "accepted_at": start}
        for bond, each, who, start in zip(bonds, ids, busy, starts, strict=True)
    ))  # fmt: skip
    insert_rows(work, ServiceSession, (
        {**shared, "order_id": each, "assignment_id": bond, "companion_id": who,
         "started_at": start}
        for bond, each, who, start in zip(bonds, ids, busy, starts, strict=True)
    ))  # fmt: skip


def _waiting(work: UnitOfWork, random: Random, customers: list[int]) -> Iterator[Row]:
    games = list(work.session.exec(select(Game.id)).all())
    tags = words().companion_tags
    for number, each in enumerate(work.reserve_ids(Order, WAITING)):
        demands: Row = {}
        if number % 2:
            demands["gender"] = random.choice(["female", "male"])
        if number % 3 == 0:
            demands["tags"] = [random.choice(tags)]
        yield {
            "id": each, "store_id": MAIN_STORE, "no": f"W{each}",
            "customer_id": random.choice(customers), "game_id": games[number % len(games)],
            "kind": random.choice(list(OrderKind)), "demands": demands, "rate_fen": 4500,
            "created_at": NOW,
        }  # fmt: skip


def waits(store: Store, numbers: list[str], random: Random) -> list[tuple[float, float]]:
    """The milliseconds that each call took, and those of them in which it had a processor."""
    took = []
    for call in range(CALLS):
        with store.write(SYSTEM) as work:
            somebody = random.randint(1, COMPANIONS)
            work.session.connection().execute(
                update(Companion)
                .where(col(Companion.id) == somebody)
                .values(presence=Presence.IDLE, presence_since=NOW)
            )
            work.record("companion.presence", "companion", somebody, store_id=MAIN_STORE)
        began, had = time.perf_counter(), time.process_time()
        with store.read() as work:
            told = suggest(work, numbers[call % len(numbers)])
            assert len(told.excluded) > COMPANIONS / 2
        took.append(((time.perf_counter() - began) * 1000, (time.process_time() - had) * 1000))
    return took


def run() -> list[Figure]:
    """The first call of a process, and those after it, on every engine there is."""
    figures = []
    with engines() as found:
        for engine, target in found:
            random = Random(4)
            store = open_studio(target, clock=FixedClock(NOW))
            try:
                first, *later = waits(store, fill(store, random), random)
            finally:
                store.close()
            walls, had = (sorted(column) for column in zip(*later, strict=True))
            p95 = at(walls, 0.95)
            barred = engine == "SQLite"
            bar, ok = (f"≤ {BAR:.0f} ms", p95 <= BAR) if barred else ("", None)
            note = f"{COMPANIONS} companions, {DAYS * ORDERS_A_DAY} orders of the past"
            busy = f"{at(had, 0.95):.1f} ms of it in this process"
            figures += [
                Figure(f"suggest, p95, {engine}", p95, "ms", bar, ok, f"{note}; {busy}"),
                Figure(f"suggest, p50, {engine}", at(walls, 0.5), "ms", note=note),
                Figure(f"suggest, first call of a process, {engine}", first[0], "ms", note=note),
            ]
    return figures
