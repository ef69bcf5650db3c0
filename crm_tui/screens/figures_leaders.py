"""The leaderboard of companions: every measure by period, game, store and level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from crm_tui.core.language import N_, _
from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_page import FigurePage, Orders, Query
from crm_tui.screens.figures_wanted import Pick, Wanted

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import LeaderRow
    from crm_tui.storage.store import ReadWork


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> tuple[LeaderRow, ...]:
    """Everybody who served in the period."""
    from crm_tui.services.figures import reads_people

    return reads_people.leaderboard(work, frames, wanted.span(), wanted.scope())


class LeadersPage(FigurePage):
    """Who serves most, best, and again."""

    NAME = "leaders"
    TITLE = N_("Leaders")
    FOCUS = "#leaders"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Board(
            _("Leaders"),
            _columns(),
            lambda row: row.companion_id,
            empty=_("Nobody served in this period."),
            id="leaders",
            pick=_pick,
            behind=self._orders_of,
        )

    def fill(self, found: tuple[LeaderRow, ...], same: bool) -> None:
        self.query_one("#leaders", Board).show(found, same=same)

    def _orders_of(self, row: LeaderRow) -> Orders | None:
        if self.reading is None:
            return None
        wanted = self.reading.wanted
        title = f"{row.companion} · {wanted.title()}"
        return Orders(title, wanted.days, (_pick(row),), parts=True)


def _pick(row: LeaderRow) -> Pick:
    return Pick("companion_id", row.companion_id, row.companion)


def _columns() -> tuple[Shown, ...]:
    return (
        board.words("companion", _("Companion"), lambda row: row.companion, 9),
        board.words(
            "level", _("Level"), lambda row: row.level or board.NOTHING, 5, most=8, priority=7
        ),
        board.number("orders", _("Orders"), 6),
        board.figure("hours", _("Hours"), 6, lambda row: row.minutes / 60, "{:,.1f}".format),
        board.money("gross", _("Income"), 10),
        board.bar("gross_fen", priority=8),
        board.money("share", _("Share"), 10, priority=9),
        board.number("fair_rating", _("Rating"), 6, decimals=2),
        board.number("ratings", _("Votes"), 6, priority=10),
        board.rate("repurchase_rate", _("Again"), 5, priority=1),
        board.money("average", _("Average"), 8, priority=4),
        board.rate("acceptance_rate", _("Accepts"), 7, priority=2),
        board.rate("punctuality_rate", _("On time"), 7, priority=3),
        board.money("tips", _("Tips"), 8, priority=6),
    )
