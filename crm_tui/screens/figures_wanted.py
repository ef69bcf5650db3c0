"""What the figures are wanted of: period, comparison, and what was picked. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from crm_tui.core.words import Against
from crm_tui.screens.figures_period import Kind, Period

if TYPE_CHECKING:
    from crm_tui.services.figures.periods import Period as Span
    from crm_tui.services.figures.scope import Scope


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing that all figures are narrowed to: ``field`` of the services' ``Scope``."""

    field: str
    value: Any
    label: str
    """As it stands in the filter line: “game 王者荣耀”."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is asked for. A kind of period means the running one."""

    period: Period | Kind = Kind.MONTH
    against: Against = Against.PREVIOUS
    picks: tuple[Pick, ...] = ()
    today: date | None = None
    """The running business day, once it was resolved."""

    def only(self, pick: Pick) -> Wanted:
        """Narrowed to ``pick``, too; a second one of the same field takes the first one's place."""
        others = tuple(each for each in self.picks if each.field != pick.field)
        return replace(self, picks=(*others, pick))

    def without(self, field: str) -> Wanted:
        """No longer narrowed by ``field``."""
        return replace(self, picks=tuple(each for each in self.picks if each.field != field))

    def picked(self, field: str) -> Pick | None:
        """What ``field`` is narrowed to."""
        return next((each for each in self.picks if each.field == field), None)

    def resolved(self, today: date) -> Wanted:
        """With a period instead of a kind of one."""
        if isinstance(self.period, Period):
            return replace(self, today=today)
        return replace(self, period=Period.around(self.period, today), today=today)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of a period that was resolved."""
        assert isinstance(self.period, Period), "resolved before anything is read"
        return self.period.first, self.period.last

    @property
    def step(self) -> Literal["hour", "day", "month"]:
        """How fine the bars of a period that was resolved are."""
        assert isinstance(self.period, Period), "resolved before anything is read"
        return self.period.step

    def title(self) -> str:
        """The period in words."""
        return self.period.title() if isinstance(self.period, Period) else ""

    def span(self) -> Span:
        """The days as the services take them. For a worker thread."""
        from crm_tui.services.figures.periods import Period as Span

        return Span(*self.days)

    def so_far(self) -> Span:
        """Of a running period the days that have begun: what grows is held against as many days."""
        span, today = self.span(), self.today
        return span if today is None or not span.holds(today) else replace(span, last=today)

    def scope(self) -> Scope:
        """The picks as the services take them. For a worker thread."""
        from crm_tui.services.figures.scope import Scope

        return Scope(**{pick.field: pick.value for pick in self.picks})
