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

What it can tell: how two ways of dispatching compare before the same crowd. What it can't: how long
anybody will wait in a studio, for the crowd is made up. What was found:

- Short of companions it matters which order gets whoever comes free. With grabbing they choose the
  best paid of all that waits, which is mostly orders whose promise was broken long ago; the plan
  gives them one whose promise can be kept. Fewer clocks are missed, and the median waits less; as
  many customers are lost, and who waits long waits longer (the 90th percentile).

- Where companions abound nothing is faster to a first answer than asking all who fit at once. The
  plan does nearly that (``dispatch.plan_reserve``): the median is level, a tenth to a quarter fewer
  clocks are missed.
- In a studio a fifth as big there are so few who fit an order that there is little to choose.
- A crowd that minds being asked in vain changes little; the plan's lead does not come from it.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

from sqlmodel import col, delete, select

from bench import night_crowd as crowd
from bench.figure import Figure
from bench.night_play import Able, Night, Told
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.words import Presence
from crm_tui.models import Companion, CompanionHours, CompanionSkill, Customer
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.demo import people, write_people
from crm_tui.services.demo.build import customers
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

SEEDS = (1, 2, 3)
CLEARLY = 0.9
"""What part of grabbing's figure counts as clearly below it."""
IN_MEMORY = Path("/dev/shm")
"""Where there is one: the rules are looked at here, not the disk."""
DAY = datetime(2026, 9, 21, tzinfo=UTC)
GRAB, PLAN = "grabbing", "plan and ladder"
SETTINGS = {
    "dispatch.offer_seconds": "30",
    "dispatch.ladder": '[{"levels": []}]',
}
"""Of both regimes. One tier asks everybody at once; in the plan it is the second, after those
whom the plan has asked for ``dispatch.plan_seconds``. All else is as a studio gets it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How big the studio is."""

    orders: int = 1_500
    companions: int = 420
    customers: int = 900


@dataclass(frozen=True, slots=True)
class Which:
    """One night of the bench, to be dispatched in both ways."""

    seed: int
    scale: Scale
    wariness: float = 0.0

    @property
    def name(self) -> str:
        """The night as the figures call it."""
        studio = f"{self.scale.orders} orders, {self.scale.companions} companions"
        wary = f", wariness {self.wariness:g}" if self.wariness else ""
        return f"{studio}, seed {self.seed}{wary}"


SHORT, ENOUGH, SMALL = Scale(companions=300), Scale(), Scale(300, 60, 180)
"""A night with too few companions, one with enough of them most of the time, and that of a studio
a fifth as big with too few, of which nothing is promised."""
NIGHTS = (
    *(Which(seed, scale) for scale in (SHORT, ENOUGH, SMALL) for seed in SEEDS),
    *(Which(SEEDS[0], SHORT, wariness) for wariness in (0.5, 1.0)),
)


def night(
    folder: Path, seed: int, regime: str, scale: Scale | None = None, wariness: float = 0.0
) -> Night:
    """A night that is about to begin, in a new studio in ``folder``."""
    scale, clock = scale or Scale(), FixedClock(crowd.begins(DAY))
    file = folder / f"{regime.replace(' ', '-')}-{seed}.db"
    store = open_studio(file, clock=clock, ids=SeededIds(seed), random=Random(seed))
    able = _fill(store, scale)
    random = Random(seed)
    with store.read() as work:
        free = ~col(Customer.blocked) & ~col(Customer.minor)
        known = [one for one in work.session.exec(select(Customer.id).where(free)) if one]
        games = [game.id for game in catalogue.games(work)]
    wanted = crowd.wants(random, scale.orders, known, games)
    tempers = dict(zip(able, crowd.tempers(random, scale.companions), strict=True))
    return Night(store, clock, wanted, tempers, able, regime == PLAN, seed, wariness)


def _fill(store: Store, scale: Scale) -> dict[int, Able]:
    """People, nobody there yet; answers what each companion can serve.

    The demo's weekly hours are taken out: they are laid around the moment at which a demo is
    looked at, and would send two of three home by midnight, whose shift goes on.
    """
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
        work.session.exec(delete(CompanionHours))
    plays: dict[int, set[int]] = {one.id: set() for one in players}
    with store.read() as work:
        skills = select(CompanionSkill.companion_id, CompanionSkill.game_id)
        for companion_id, game in work.session.exec(skills):
            plays[companion_id].add(game)
    codes = [level.code for level in levels]
    return {
        one.id: Able(frozenset(plays[one.id]), one.gender, frozenset(codes[: one.level + 1]))
        for one in players
    }


def run() -> list[Figure]:
    """The measured numbers."""
    wanted = [(which, regime) for which in NIGHTS for regime in (GRAB, PLAN)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        told = dict(zip(wanted, pool.map(one, wanted), strict=True))
    return figures(told)


def one(wanted: tuple[Which, str]) -> Told:
    """What one night came to in one regime."""
    which, regime = wanted
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        begun = night(Path(folder), which.seed, regime, which.scale, which.wariness)
        told = begun.run()
        begun.store.close()
        return told


def figures(told: Mapping[tuple[Which, str], Told]) -> list[Figure]:
    """The figures of nights that were told of in both regimes."""
    nights = dict.fromkeys(which for which, _regime in told)
    return [
        figure
        for which in nights
        for figure in _figures(which, told[which, GRAB], told[which, PLAN])
    ]


def _figures(which: Which, grab: Told, plan: Told) -> list[Figure]:
    found = []
    for name, unit, measure, below in _MEASURES:
        theirs, ours = measure(grab), measure(plan)
        note = f"{GRAB}: {theirs:.4g} {unit}".strip()
        bar = below if which.scale != SMALL else ""
        kept = ours <= CLEARLY * theirs if bar else None
        found.append(Figure(f"{which.name}: {name}", ours, unit, bar, kept, note))
    return found


def _percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


_BELOW = f"≤ {CLEARLY} × {GRAB}"
_MEASURES: tuple[tuple[str, str, Callable[[Told], float], str], ...] = (
    ("waiting, median", "s", lambda told: median(told.waits), _BELOW),
    ("waiting, p90", "s", lambda told: _percentile(told.waits, 0.9), ""),
    ("response clocks missed", "", lambda told: float(told.missed), _BELOW),
    ("orders accepted", "%", lambda told: 100 * told.accepted / told.orders, ""),
    ("offers accepted, of those answered or run out", "%",
     lambda told: 100 * told.offers_taken / max(told.offers, 1), ""),
    ("looks in vain, of a companion", "", lambda told: told.vain / len(told.load), ""),
    ("load, Gini", "", lambda told: crowd.gini(told.load), ""),
)  # fmt: skip
