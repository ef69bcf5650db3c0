"""By how much something moves a companion's credit. Pure; the numbers are the setting
``credit.rule``, whose version stands in every entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.words import CreditCause

BEGINS_AT = 100
"""The credit of a companion without entries."""
MOST_CORRECTED = 100
"""Points that one correction by hand may move, up or down."""


@dataclass(frozen=True, slots=True)
class CreditRule:
    """The rule as it is in force.

    A start more than ``late_after_minutes`` after it was promised is late; a rating of
    ``low_rating_at_most`` is low, one of ``high_rating_at_least`` high (1–5). The credit stays
    within ``least`` and ``most``.
    """

    points: Mapping[CreditCause, int]
    late_after_minutes: int
    low_rating_at_most: int
    high_rating_at_least: int
    least: int
    most: int

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CreditRule:
        """The rule that the setting's value describes."""
        points = {CreditCause(cause): number for cause, number in data["points"].items()}
        return cls(**{**data, "points": points})

    def moved(self, credit: int, points: int) -> int:
        """What ``points`` really add to ``credit`` within the bounds.

        A credit that lies outside already, by an older rule, is not driven further out.
        """
        if points < 0:
            return min(max(points, self.least - credit), 0)
        return max(min(points, self.most - credit), 0)

    def is_late(self, promised: datetime, now: datetime) -> bool:
        """Whether somebody who begins at ``now`` keeps the customer waiting for too long."""
        return now - promised > timedelta(minutes=self.late_after_minutes)

    def cause_of_rating(self, overall: int) -> CreditCause | None:
        """What a rating (1–5) does to the credit, if anything."""
        if overall <= self.low_rating_at_most:
            return CreditCause.LOW_RATING
        if overall >= self.high_rating_at_least:
            return CreditCause.HIGH_RATING
        return None


def checked_correction(points: int, reason: str) -> tuple[int, str]:
    """A correction by hand: points other than none, and a reason. Raises :class:`Invalid`."""
    if not 1 <= abs(points) <= MOST_CORRECTED:
        expected = _("-{most} to {most}, not 0").format(most=MOST_CORRECTED)
        raise Invalid(field=_("Points"), value=points, expected=expected)
    if not reason.strip():
        raise Invalid(field="reason", value=reason, expected=_("why the credit is corrected"))
    return points, reason.strip()
