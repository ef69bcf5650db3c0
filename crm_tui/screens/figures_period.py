"""The period that figures are shown for, and how keys walk it. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from crm_tui.core.language import _

DAYS_AS_BARS = 62
"""A longer period of one's own is shown month by month."""


class Kind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Period:
    """The business days from ``first`` to ``last``, both in."""

    kind: Kind
    first: date
    last: date

    @classmethod
    def around(cls, kind: Kind, day: date) -> Period:
        """The period of ``kind`` that ``day`` lies in. Weeks begin on Monday."""
        if kind is Kind.WEEK:
            monday = day - timedelta(days=day.weekday())
            return cls(kind, monday, monday + timedelta(days=6))
        if kind is Kind.MONTH:
            return cls(kind, day.replace(day=1), day.replace(day=_days_of(day)))
        if kind is Kind.YEAR:
            return cls(kind, date(day.year, 1, 1), date(day.year, 12, 31))
        return cls(kind, day, day)

    @classmethod
    def over(cls, first: date, last: date) -> Period:
        """These days: a day, a week, a month, a year where they are just that."""
        kinds = (Kind.DAY, Kind.WEEK, Kind.MONTH, Kind.YEAR)
        known = (cls.around(kind, first) for kind in kinds)
        return next((each for each in known if (each.first, each.last) == (first, last)), None) or (
            cls(Kind.OWN, first, last)
        )

    def moved(self, by: int) -> Period:
        """The period ``by`` steps on (or back)."""
        if self.kind is Kind.YEAR:
            return Period.around(self.kind, date(self.first.year + by, 1, 1))
        if self.kind is Kind.MONTH:
            months = self.first.year * 12 + self.first.month - 1 + by
            return Period.around(self.kind, date(months // 12, months % 12 + 1, 1))
        length = (self.last - self.first + timedelta(days=1)) * by
        return Period(self.kind, self.first + length, self.last + length)

    @property
    def step(self) -> Literal["hour", "day", "month"]:
        """How fine the bars are."""
        if self.kind is Kind.DAY:
            return "hour"
        months = self.kind is Kind.YEAR or (self.last - self.first).days >= DAYS_AS_BARS
        return "month" if months else "day"

    def title(self) -> str:
        """The period in words, in the language in force."""
        if self.kind is Kind.YEAR:
            return f"{self.first:%Y}"
        if self.kind is Kind.MONTH:
            return f"{self.first:%Y-%m}"
        if self.first == self.last:
            return f"{self.first} {weekday(self.first)}"
        same_year = self.first.year == self.last.year
        last = f"{self.last:%m-%d}" if same_year else f"{self.last}"
        return _("{first} to {last}").format(first=self.first, last=last)


def weekday(day: date) -> str:
    """The short name of the weekday, in the language in force."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day.weekday()]


def _days_of(day: date) -> int:
    return monthrange(day.year, day.month)[1]
