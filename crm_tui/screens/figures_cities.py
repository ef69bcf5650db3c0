"""Where customers live: the cities as bars, the first form of the map (G2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from crm_tui.core.language import N_, _
from crm_tui.screens.figures_board import Board
from crm_tui.screens.figures_games import trade_columns, trade_orders, word_pick
from crm_tui.screens.figures_page import FigurePage, Query
from crm_tui.screens.figures_wanted import Wanted

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import TradeRow
    from crm_tui.storage.store import ReadWork

_pick = partial(word_pick, "city")


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> tuple[TradeRow, ...]:
    """Every city in which somebody ordered."""
    from crm_tui.services.figures import reads_trade

    return reads_trade.cities(work, frames, wanted.so_far(), wanted.scope(), wanted.against.value)


class CitiesPage(FigurePage):
    """Which cities the income comes from."""

    NAME = "cities"
    TITLE = N_("Cities")
    FOCUS = "#cities"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Board(
            _("Cities"),
            trade_columns(_("City"), conversion=True),
            lambda row: row.key,
            empty=_("No completed orders in this period."),
            id="cities",
            pick=_pick,
            behind=lambda row: trade_orders(self, row, _pick(row)),
        )

    def fill(self, found: tuple[TradeRow, ...], same: bool) -> None:
        self.query_one("#cities", Board).show(found, same=same)
