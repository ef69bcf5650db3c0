"""Who comes on a night, what they want, and how they behave: drawn beforehand from a seed.

Nothing here depends on how the orders are dispatched, so two ways of dispatching meet the same
night: the same customers at the same minute, with the same patience; the same companions, who come
and go, look at their phone after the same time and are as choosy.

- Orders come in between 18:00 and 04:00 with the demo studio's evening peak (22:00 to midnight).
- Companions have shifts around the evening; some drop out for a while. How fast each looks at
  their phone, whether they notice an offer at all, and how often they turn one down is their own.
- Whoever looks takes the best paid of the offers that lie open for them; they are the ones who
  choose, not the simulation.
- Customers leave when nobody has taken their order within their patience.
- Being asked may cost something. Who comes to look and finds that another was faster trusts the
  next offer less, and who finds one trusts it more; how much that keeps them from looking is a
  parameter of the crowd, its *wariness*. 0 is a crowd that looks as often as ever, however often
  it was in vain. 1 is what was measured of people and alarms: nine of ten respond to as many of
  them as are true (Bliss, Gilson, Deaton 1995, Ergonomics 38:2300, doi 10.1080/00140139508925269:
  138 students, alarms of which 25, 50 and 75 % were true). That it is so with offers on a phone is
  an assumption, and so is the memory of about ten looks. Ancker et al. 2017 (doi
  10.1186/s12911-017-0430-8) found a steeper fall with clinical reminders, 30 % for each further one
  at a visit; that is not carried over to the hundreds of a night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from random import Random

from crm_tui.core.words import Gender, OrderKind
from crm_tui.services.catalogue.rules import defaults
from crm_tui.services.demo.habits import HOURS, KIND, RATING, regulars
from crm_tui.services.demo.odds import Odds

OPENS_AT = 18
"""O'clock at which the night begins, on the studio's wall clock."""
NIGHT_HOURS = 10
_LEVELS = Odds.of([("", 55), ("casual", 10), ("tech", 20), ("god", 11), ("peak", 4)])
_LONGEST_LOOK = 300.0
_LEARNS = 0.1
"""How much one look changes what somebody expects of the next."""


@dataclass(frozen=True, slots=True)
class Want:
    """An order that will come in. Times are seconds from the beginning of the night."""

    at: float
    customer: int
    game: int
    kind: OrderKind
    minutes: int
    demands: dict[str, str]
    patience: float
    """Seconds after which the customer leaves, if nobody took it."""
    delay: float
    """From acceptance to the start."""
    served: float
    """Seconds of service."""
    rating: int | None


@dataclass(frozen=True, slots=True)
class Temper:
    """A companion's night, and how they answer."""

    comes: float
    goes: float
    rests: tuple[float, float] | None
    """From when to when they drop out."""
    notices: float
    """The chance that an offer is noticed at all."""
    looks: float
    """Seconds until they look, half of the time."""
    declines: float
    """The chance that they turn down what they look at."""
    withdraws: float
    """The chance that they withdraw after accepting."""


def wants(
    random: Random, orders: int, customers: Sequence[int], games: Sequence[int]
) -> list[Want]:
    """The orders of a night, in the order in which they come in."""
    hours = [(OPENS_AT + hour) % 24 for hour in range(NIGHT_HOURS)]
    hour_of = Odds(list(range(NIGHT_HOURS)), [HOURS[hour] for hour in hours])
    somebody = Odds(list(customers), regulars(len(customers)))
    drawn = []
    for _order in range(orders):
        kind = KIND.draw(random)
        minutes = defaults().kinds[kind].minutes
        minutes += random.choice((0, 0, 0, 30, 60)) if minutes >= 60 else 0
        game = games[min(int(random.random() ** 1.6 * len(games)), len(games) - 1)]
        demands = {}
        if random.random() < 0.3:
            demands["gender"] = (Gender.FEMALE if random.random() < 0.75 else Gender.MALE).value
        if level := _LEVELS.draw(random):
            demands["level"] = level
        drawn.append(
            Want(
                at=(hour_of.draw(random) + random.random()) * 3600,
                customer=somebody.draw(random),
                game=game,
                kind=kind,
                minutes=minutes,
                demands=demands,
                patience=max(random.expovariate(1 / 1200), 240),
                delay=random.uniform(30, 150),
                served=minutes * 60 * random.uniform(0.9, 1.15),
                rating=RATING.draw(random) if random.random() < 0.6 else None,
            )
        )
    return sorted(drawn, key=lambda want: want.at)


def tempers(random: Random, companions: int) -> list[Temper]:
    """The companions of a night."""
    drawn = []
    for _companion in range(companions):
        comes = max(random.gauss(1.3, 1.2), 0.0) * 3600
        goes = comes + random.uniform(4, 8) * 3600
        rests = None
        if random.random() < 0.25:
            begins = random.uniform(comes, goes)
            rests = (begins, begins + random.uniform(10, 40) * 60)
        drawn.append(
            Temper(
                comes,
                goes,
                rests,
                notices=random.uniform(0.65, 0.97),
                looks=random.uniform(6, 25),
                declines=random.uniform(0.02, 0.2),
                withdraws=random.uniform(0, 0.04),
            )
        )
    return drawn


def look_after(temper: Temper, random: Random) -> float:
    """Seconds until a companion looks at their phone: log-normal about their median."""
    return min(temper.looks * exp(random.gauss(0, 0.6)), _LONGEST_LOOK)


def comes(temper: Temper, trust: float, wariness: float) -> float:
    """The chance that a companion comes to look at an offer; ``trust`` is the part of the offers,
    0…1, that they expect to be there still."""
    return temper.notices * float(trust**wariness)


def learned(trust: float, found: bool) -> float:
    """What they expect after they looked, and found an offer or none."""
    return trust + _LEARNS * (found - trust)


def gini(shares: Sequence[float]) -> float:
    """The Gini coefficient: 0 where all have the same, near 1 where one has everything."""
    ordered = sorted(shares)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    weighted = sum(place * share for place, share in enumerate(ordered, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count


def begins(day: datetime) -> datetime:
    """The instant at which the night of ``day`` (midnight, UTC) begins in Shanghai."""
    return day + timedelta(hours=OPENS_AT - 8)
