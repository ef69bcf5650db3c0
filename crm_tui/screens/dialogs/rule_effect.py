"""What a split rule would have changed in the month that is over: in all, and for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.money.splits.what_if import Effect, WhatIf


class RuleEffectDialog(ModalScreen[bool | None]):
    """Whom ``tried`` would have given more or less. With ``ask``, Enter answers True: keep it."""

    DEFAULT_CSS = """
    RuleEffectDialog { align: center middle; }
    RuleEffectDialog .total { height: auto; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, title: str, tried: WhatIf, *, ask: bool = False) -> None:
        super().__init__()
        self._title, self._tried, self._ask = title, tried, ask
        self._source: MemorySource[Effect] = MemorySource(
            key=lambda one: one.companion_id, cells=_cells
        )
        self._source.replace(one for one in tried.companions if one.difference_fen)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(
            _("Enter keeps it, Esc goes back") if self._ask else _("Esc closes")
        )
        columns = (
            Column("companion", _("Companion"), 10, grow=1, most=24),
            Column("before", _("Had"), 10, align="right"),
            Column("after", _("Would have had"), 12, align="right"),
            Column("difference", _("Difference"), 10, align="right"),
        )
        with box:
            yield Static(Content("\n").join(map(shown, self._told())), classes="total")
            empty = _("Nobody would have had more or less.")
            yield RecordTable(columns, self._source, empty=empty, id="effects")

    def on_mount(self) -> None:
        self.query_one(RecordTable).focus()

    def key_enter(self, event: Key) -> None:
        """Keep it, also where no row is under the cursor. The key is used up: the place below must
        not take it for its own once this dialog has gone."""
        event.stop()
        self._answer()

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self._answer()

    def _answer(self) -> None:
        if self.is_current:
            self.dismiss(True if self._ask else None)

    def _told(self) -> list[str]:
        tried = self._tried
        period = ngettext(
            "{first} to {last}, {count} order", "{first} to {last}, {count} orders", tried.orders
        ).format(first=tried.first, last=tried.last, count=tried.orders)
        lines = [period, tried.text]
        if tried.losses:
            told = ngettext(
                "the studio would have paid for {count} order",
                "the studio would have paid for {count} orders",
                tried.losses,
            )
            lines.append(told.format(count=tried.losses))
        return lines


def _cells(one: Effect) -> tuple[Cell, ...]:
    from crm_tui.services.money.splits.what_if import signed

    return (
        shown(one.companion),
        yuan(one.before_fen),
        yuan(one.after_fen),
        signed(one.difference_fen),
    )
