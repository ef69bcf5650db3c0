"""The customers behind a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.screens.customer_page import day_of
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tui.screens.desk import Studio
    from crm_tui.services.figures.rows import CustomerRow


class CustomersBehind(ModalScreen[int | None]):
    """Who spent most comes first; Enter answers the customer under the cursor."""

    CSS_PATH = "dialogs.tcss"
    DEFAULT_CSS = """
    CustomersBehind { align: center middle; }
    CustomersBehind RecordTable { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, title: str, rows: Iterable[CustomerRow], studio: Studio) -> None:
        super().__init__()
        self._title, self._studio = title, studio
        self.source: MemorySource[CustomerRow] = MemorySource(
            key=lambda row: row.customer_id, cells=self._cells
        )
        self.source.replace(list(rows))

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(_("Enter opens, Esc closes"))
        columns = (
            Column("nick", _("Nickname"), 10, grow=2, most=24),
            Column("orders", _("Orders"), 6, align="right"),
            Column("spent", _("Spent"), 11, align="right"),
            Column("last", _("Last order"), 10),
            Column("scores", "R F M", 5, priority=1),
        )
        with box:
            yield RecordTable(columns, self.source, empty=_("No customers yet."))

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.dismiss(event.key if isinstance(event.key, int) else None)

    def _cells(self, row: CustomerRow) -> tuple[Cell, ...]:
        scores = (row.r, row.f, row.m)
        return (
            shown(row.customer),
            f"{row.orders:,}",
            yuan(row.spent_fen),
            day_of(row.last_order_at, self._studio),
            " ".join("-" if each is None else str(each) for each in scores),
        )
