"""Games, kinds of service, skills and channels: what each brought, and how it grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal

from crm_tui.core.language import N_, _
from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_page import FigurePage, Orders, Query
from crm_tui.screens.figures_wanted import Pick, Wanted

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import TradeRow
    from crm_tui.storage.store import ReadWork

Trades = tuple["TradeRow", ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows."""

    games: Trades
    kinds: Trades
    skills: Trades
    channels: Trades


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> Found:
    """Everything that was sold in the period, four ways."""
    from crm_tui.services.figures import reads_trade as reads

    return Found(
        *(
            tuple(each(work, frames, wanted.so_far(), wanted.scope(), wanted.against.value))
            for each in (reads.games, reads.kinds, reads.skills, reads.channels)
        )
    )


class GamesPage(FigurePage):
    """What sells, and where customers come from."""

    NAME = "games"
    TITLE = N_("Sales")
    FOCUS = "#games"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        with Horizontal(classes="halves"):
            yield self._board("games", _("Game"), game_pick)
            yield self._board("channels", _("Channel"), partial(word_pick, "channel"))
        with Horizontal(classes="halves"):
            yield self._board("kinds", _("Kind"), partial(word_pick, "kind"))
            yield self._board("skills", _("Skill"), partial(word_pick, "skill"))

    def _board(self, id: str, label: str, pick: Callable[[TradeRow], Pick]) -> Board:
        return Board(
            label,
            trade_columns(label, conversion=id == "channels"),
            lambda row: row.key,
            empty=_("No completed orders in this period."),
            id=id,
            pick=pick,
            behind=lambda row: trade_orders(self, row, pick(row)),
        )

    def fill(self, found: Found, same: bool) -> None:
        for name in ("games", "channels", "kinds", "skills"):
            self.query_one(f"#{name}", Board).show(getattr(found, name), same=same)


def game_pick(row: TradeRow) -> Pick:
    """Only this game."""
    return Pick("game_id", int(row.key), row.name)


def word_pick(field: str, row: TradeRow) -> Pick:
    """Only this kind, channel, skill or city."""
    return Pick(field, row.key, row.name)


def trade_orders(page: FigurePage, row: TradeRow, pick: Pick) -> Orders | None:
    """The orders behind a row."""
    if page.reading is None:
        return None
    wanted = page.reading.wanted
    title, parts = f"{row.name} · {wanted.title()}", pick.field == "skill"
    return Orders(title, wanted.days, (pick,), parts=parts)


def trade_columns(label: str, *, conversion: bool) -> tuple[Shown, ...]:
    """The columns of what was sold by ``label``; ``conversion`` is told of channels and cities,
    and goes there, with who came again, before how many orders there were."""
    turned = board.rate("conversion", _("Turned"), 6, priority=2)
    return (
        board.words("name", label, lambda row: row.name, 8),
        board.number("orders", _("Orders"), 6, priority=4 if conversion else 2),
        board.money("gross", _("Income"), 10),
        board.growth("growth", _("Growth"), 6),
        board.rate("share", _("Ratio"), 5, priority=5),
        *((turned,) if conversion else ()),
        board.rate("repurchase_rate", _("Again"), 5, priority=3),
        board.bar("gross_fen", priority=6),
        board.number("customers", _("Customers"), 9, priority=7),
        board.number("new_customers", _("New"), 4, priority=8),
        board.money("average", _("Average"), 8, priority=9),
    )
