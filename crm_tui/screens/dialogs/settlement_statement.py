"""A companion's statement: every order with its explanation; ``x`` writes it to an Excel file."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.screens import order_writes as orders
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.settlement_steps import SettlementSteps
    from crm_tui.services.money.settlement.statement import Item, Statement
    from crm_tui.services.orders.history import OrderDetail


class StatementDialog(ModalScreen[None]):
    """What they earned, the oldest first; below, how the item under the cursor comes about."""

    CSS_PATH = "settlement_statement.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("x", "write", show=False),
    ]

    def __init__(self, place: SettlementSteps, told: Statement) -> None:
        super().__init__()
        self._place, self._told = place, told
        self.source: MemorySource[tuple[int, Item]] = MemorySource(
            key=lambda each: each[0], cells=lambda each: _cells(each[1])
        )
        self.source.replace(list(enumerate(told.items)))

    def compose(self) -> ComposeResult:
        from crm_tui.services.money.settlement.statement import sums

        line, count = self._told.line, self._told.line.orders
        orders = ngettext("{count} order", "{count} orders", count).format(count=count)
        box = Vertical(classes="dialog tall")
        box.border_title = shown(f"{self._told.batch.no} · {line.nick} {line.no} · {orders}")
        box.border_subtitle = Content(
            _("Enter opens the order, x writes an Excel file, Esc closes")
        )
        columns = (
            Column("day", _("Business day"), 10, priority=1),
            Column("kind", _("What"), 8, grow=1, most=14),
            Column("order", _("Order"), 9, keep="end"),
            Column("game", _("Game"), 8, grow=1, most=14, priority=3),
            Column("minutes", _("Minutes"), 7, align="right", priority=4),
            Column("amount", _("Amount"), 9, align="right", priority=2),
            Column("share", _("Share"), 9, align="right"),
            Column("free", _("Free on"), 10, priority=2),
        )
        told = " · ".join(f"{name} ¥{yuan(fen)}" for name, fen in sums(line) if fen)
        with box:
            yield Static(shown(told, limit=300), classes="sums")
            yield RecordTable(columns, self.source, empty=_("No orders."), id="items")
            yield Static(classes="why", markup=False)

    def on_mount(self) -> None:
        self.query_one(RecordTable).focus()
        self._show_why()

    @on(RecordTable.Highlighted, "#items")
    def _show_why(self) -> None:
        found = self.source.get(self.query_one(RecordTable).cursor_key)
        lines = [shown(found[1].explanation, limit=400)] if found else []
        given = self._told.adjustments
        if given:
            told = "; ".join(f"{yuan(each.amount_fen)} {each.reason}" for each in given)
            lines.append(shown(f"{_('Adjustments')}: {told}", limit=300))
        self.query_one(".why", Static).update(Content("\n").join(lines))

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        """Enter opens the order."""
        event.stop()
        found = self.source.get(event.key)
        if found is not None and found[1].order:
            asked = partial(orders.order_detail, found[1].order)
            self._place.read(asked, self._show_order, group="target")

    def _show_order(self, detail: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        studio = self._place.console.studio
        if studio is not None:
            self.app.push_screen(DetailDialog(detail, studio))

    def action_write(self) -> None:
        """``x``."""
        self.run_worker(self._write(), group="write", exclusive=True)

    async def _write(self) -> None:
        from crm_tui.screens.settlement_steps import free_file
        from crm_tui.services.money.settlement import statement

        desk, told = self._place.desk, self._told
        if desk is None:
            return
        file = free_file(f"{told.batch.no}-{told.line.no}.xlsx")
        write = partial(
            statement.write,
            desk.store,
            desk.actor,
            told.batch.no,
            told.line.companion_id,
            file,
        )
        try:
            answer: dict[str, Any] = await asyncio.to_thread(write)
        except CrmError as error:
            self._place.say(error.message(), "error")
        else:
            self._place.say(_("Written to {file}").format(file=answer["file"]))


def _cells(item: Item) -> tuple[Cell, ...]:
    free = f"{item.free_on:%m-%d}"
    return (
        f"{item.day:%m-%d}",
        item.kind.label,
        item.order,
        shown(item.game),
        str(item.minutes or ""),
        yuan(item.amount_fen) if item.amount_fen is not None else "",
        yuan(item.fen),
        f"{free} *" if item.frozen else free,
    )
