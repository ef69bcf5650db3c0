"""What the studio owes its customers of stored value: in all, by age, and whom."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.services.money.members.liability import Liability, Owed


class OwedToCustomers(ModalScreen[int | None]):
    """Who has most comes first; Enter answers the customer under the cursor."""

    CSS_PATH = "dialogs.tcss"
    DEFAULT_CSS = """
    OwedToCustomers { align: center middle; }
    OwedToCustomers RecordTable { height: 1fr; }
    OwedToCustomers Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, found: Liability, studio: Studio) -> None:
        super().__init__()
        self._found, self._studio = found, studio
        self.source: MemorySource[Owed] = MemorySource(
            key=lambda row: row.customer_id, cells=self._cells
        )
        self.source.replace(found.customers)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = shown(_("Owed to customers"))
        box.border_subtitle = Content(_("Enter opens, Esc closes"))
        columns = (
            Column("nick", _("Nickname"), 10, grow=2, most=24),
            Column("paid", _("Paid part"), 10, align="right"),
            Column("bonus", _("Bonus"), 9, align="right"),
            Column("changed", _("Last"), 8, priority=1),
            Column("no", _("Number"), 9, priority=2),
        )
        with box:
            yield Static("\n".join((self._total(), *self._ages())), markup=False)
            yield RecordTable(columns, self.source, empty=_("Nobody has stored value."))

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.dismiss(event.key if isinstance(event.key, int) else None)

    def _total(self) -> str:
        owed = self._found.owed
        return _("¥{balance}: ¥{paid} paid, ¥{bonus} bonus").format(
            balance=yuan(owed.total_fen), paid=yuan(owed.paid_fen), bonus=yuan(owed.bonus_fen)
        )

    def _ages(self) -> list[str]:
        """A line for each age of which anything is owed."""
        from crm_tui.services.money.members.liability import age_says

        ages = self._found.ages
        limits = [(None, ages[0].up_to_days), *pairwise(age.up_to_days for age in ages)]
        return [
            f"{age_says(after, limit)}: ¥{yuan(age.owed.paid_fen)} + ¥{yuan(age.owed.bonus_fen)}"
            for (after, limit), age in zip(limits, ages, strict=True)
            if age.owed.total_fen
        ]

    def _cells(self, row: Owed) -> tuple[Cell, ...]:
        return (
            shown(row.nick),
            yuan(row.balance.paid_fen),
            yuan(row.balance.bonus_fen),
            f"{self._studio.wall(row.changed_at):%y-%m-%d}",
            row.no,
        )
