"""Choosing a companion for one order: by rank, or among those who were asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from crm_tui.core.language import _
from crm_tui.core.words import OfferState
from crm_tui.screens import money_preview
from crm_tui.screens.candidates import Advice, candidate_table, why_out
from crm_tui.screens.order_cells import headline
from crm_tui.screens.pickers import LookUp, LookUpDialog
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.orders.history import OfferLine, OrderDetail
    from crm_tui.services.orders.rows import OrderRow


@dataclass(frozen=True, slots=True)
class Choice:
    """The companion who was chosen."""

    companion_id: int
    companion: str
    score: float | None = None


class AssignDialog(LookUpDialog[Choice | None]):
    """Who fits ``row``'s order: Enter gives it to the one under the cursor. What is typed looks
    among those who fit, and says of the others why they don't. ``title`` says what it is about,
    where it is not the first assignment, and ``leaving`` who makes room by it. ``read`` is the
    screen's, to read what comes of it."""

    def __init__(
        self,
        row: OrderRow,
        advice: Advice,
        read: Callable[..., Any],
        title: str = "",
        leaving: int | None = None,
    ) -> None:
        super().__init__()
        self._row, self._advice, self._read, self._leaving = row, advice, read, leaving
        self._title = title or _("Assign")

    def compose(self) -> ComposeResult:
        table, self._source = candidate_table(_("Nobody fits. Below stands why."), "candidates")
        self._source.replace(self._advice.suggestion.candidates)
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title + ": " + headline(self._row))
        box.border_subtitle = Content(_("Enter gives the order, Esc leaves"))
        with box:
            yield LookUp(
                "candidates", placeholder=_("Companion: nickname, pinyin, initials, number")
            )
            yield table
            yield Static(id="money", classes="price", markup=False)
            told = self._advice.suggestion
            yield Static(why_out(told, told.excluded), classes="out", markup=False)

    @on(Input.Changed, "#lookup")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        candidates, excluded = self._advice.named(event.value)
        self._source.replace(candidates)
        table = self.query_one("#candidates", RecordTable)
        table.empty = _("Nobody like that fits the order.")
        table.start_over()
        self.query_one(".out", Static).update(why_out(self._advice.suggestion, excluded))
        if not candidates:
            self.query_one("#money", Static).update("")

    @on(Input.Submitted, "#lookup")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._give(self.query_one("#candidates", RecordTable).cursor_key)

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        candidate = self._source.get(event.key)
        if candidate is None:
            self.query_one("#money", Static).update("")
            return
        query = partial(
            money_preview.of_giving, self._row.no, candidate.companion_id, self._leaving
        )
        self._read(query, self._show_money, group="money")

    def _show_money(self, preview: Content) -> None:
        self.query_one("#money", Static).update(preview)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self._give(event.key)

    def _give(self, key: object) -> None:
        candidate = self._source.get(key)
        if candidate is not None:
            self.dismiss(Choice(candidate.companion_id, candidate.companion, candidate.score))


class PickDialog(ModalScreen[Choice | None]):
    """Which of the companions who were asked: Enter takes the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, row: OrderRow, question: str, detail: OrderDetail) -> None:
        super().__init__()
        self._row, self._question = row, question
        self._source: MemorySource[OfferLine] = MemorySource(
            key=lambda offer: offer.companion_id,
            cells=lambda offer: (offer.companion, f"{offer.score:.2f}"),
        )
        self._source.replace(offer for offer in detail.offers if offer.state is OfferState.OPEN)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(f"{self._question} {headline(self._row)}")
        box.border_subtitle = Content(_("Enter takes, Esc leaves"))
        columns = (
            Column("companion", _("Companion"), 12, grow=1),
            Column("score", _("Match"), 5, align="right"),
        )
        with box:
            yield RecordTable(columns, self._source, empty=_("Nobody is asked now."), id="asked")

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        offer = self._source.get(event.key)
        if offer is not None:
            self.dismiss(Choice(offer.companion_id, offer.companion))
