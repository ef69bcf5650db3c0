"""Customers: value tiers, the way from the first order to the third, lifetime value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.screens import figures_board as board
from crm_tui.screens.console import Visit
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_page import FigurePage, Orders, Query, Tier
from crm_tui.screens.figures_wanted import Pick, Wanted
from crm_tui.widgets.panel import Panel

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import Customers, FunnelStep, SegmentRow
    from crm_tui.storage.store import ReadWork

STEPS = {"new": N_("1st order"), "second": N_("2nd order"), "regular": N_("3rd and more")}


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> Customers:
    """As they stand at the end of the period, or now."""
    from crm_tui.services.figures import reads, reads_people

    scope = wanted.scope()
    day = min(wanted.days[1], reads.today(work, scope.store_id))
    return reads_people.customers(work, frames, wanted.span(), scope, day)


class CustomersPage(FigurePage):
    """Who the customers are, and whether they come back."""

    NAME = "customers"
    TITLE = N_("Customers")
    FOCUS = "#segments"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Panel(id="lifetime")
        yield Board(
            _("Segments"),
            _segment_columns(),
            lambda row: row.segment,
            empty=_("No customers yet."),
            id="segments",
            pick=_tier_pick,
            behind=self._customers_of,
        )
        yield Panel(id="funnel-title")
        yield Board(
            _("Repurchase funnel"),
            _funnel_columns(),
            lambda row: row.name,
            empty=_("Nobody ordered for the first time in this period."),
            id="funnel",
            behind=self._orders_of,
        )

    def fill(self, found: Customers, same: bool) -> None:
        self.query_one("#lifetime", Panel).show(_lifetime(found))
        self.query_one("#segments", Board).show(found.segments, same=same)
        title = _("Repurchase funnel of those whose first order was from {first} to {last}")
        days = {"first": found.period.first, "last": found.period.last}
        self.query_one("#funnel-title", Panel).show(Content(title.format(**days)))
        self.query_one("#funnel", Board).show(found.funnel, same=same)

    def _customers_of(self, row: SegmentRow) -> Visit | Tier | None:
        """The customers that a tier counts: of all of them as they stand now on their own screen,
        which knows no others."""
        told = self.reading
        if told is None or not row.customers:
            return None
        if told.found.day == told.today and not told.wanted.picks:
            return Visit("customers", f'?{_("tier")}:"{row.segment.label}"')
        count = ngettext("{count} customer", "{count} customers", row.customers)
        facts = (count.format(count=f"{row.customers:,}"), f"¥{yuan(row.spent_fen)}")
        title = " · ".join((row.segment.label, f"{told.found.day}", *facts))
        return Tier(title, _tier_pick(row), told.found.day)

    def _orders_of(self, row: FunnelStep) -> Orders | None:
        if self.reading is None:
            return None
        title = f"{_(STEPS[row.name])} · {self.reading.wanted.title()}"
        return Orders(title, self.reading.wanted.days, nth=list(STEPS).index(row.name) + 1)


def _tier_pick(row: SegmentRow) -> Pick:
    """Only the customers of this tier."""
    return Pick("segment", row.segment, row.segment.label)


def _lifetime(found: Customers) -> Content:
    """What a customer is worth, in one line."""
    life = found.lifetime
    facts = [
        (_("Customers"), f"{life.customers:,}"),
        (_("Lifetime value"), None if life.ltv_fen is None else f"¥{yuan(life.ltv_fen)}"),
        (_("Orders each"), None if life.orders_each is None else f"{life.orders_each:.1f}"),
        (_("Average order"), None if life.average_fen is None else f"¥{yuan(life.average_fen)}"),
        (_("Known days"), None if life.median_days is None else f"{life.median_days:.0f}"),
    ]
    parts = [
        Content.assemble(label, " ", (value or board.NOTHING, "bold")) for label, value in facts
    ]
    return Content("   ").join(parts)


def _segment_columns() -> tuple[Shown, ...]:
    return (
        board.words("segment", _("Value tier"), lambda row: row.segment.label, 14, most=18),
        board.number("customers", _("Customers"), 9),
        board.rate("share", _("Ratio"), 6),
        board.bar("customers", priority=1),
        board.number("orders", _("Orders"), 8, priority=2),
        board.money("spent", _("Spent"), 13),
        board.rate("spent_share", _("of it"), 6),
    )


def _funnel_columns() -> tuple[Shown, ...]:
    return (
        board.words("step", _("Step"), lambda row: _(STEPS[row.name]), 14, most=18),
        board.number("customers", _("Customers"), 9),
        board.rate("rate", _("Ratio"), 6),
        board.bar("customers"),
        board.figure("median_days", _("Days between"), 12, _days, "{:.1f}".format, priority=1),
    )


def _days(row: FunnelStep) -> float | None:
    return row.median_days
