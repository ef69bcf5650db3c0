"""The plan for 2,000 waiting orders and 2,000 companions online: how long, and how good.

The studio is the demo's in large: skills, levels, prices, history and ratings as there, orders
with their demands, and up to ten minutes of waiting. How good is told
against the exact optimum of the very same pairs (``scipy.optimize.linear_sum_assignment`` on the
full matrix, which is not bounded in time), against greedy (the best pair that is left, over and
over), and against first come, first served.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
from sqlmodel import col, select, update

from bench.figure import Figure
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.words import Presence
from crm_tui.models import Companion, CompanionSkill, Customer
from crm_tui.services.demo.build import Size, build
from crm_tui.services.demo.habits import KIND, regulars
from crm_tui.services.demo.odds import Odds
from crm_tui.services.dispatch import matching, plan_reads
from crm_tui.services.dispatch.matching import Pairs
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

WAITING = 2_000
COMPANIONS = 3_400
"""Of whom the orders of the demo's evening, and offers that stand, leave 2,000 available."""
LONGEST_WAIT = timedelta(minutes=10)
SECONDS_BAR = 2.0
OPTIMUM_BAR = 0.99
TIMES = 5
EVENING = datetime(2026, 9, 21, 14, 0, tzinfo=UTC)


def run() -> list[Figure]:
    """The measured numbers."""
    with tempfile.TemporaryDirectory() as folder:
        clock = FixedClock(EVENING)
        store = open_studio(
            Path(folder) / "studio.db", clock=clock, ids=SeededIds(1), random=Random(1)
        )
        fill(store, clock)
        figures = [*_time(store), *_quality(store)]
        store.close()
    return figures


def fill(store: Store, clock: FixedClock) -> None:
    """People with a past, everybody there, and orders that came in over some minutes."""
    build(store, Size(customers=3 * WAITING, companions=COMPANIONS, days=3, orders_a_day=400))
    with store.write(SYSTEM) as work:
        work.session.exec(update(Companion).values(presence=Presence.IDLE))
    begun = clock.instant
    with store.write(SYSTEM) as work:
        wishes = _wishes(work)
        for number, wish in enumerate(wishes):
            clock.instant = begun + LONGEST_WAIT * number / len(wishes)
            orders.create(work, wish)


def _wishes(work: UnitOfWork) -> list[NewOrder]:
    """What customers ask for: the popular games more often, half of them with demands."""
    random = work.random
    free = ~col(Customer.blocked) & ~col(Customer.minor)
    customers = [one for one in work.session.exec(select(Customer.id).where(free)) if one]
    levels = ("tech", "god", "peak")
    games = work.session.exec(select(CompanionSkill.game_id)).all()
    somebody = Odds(customers, regulars(len(customers)))
    wishes = []
    for _number in range(WAITING):
        game = random.choice(games)
        demands = {"gender": "female"} if random.random() < 0.25 else {}
        if random.random() < 0.5:
            demands["level"] = random.choice(levels)
        customer, kind = somebody.draw(random), KIND.draw(random)
        wishes.append(NewOrder(customer, game, 60, kind=kind, demands=demands))
    return wishes


def _time(store: Store) -> list[Figure]:
    seconds = []
    for _time in range(TIMES):
        begun = perf_counter()
        with store.read() as work:
            plan = plan_reads.make(work)
        seconds.append(perf_counter() - begun)
    middle = sorted(seconds)[TIMES // 2]
    note = (
        f"{plan.waiting:,} waiting, {plan.available:,} available, {len(plan.assigned):,} "
        f"assigned; read, judged, matched; median of {TIMES}"
    )
    bar = f"≤ {SECONDS_BAR:g} s"
    return [
        Figure("plan, whole call", middle, "s", bar, middle <= SECONDS_BAR, note),
        Figure("plan, slowest call", max(seconds), "s", note="reads everything anew each time"),
    ]


def _quality(store: Store) -> list[Figure]:
    with store.read() as work:
        pairs = plan_reads.pairs(work)
    match = matching.best_match(pairs)
    best, seconds = exact(pairs)
    ratio = match.total / best
    proven = match.total / match.at_most
    greedily = greedy(pairs)
    first = matching.first_come(pairs, range(pairs.orders)).total
    density = len(pairs) / (pairs.orders * pairs.companions)
    return [
        Figure(
            "plan, part of the exact optimum",
            ratio,
            "",
            f"≥ {OPTIMUM_BAR:g}",
            ratio >= OPTIMUM_BAR,
            f"linear_sum_assignment on the same {len(pairs):,} pairs ({density:.0%}) took "
            f"{seconds:.1f} s",
        ),
        Figure("plan, part that it proves itself", proven, "", note="total / at_most"),
        Figure(
            "plan, against greedy",
            match.total / greedily,
            "×",
            "> 1",
            match.total > greedily,
            "the best pair that is left, over and over",
        ),
        Figure(
            "plan, against first come, first served",
            match.total / first,
            "×",
            "> 1",
            match.total > first,
            "in order of arrival, each the best who is left",
        ),
    ]


def exact(pairs: Pairs) -> tuple[float, float]:
    """The greatest total there is, and how many seconds it took to find."""
    from scipy.optimize import linear_sum_assignment

    weights = np.zeros((pairs.orders, pairs.companions))
    weights[pairs.rows, pairs.columns] = pairs.weights
    begun = perf_counter()
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return float(weights[rows, columns].sum()), perf_counter() - begun


def greedy(pairs: Pairs) -> float:
    """The total of taking the best pair that is left until none is."""
    orders, companions = np.zeros(pairs.orders, bool), np.zeros(pairs.companions, bool)
    total = 0.0
    for pair in np.argsort(-pairs.weights, kind="stable").tolist():
        row, column = pairs.rows[pair], pairs.columns[pair]
        if not (orders[row] or companions[column]):
            orders[row] = companions[column] = True
            total += float(pairs.weights[pair])
    return total
