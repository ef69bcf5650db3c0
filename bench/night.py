"""A night at the studio, dispatched in two ways: grabbing, and the plan with the offer ladder.

Every night runs through the real services on SQLite, with a clock that jumps from one event to the
next: what customers and companions do is drawn beforehand (:mod:`bench.night_crowd`), everything
else is decided by the code that a studio runs. *Grabbing* offers each order at once to everybody
who fits, in order of arrival; the first to accept has it; what nobody took is offered anew, and
whenever somebody comes free what waits is offered to them, the oldest first. *Plan* plans all that
waits whenever something changed, every ``PLAN_EVERY`` seconds at most; each order is offered
to its companion and the plan's reserve, then by the ladder. Both regimes meet the same crowd.

The waiting time is that from the order to its first acceptance; of orders that the customer called
off, the time until then. A response clock is missed where nobody had accepted within the promised
three minutes.

What was found: of the orders that miss their clock nearly all find nobody who fits free when they
come in, in either regime (seed 1, 300 orders, 84 companions: 113 of 119 with grabbing, 115 of 121
with the plan), while companions with other skills are free. A wider reserve
(``dispatch.plan_reserve``) shortens the plan's median where companions abound; on the nights
looked at it came near that of asking everybody at once, not clearly below.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

from sqlmodel import col, select

from bench import night_crowd as crowd
from bench.figure import Figure
from bench.night_play import Night, Told
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.words import Presence
from crm_tui.models import Companion, CompanionSkill, Customer
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.demo import people, write_people
from crm_tui.services.demo.build import customers
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

SEEDS = (1, 2, 3)
IN_MEMORY = Path("/dev/shm")
"""Where there is one: the rules are looked at here, not the disk."""
DAY = datetime(2026, 9, 21, tzinfo=UTC)
GRAB, PLAN = "grabbing", "plan and ladder"
SETTINGS = {
    "dispatch.offer_seconds": "30",
    "dispatch.ladder": '[{"levels": []}]',
}
"""Of both regimes. One tier asks everybody at once; in the plan it is the second, after those
whom the plan has asked for ``dispatch.plan_seconds``."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How big the studio is."""

    orders: int = 1_500
    companions: int = 420
    customers: int = 900


def night(folder: Path, seed: int, regime: str, scale: Scale | None = None) -> Night:
    """A night that is about to begin, in a new studio in ``folder``."""
    scale, clock = scale or Scale(), FixedClock(crowd.begins(DAY))
    file = folder / f"{regime.replace(' ', '-')}-{seed}.db"
    store = open_studio(file, clock=clock, ids=SeededIds(seed), random=Random(seed))
    plays = _fill(store, scale)
    random = Random(seed)
    with store.read() as work:
        free = ~col(Customer.blocked) & ~col(Customer.minor)
        known = [one for one in work.session.exec(select(Customer.id).where(free)) if one]
        games = [game.id for game in catalogue.games(work)]
    wanted = crowd.wants(random, scale.orders, known, games)
    tempers = dict(zip(plays, crowd.tempers(random, scale.companions), strict=True))
    return Night(store, clock, wanted, tempers, plays, regime == PLAN, seed)


def _fill(store: Store, scale: Scale) -> dict[int, set[int]]:
    """People, nobody there yet; answers the companions with their games."""
    customers(store, scale.customers)
    with store.write(SYSTEM) as work:
        for key, value in SETTINGS.items():
            set_setting(work, key, value)
        levels, games = catalogue.levels(work), [game.id for game in catalogue.games(work)]
        ranks = [(game, [(r.id, r.name) for r in catalogue.ranks(work, game)]) for game in games]
        players = people.players(
            work.random,
            work.reserve_ids(Companion, scale.companions),
            [(level.rate_fen, level.share_bp) for level in levels],
            [len(ladder) for _game, ladder in ranks],
            work.clock.now(),
        )
        nobody = {one.id: Presence.OFFLINE for one in players}
        write_people.companions(work, players, [level.id for level in levels], ranks, nobody)
    with store.read() as work:
        plays: dict[int, set[int]] = {one.id: set() for one in players}
        skills = select(CompanionSkill.companion_id, CompanionSkill.game_id)
        for companion_id, game in work.session.exec(skills):
            plays[companion_id].add(game)
    return plays


def run() -> list[Figure]:
    """The measured numbers."""
    wanted = [(seed, regime) for seed in SEEDS for regime in (GRAB, PLAN)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        told = dict(zip(wanted, pool.map(_one, wanted), strict=True))
    return [figure for seed in SEEDS for figure in _figures(seed, told)]


def _one(wanted: tuple[int, str]) -> Told:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        begun = night(Path(folder), *wanted)
        told = begun.run()
        begun.store.close()
        return told


def _figures(seed: int, told: dict[tuple[int, str], Told]) -> list[Figure]:
    grab, plan = told[seed, GRAB], told[seed, PLAN]
    figures = []
    for name, unit, measure, bar in _MEASURES:
        theirs, ours = measure(grab), measure(plan)
        note = f"{GRAB}: {theirs:.4g} {unit}".strip()
        kept = ours < theirs if bar else None
        figures.append(Figure(f"seed {seed}: {name}", ours, unit, bar, kept, note))
    return figures


def _percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


_BELOW = f"< {GRAB}"
_MEASURES: tuple[tuple[str, str, Callable[[Told], float], str], ...] = (
    ("waiting, median", "s", lambda told: median(told.waits), _BELOW),
    ("waiting, p90", "s", lambda told: _percentile(told.waits, 0.9), ""),
    ("response clocks missed", "", lambda told: float(told.missed), _BELOW),
    ("orders accepted", "%", lambda told: 100 * told.accepted / told.orders, ""),
    ("offers accepted, of those answered or run out", "%",
     lambda told: 100 * told.offers_taken / max(told.offers, 1), ""),
    ("load, Gini", "", lambda told: crowd.gini(told.load), ""),
    ("actions", "", lambda told: float(told.actions), ""),
)  # fmt: skip
