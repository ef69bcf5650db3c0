"""The plan for all orders that wait, as data: who should get which, and why some are left over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crm_tui.core.language import N_, _


class Because(StrEnum):
    """Why an order is left over."""

    NOBODY = "nobody"
    ELSEWHERE = "elsewhere"
    NAMED = "named"
    AHEAD = "ahead"
    CUSTOMER = "customer"

    @property
    def label(self) -> str:
        """The reason as a person reads it."""
        return _(_BECAUSE[self])


_BECAUSE = {
    Because.NOBODY: N_("nobody fits now"),
    Because.ELSEWHERE: N_("all who fit are better used elsewhere"),
    Because.NAMED: N_("the companion named is not free"),
    Because.AHEAD: N_("booked for later"),
    Because.CUSTOMER: N_("the customer is being asked"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A place of an order, and who should have it.

    ``score`` and its ``parts`` are those of the suggestion, 0…1; ``urgency`` is how often the
    score counts in the total. ``version`` is that of the order which was planned.
    """

    order_id: int
    no: str
    customer: str
    game: str
    companion_id: int
    companion: str
    score: float
    urgency: float
    parts: dict[str, float]
    version: int
    reserves: tuple[int, ...] = ()
    """Companions who fit, too, and whom the plan needs nowhere else; the best first, and each
    perhaps of several orders. Where the plan makes offers they are asked with the one planned."""


@dataclass(frozen=True, slots=True)
class LeftOver:
    """An order, or the places of one, that nobody gets by the plan."""

    order_id: int
    no: str
    customer: str
    game: str
    why: Because
    places: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Who should get what. Totals are sums of ``score × urgency`` over the places filled."""

    waiting: int
    """Orders that wait for somebody to be found; who is being offered has left the queue."""
    available: int
    """Companions who are there, unbound, and whom no open round counts on."""
    assigned: tuple[Planned, ...]
    """In the order in which the orders came."""
    unassigned: tuple[LeftOver, ...]
    total: float
    at_most: float
    """No plan for this moment has a greater total."""
    first_come_total: float
    """What giving the best who is left to whoever came first would come to."""
    weights_version: int
    took_ms: float

    @property
    def total_score(self) -> float:
        """The scores alone, added up."""
        return sum(each.score for each in self.assigned)


@dataclass(frozen=True, slots=True)
class Urgency:
    """How often the score of an order counts (setting ``dispatch.urgency``).

    ``1 + gain × the part of the response time that is used up``, until the promised answer is due:
    with a gain of 1, an order that is about to be late counts twice. Once the promise is broken it
    counts ``late`` times. With ``late`` below 1 every order whose promise can still be kept comes
    before those whose promise is broken, as far as the scores leave it open: that keeps the most
    promises when there is more to do than companions (``bench.night``: a tenth fewer are broken
    than with 1.25 on a night short of companions, the median waits a fifth less, and who waits
    long waits a little longer). With ``late`` above ``1 + gain`` those come first who wait longest.
    """

    gain: float
    late: float

    def of(self, now: datetime, due_at: datetime | None, promised: timedelta) -> float:
        """For an order whose answer is due at ``due_at``, after ``promised`` of waiting."""
        if due_at is None:
            return 1.0
        if due_at < now:
            return self.late
        return 1 + self.gain * max(1 - (due_at - now) / promised, 0.0)


def document(plan: Plan) -> dict[str, Any]:
    """The JSON form of a plan that commands answer."""
    return {
        "waiting": plan.waiting,
        "available": plan.available,
        "assigned": [
            {
                "order": each.no,
                "customer": each.customer,
                "companion_id": each.companion_id,
                "companion": each.companion,
                "score": each.score,
                "urgency": each.urgency,
                "parts": each.parts,
                "reserves": len(each.reserves),
            }
            for each in plan.assigned
        ],
        "unassigned": [
            {
                "order": each.no,
                "customer": each.customer,
                "why": each.why.label,
                "code": each.why.value,
                "places": each.places,
            }
            for each in plan.unassigned
        ],
        "total_score": round(plan.total_score, 4),
        "total": round(plan.total, 4),
        "at_most": round(plan.at_most, 4),
        "first_come_total": round(plan.first_come_total, 4),
        "weights_version": plan.weights_version,
        "took_ms": plan.took_ms,
    }
