"""One customer, all that the studio knows of them (A3): the 360° view.

In the middle lies one of the long sections (timeline, orders, payments), left who they are, below
open orders and tasks. Where it is narrow one section fills the screen. Which comes first is the
role's: a dispatcher sees open orders and preferences, an operator the timeline, others the money.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from crm_tui.core.actor import by
from crm_tui.core.language import N_, _
from crm_tui.screens import customer_page
from crm_tui.screens import person_sections as sections
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_editing import EditCommands
from crm_tui.screens.customer_merging import MergeCommands
from crm_tui.screens.customer_notes import NoteCommands
from crm_tui.screens.customer_privacy import PrivacyCommands
from crm_tui.screens.customer_stances import StanceCommands
from crm_tui.screens.customer_stored import StoredCommands
from crm_tui.screens.dialogs.text import TextDialog
from crm_tui.screens.exporting import ListShown
from crm_tui.screens.footer import shown_key
from crm_tui.screens.order_money import MoneyCommands
from crm_tui.screens.person_data import PersonData
from crm_tui.screens.person_facts import columns as fact_columns
from crm_tui.screens.person_facts import headline
from crm_tui.screens.person_sections import MAIN, SECTIONS, in_order
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.record_table import Column, RecordTable
from crm_tui.widgets.text import as_content, shown

if TYPE_CHECKING:
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.tasks.reads import TaskRow

WIDE = 100
"""From so many cells on the areas stand beside one another."""
LONGEST = 20_000
"""Characters of a text that is shown in full."""


class PersonScreen(
    PersonData,
    EditCommands,
    PrivacyCommands,
    NoteCommands,
    MergeCommands,
    StanceCommands,
    StoredCommands,
    MoneyCommands,
):
    """The whole of one customer. Which one is the visit's key."""

    PLACE = "person"
    HEADING = N_("Customer")
    CSS_PATH = "person.tcss"
    AUTO_FOCUS = ""
    ON_CHOSEN = "customer.open"

    def __init__(self) -> None:
        super().__init__()
        self.section = ""
        """The section that has the keys."""

    def compose_body(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield Static(id="headings", markup=False)
        with Horizontal(id="areas"):
            yield self._table("facts", fact_columns())
            with Vertical(id="passed"):
                yield self._table("timeline", sections.timeline_columns())
                yield self._table("orders", customer_page.order_columns())
                yield self._table("payments", sections.payment_columns())
                with Horizontal(id="below"):
                    yield self._table("open", sections.open_columns())
                    yield self._table("tasks", sections.task_columns())

    def _table(self, section: str, columns: tuple[Column, ...]) -> RecordTable:
        source = getattr(self, section)
        return RecordTable(columns, source, empty=_(SECTIONS[section].empty), id=section)

    def reload(self) -> None:
        super().reload()
        if self.customer_id is not None and self.desk is not None:
            self.go_to_section(self.section or in_order(self.role)[0])

    def on_resize(self, _event: events.Resize) -> None:
        self._arrange()

    # Sections

    def go_to_section(self, section: str) -> None:
        """Show ``section`` and give it the keys; a long one is read when first looked at."""
        self.section = section
        if section in MAIN:
            self.main = section
            self.fill(section)
        self._arrange()
        self.table(section).focus()
        self.painted()
        self.refresh_keys()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click or the tab key came to another section."""
        if isinstance(event.widget, RecordTable) and event.widget.id in SECTIONS:
            self.section = event.widget.id
            self.painted()

    def _arrange(self) -> None:
        wide = self.size.width >= WIDE
        for name in SECTIONS:
            beside = wide and (name not in MAIN or name == self.main)
            self.table(name).display = beside or name == self.section
        self.query_one("#below").display = wide or self.section in ("open", "tasks")
        self.query_one("#passed").display = wide or self.section != "facts"
        self.set_class(wide, "-wide")

    def painted(self) -> None:
        if not self.section:
            return
        if self.profile is not None:
            text = headline(self.profile, self.worth)
            self.query_one("#headline", Static).update(text)
        keys = {
            name: shown_key(REGISTRY[each.command], self.console.keymap)
            for name, each in SECTIONS.items()
        }
        to_do = sum(1 for task in self.tasks.records() if task.open)
        counts = {"open": self.open.total, "tasks": to_do}
        counted = {name: str(count) for name, count in counts.items() if count}
        line = sections.headings(self.section, self.role, counted, keys)
        self.query_one("#headings", Static).update(line)

    def person_next(self) -> None:
        self._step(+1)

    def person_before(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        order = in_order(self.role)
        at = order.index(self.section) if self.section in order else 0
        self.go_to_section(order[(at + by) % len(order)])

    def person_facts(self) -> None:
        self.go_to_section("facts")

    def person_open(self) -> None:
        self.go_to_section("open")

    def person_timeline(self) -> None:
        self.go_to_section("timeline")

    def person_orders(self) -> None:
        self.go_to_section("orders")

    def person_payments(self) -> None:
        self.go_to_section("payments")

    def person_tasks(self) -> None:
        self.go_to_section("tasks")

    # What the base asks

    def cursor_visit(self) -> Visit:
        return Visit(self.PLACE, self.customer_id)

    def field_in_hand(self) -> str:
        """The field of the form that the cursor is on."""
        fact = self.facts.get(self.table("facts").cursor_key)
        return fact.field if fact and self.section == "facts" else ""

    def copy_text(self) -> str | None:
        cells = self._cells_under_cursor()
        if cells is None:
            return None
        return cells[-1] if self.section == "facts" else "\t".join(cells)

    def _cells_under_cursor(self) -> list[str] | None:
        if not self.section:
            return None
        table = self.table(self.section)
        at = None if table.cursor_key is None else table.source.position(table.cursor_key)
        if at is None:
            return None
        return [as_content(cell).plain for cell in table.source.window(at, 1)[0].cells]

    def shown_list(self) -> ListShown | None:
        """The orders or payments that are looked at, as far as they have been read, or the marked
        ones."""
        what = {"open": "orders", "orders": "orders", "payments": "payments"}.get(self.section)
        if what is None:
            return None
        table = self.table(self.section)
        rows = table.source.window(0, table.source.count())
        ids = [int(str(row.key)) for row in rows if not table.marks or row.key in table.marks]
        return ListShown(what, len(ids), ids)

    # Opening what is under the cursor

    def with_order(self, no: str, then: Callable[[OrderRow], object]) -> None:
        super().with_order(no or self._order_under_cursor() or "", then)

    def order(self) -> OrderRow | None:
        """None: whatever is under the cursor, it is the order's number that is known of it."""
        return None

    def customer_open(self) -> None:
        if self.section == "facts":
            self.customer_edit()
            return
        number = self._order_under_cursor()
        if number:
            self.open_order(number)
        elif (note_id := self._note_under_cursor()) is not None:
            self.show_note(note_id)
        elif (cells := self._cells_under_cursor()) is not None:
            self.app.push_screen(TextDialog(_(SECTIONS[self.section].heading), self._whole(cells)))

    def task_in_hand(self) -> TaskRow | None:
        if self.section != "tasks":
            return None
        row = self.tasks.get(self.table("tasks").cursor_key)
        return row if row is not None and row.open else None

    def _note_under_cursor(self) -> int | None:
        """The note that the entry of the timeline tells of."""
        entry = self.timeline.get(self.table("timeline").cursor_key)
        if self.section != "timeline" or entry is None:
            return None
        return entry.mark.id if entry.mark.source.name == "INTERACTION" else None

    def _order_under_cursor(self) -> str:
        """The number of the order that the row under the cursor is, or speaks of."""
        key = self.table(self.section).cursor_key
        if self.section in ("open", "orders"):
            row = self.orders.get(key) or self.open.get(key)
            return row.no if row else ""
        if self.section == "payments":
            payment = self.payments.get(key)
            return (payment and payment.order_no) or ""
        if self.section == "timeline":
            entry = self.timeline.get(key)
            is_order = entry is not None and entry.mark.source.name in ("ORDER", "PAYMENT")
            return entry.order_no if entry and is_order else ""
        return ""

    def _whole(self, cells: list[str]) -> Content:
        """The row in full: nothing of a long text is cut."""
        task = self.tasks.get(self.table("tasks").cursor_key)
        if self.section == "tasks" and task is not None:
            cells = [task.title, task.why, task.outcome, *cells[1:]]
        entry = self.timeline.get(self.table("timeline").cursor_key)
        if self.section == "timeline" and entry is not None:
            cells = [cells[0], entry.what, by(entry.actor)]
        return Content("\n").join(shown(cell, limit=LONGEST) for cell in cells if cell)
