"""The companions of a store as columns, and the orders that wait, as dispatch sees them.

One place in every column is one companion. So a rule is written once, over all of them, and the
advice for one order and the plan for thousands run the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_tui.core.clock import to_micros
from crm_tui.core.words import Gender, OrderKind, OrderStatus, Presence, Stance

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MINUTE = 60_000_000
"""Microseconds."""
PRESENCES = {presence: code for code, presence in enumerate(Presence)}
GENDERS = {gender: code for code, gender in enumerate(Gender)}
NO_RANK = -1
"""The step of who has no rank, or no level."""
UNREACHABLE = 1_000_000
"""The step of a rank or level that is demanded and no longer exists: nobody meets it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order, and what it demands; ``None`` and empty mean "no matter"."""

    id: int
    no: str
    store_id: int
    status: OrderStatus
    customer_id: int
    game_id: int
    kind: OrderKind = OrderKind.COMPANION
    places: int = 1
    planned_minutes: int = 60
    rate_fen: int = 0
    """What the customer pays an hour, in fen."""
    created_at: datetime | None = None
    due_at: datetime | None = None
    """Until when somebody must have answered."""
    start_at: datetime | None = None
    """When the customer wants to begin; none means at once."""
    version: int = 1
    ladder_id: int | None = None
    rank: int | None = None
    """The lowest rank, as its step on that ladder."""
    level: int | None = None
    """The lowest level, as its step."""
    gender: Gender | None = None
    tags: frozenset[str] = frozenset()
    demands: Mapping[str, Any] = field(default_factory=dict)
    """The same in the words in which they were asked for."""


@dataclass(frozen=True, slots=True)
class Played:
    """Who plays a game, and their step on a ladder of it (0 and :data:`NO_RANK` where none)."""

    plays: Bools
    ladder: Ints
    step: Ints


@dataclass(frozen=True, slots=True)
class Hours:
    """Who has hours that hold on a day of the local calendar, and the windows that reach into it:
    whose, from, to (microseconds; the end lies outside)."""

    planned: Bools
    place: Ints
    begins: Ints
    ends: Ints

    def at(self, instant: int) -> Bools:
        """Who works at the instant: whoever has no hours does."""
        works = ~self.planned
        works[self.place[(self.begins <= instant) & (instant < self.ends)]] = True
        return works


@dataclass(frozen=True, slots=True)
class Promises:
    """For which orders booked ahead companions are kept: whose place, order and number, from, to
    (microseconds, as planned)."""

    place: Ints
    order_id: Ints
    no: Sequence[str]
    begins: Ints
    ends: Ints

    def against(self, order_id: int, begins: int, ends: int) -> NDArray[np.intp]:
        """The promises that another order in ``[begins, ends)`` would break."""
        overlaps = (self.begins < ends) & (begins < self.ends)
        return np.flatnonzero(overlaps & (self.order_id != order_id))


NO_PROMISES = Promises(*(np.zeros(0, np.int64),) * 2, (), *(np.zeros(0, np.int64),) * 2)


@dataclass(frozen=True, slots=True)
class Names:
    """What steps and ids are called: levels by step, rungs by ladder and step, games and stores."""

    levels: Mapping[int, str] = field(default_factory=dict)
    rungs: Mapping[tuple[int, int], str] = field(default_factory=dict)
    games: Mapping[int, str] = field(default_factory=dict)
    stores: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """The companions who may serve a store's orders, at one moment, by id.

    What only some companions or pairs have lies in mappings whose innermost keys are places in
    the columns.
    """

    now: datetime
    ids: Ints
    nicks: tuple[str, ...]
    presence: Ints
    """Codes of :data:`PRESENCES`: what they say themselves."""
    since: Floats
    """When they said it, in microseconds; NaN where nobody knows."""
    gender: Ints
    """Codes of :data:`GENDERS`."""
    level: Ints
    """The step of the level; :data:`NO_RANK` for none."""
    rate_fen: Ints
    """The price of an hour."""
    tags: tuple[frozenset[str], ...]
    store_ids: Ints
    active: Bools
    """Who still works here; only who was asked for by name may not."""
    credit: Ints
    bound_to: Ints
    """The id of the order that they serve or are about to; 0 for none."""
    free_in: Floats
    """Minutes until the planned end of that order; 0 where it is over, or there is none."""
    rating: Floats
    """Mean overall rating, 1…5; 0 without votes."""
    votes: Ints
    load: Ints
    """Orders taken this business day."""
    idle_minutes: Floats
    """How long they have waited; NaN where nobody knows."""
    answered: Ints
    """Offers of the last weeks that they accepted, declined or let run out."""
    accepted: Ints
    """Those of them that they accepted."""
    answer_seconds: Floats
    """How long their acceptances and refusals took on average; NaN where there was none."""
    stores: frozenset[int] = frozenset({1})
    """The stores whose companions may serve: the own one and those bridged to it."""
    numbers: Mapping[int, str] = field(default_factory=dict)
    """Of the orders that they are bound to, by id."""
    promises: Promises = NO_PROMISES
    played: Mapping[int, Played] = field(default_factory=dict)
    """By game."""
    hours: Mapping[date, Hours] = field(default_factory=dict)
    """By day of the local calendar, for the days on which an order begins."""
    together: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """Completed orders with a customer: customer → place → orders."""
    stances: Mapping[int, Mapping[int, tuple[Stance, str]]] = field(default_factory=dict)
    """What is between a customer and a companion, and why: customer → place → stance."""
    declined: Mapping[int, Mapping[int, tuple[datetime | None, str]]] = field(default_factory=dict)
    """Who has declined an order, when and why: order → place → answer."""
    names: Names = field(default_factory=Names)
    zone: tzinfo = UTC
    """Where the store's clock hangs."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def place_of(self) -> dict[int, int]:
        """The place of each companion in the columns, by id."""
        return {companion_id: place for place, companion_id in enumerate(self.ids.tolist())}

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What was worked out about this situation already, for the next order that asks."""
        return {}

    def begins(self, wanted: Asked) -> datetime:
        """When the order is to begin: never in the past."""
        return max(wanted.start_at or self.now, self.now)

    def span(self, wanted: Asked) -> tuple[int, int]:
        """From when to when it is planned, in microseconds."""
        begins = to_micros(self.begins(wanted))
        return begins, begins + wanted.planned_minutes * MINUTE

    def day_of(self, wanted: Asked) -> date:
        """The day of the local calendar on which it begins."""
        return self.begins(wanted).astimezone(self.zone).date()

    def tagged(self, tag: str) -> Bools:
        """Who carries the tag."""
        key = ("tag", tag)
        if key not in self.memo:
            self.memo[key] = self.mask(tag in tags for tags in self.tags)
        known: Bools = self.memo[key]
        return known

    def at_work(self, wanted: Asked) -> Bools:
        """Who works when the order is to begin, as far as their hours say."""
        start = to_micros(self.begins(wanted))
        key = ("at work", start)
        if key not in self.memo:
            hours = self.hours.get(self.day_of(wanted))
            self.memo[key] = hours.at(start) if hours else ~self.nobody()
        known: Bools = self.memo[key]
        return known

    def nobody(self) -> Bools:
        """A mask with nobody in it."""
        return np.zeros(len(self), bool)

    def mask(self, told: Any) -> Bools:
        """One truth a companion, as a mask."""
        return np.fromiter(told, bool, len(self))


def places(ids: Ints, who: NDArray[Any]) -> tuple[NDArray[np.intp], Bools]:
    """Where each of ``who`` stands in ``ids``, which ascend, and whether they do at all."""
    at = np.searchsorted(ids, who)
    inside = at < len(ids)
    inside[inside] = ids[at[inside]] == who[inside]
    return at, inside


def spread(ids: Ints, who: NDArray[Any], value: Floats) -> Floats:
    """The ``value`` of each of ``who``, one a companion, laid out over ``ids``; NaN for the
    others."""
    line = np.full(len(ids), np.nan)
    at, known = places(ids, who)
    line[at[known]] = value[known]
    return line


def whole(values: Floats) -> Ints:
    """The values as whole numbers; 0 for NaN."""
    return np.nan_to_num(values).astype(np.int64)
