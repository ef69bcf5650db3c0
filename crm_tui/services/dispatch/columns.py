"""The companions of a store as columns, and the orders that wait, as dispatch sees them.

One place in every column is one companion. So a rule is written once, over all of them, and the
advice for one order and the plan for thousands run the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_tui.core.words import Gender, OrderKind, OrderStatus, Presence, Stance

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

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


@dataclass(frozen=True, slots=True)
class Played:
    """Who plays a game, and their step on a ladder of it (0 and :data:`NO_RANK` where none)."""

    plays: Bools
    ladder: Ints
    step: Ints


@dataclass(frozen=True)
class Situation:
    """The companions who may serve a store's orders, at one moment, by id.

    What only some pairs have lies in mappings whose innermost keys are places in the columns.
    """

    now: datetime
    ids: Ints
    nicks: tuple[str, ...]
    presence: Ints
    """Codes of :data:`PRESENCES`: what they say themselves."""
    gender: Ints
    """Codes of :data:`GENDERS`."""
    level: Ints
    """The step of the level; :data:`NO_RANK` for none."""
    rate_fen: Ints
    """The price of an hour."""
    tags: tuple[frozenset[str], ...]
    bound_to: Ints
    """The id of the order that they serve or are about to; 0 for none."""
    rating: Floats
    """Mean overall rating, 1…5; 0 without votes."""
    votes: Ints
    load: Ints
    """Orders taken this business day."""
    idle_minutes: Floats
    """How long they have waited; NaN where nobody knows."""
    played: Mapping[int, Played] = field(default_factory=dict)
    """By game."""
    together: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """Completed orders with a customer: customer → place → orders."""
    stances: Mapping[int, Mapping[int, Stance]] = field(default_factory=dict)
    """What is between a customer and a companion: customer → place → stance."""
    declined: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Who has declined an order: order → places."""

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

    def tagged(self, tag: str) -> Bools:
        """Who carries the tag."""
        key = ("tag", tag)
        if key not in self.memo:
            carries = (tag in tags for tags in self.tags)
            self.memo[key] = np.fromiter(carries, bool, len(self))
        known: Bools = self.memo[key]
        return known

    def nobody(self) -> Bools:
        """A mask with nobody in it."""
        return np.zeros(len(self), bool)
