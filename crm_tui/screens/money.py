"""Money: what came today, what stands on every account, and each booking behind it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.screens import money_cells as looks
from crm_tui.screens import money_reading as reading
from crm_tui.screens.console import Visit
from crm_tui.screens.money_reading import AccountRow, Booked, Overview, Shelf
from crm_tui.screens.order_details import OrderDetails
from crm_tui.screens.owed import PAUSE_SECONDS, Owed
from crm_tui.widgets.pages import FIRST_PAGE, PagedSource
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.money.balances import JournalRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork

MOVED_BY = frozenset(
    {"order", "customer", "settlement", "bill_line", "bill_file", "import_batch", "journal"}
)
"""Whose changes may move money."""


class MoneyScreen(OrderDetails):
    """Mode 6. The account under the cursor shows its ledger; Enter goes into it, and from a line to
    the booking; ``o`` leads on to the order."""

    PLACE = "money"
    HEADING = N_("Money")
    CSS_PATH = "money.tcss"
    AUTO_FOCUS = "#accounts"
    ON_CHOSEN = "money.open"

    def __init__(self) -> None:
        super().__init__()
        self.accounts: MemorySource[AccountRow] = MemorySource(
            key=lambda row: row.key, cells=looks.account_cells, tone=looks.account_tone
        )
        self.ledger: PagedSource[Booked] = PagedSource(
            key=lambda booked: f"{booked.place[0]}.{booked.place[1]}",
            cells=lambda booked: looks.ledger_cells(booked, self.console.studio),
            place=lambda booked: booked.place,
            ask=lambda last: self.call_later(self._read_more, last),
        )
        self._shelf: Shelf | None = None
        self._shown: Shelf | None = None
        self._owed = Owed()

    def compose_body(self) -> ComposeResult:
        yield Panel(id="today")
        with Horizontal():
            yield RecordTable(
                looks.account_columns(), self.accounts, empty=_("Reading …"), id="accounts"
            )
            with Vertical(id="books"):
                yield Panel(id="shelf")
                yield RecordTable(
                    looks.ledger_columns(),
                    self.ledger,
                    empty=_("Nothing was booked here yet."),
                    id="ledger",
                )

    @property
    def _account_table(self) -> RecordTable:
        return self.query_one("#accounts", RecordTable)

    @property
    def _ledger_table(self) -> RecordTable:
        return self.query_one("#ledger", RecordTable)

    # Reading: one at a time, and then a pause

    def reload(self) -> None:
        self._owed.owe_everything()
        self._read_owed()

    def _read_owed(self) -> None:
        if self.desk is not None and self._owed.begin():
            self.read(reading.overview, self._came, group="overview", failed=self._failed)
            self._read_ledger()

    def _came(self, found: Overview) -> None:
        self.set_timer(PAUSE_SECONDS, self._rested)
        self._show(found)

    def _failed(self, error: CrmError) -> None:
        """Everything is read when something is heard of the store again."""
        self._owed.failed()
        self.say(error.message(), "error")

    def _rested(self) -> None:
        self._owed.ended()
        self._read_owed()

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity in MOVED_BY for event in events):
            self.reload()

    def _show(self, found: Overview) -> None:
        self.query_one("#today", Panel).show(looks.today(found))
        self._account_table.reload(self.accounts.replace(found.accounts))
        if self._shelf is None:
            self._other_account()

    @on(RecordTable.Highlighted, "#accounts")
    def _other_account(self) -> None:
        row = self.accounts.get(self._account_table.cursor_key)
        if row is not None and (
            self._shelf is None or (row.account, row.channel) != self._on_shelf()
        ):
            self._look_at(Shelf(row.account, row.channel))

    def _on_shelf(self) -> tuple[object, str] | None:
        return (self._shelf.account, self._shelf.channel) if self._shelf else None

    def _look_at(self, shelf: Shelf, whose: str = "") -> None:
        self._shelf = shelf
        self.query_one("#shelf", Panel).show(shown(looks.shelf_title(shelf, whose)))
        self._read_ledger()

    def _read_ledger(self) -> None:
        if self._shelf is not None:
            query = partial(reading.ledger, self._shelf, None, FIRST_PAGE)
            self.read(query, partial(self._show_ledger, self._shelf), group="ledger")

    def _show_ledger(self, shelf: Shelf, lines: list[Booked]) -> None:
        if shelf == self._shown:
            self._ledger_table.reload(self.ledger.refresh(lines))
        else:
            self._shown = shelf
            self.ledger.begin(lines)
            self._ledger_table.start_over()
        self.refresh_keys()

    def _read_more(self, last: Booked) -> None:
        """Older bookings are wanted, those before ``last``."""
        shelf = self._shelf
        if shelf is None:
            return

        def show(lines: list[Booked]) -> None:
            if self._shown == shelf:
                self.ledger.extend(lines)
                self._ledger_table.reload(at_once=True)

        def failed(error: CrmError) -> None:
            self.ledger.asking_failed()
            self.say(error.message(), "error")

        query = partial(reading.ledger, shelf, last.place, self.ledger.wanted)
        self.read(query, show, group="more", failed=failed)

    # What the base asks

    def booked(self) -> Booked | None:
        """The line of the ledger under the cursor."""
        return self.ledger.get(self._ledger_table.cursor_key) if self.is_mounted else None

    def copy_text(self) -> str | None:
        if not self._ledger_table.has_focus:
            row = self.accounts.get(self._account_table.cursor_key)
            return "\t".join(map(str, looks.account_cells(row))) if row else None
        line = self.booked()
        return "\t".join(map(str, looks.ledger_cells(line, self.console.studio))) if line else None

    def cursor_visit(self) -> Visit:
        key = self._account_table.cursor_key if self.is_mounted else None
        return Visit(self.PLACE, str(key) if key else None)

    def show_record(self, key: int | str) -> None:
        self._account_table.move_to(key)

    def shell_escape(self) -> None:
        if self._ledger_table.has_focus:
            self._account_table.focus()
        else:
            super().shell_escape()

    # Commands

    def money_open(self) -> None:
        line = self.booked()
        if not self._ledger_table.has_focus:
            self._ledger_table.focus()
        elif line is not None:
            query = partial(reading.journal, line.line.journal_id)
            self.read(query, self._show_journal, group="target")

    def _show_journal(self, found: tuple[JournalRow, list[Booked]]) -> None:
        from crm_tui.screens.dialogs.text import TextDialog

        row, lines = found
        if self.console.studio is not None:
            title = _("Booking {number}").format(number=row.id)
            text = looks.journal_text(row, lines, self.console.studio)
            self.app.push_screen(TextDialog(title, text))

    def money_order(self) -> None:
        line = self.booked()
        if line is None or not line.line.order_no:
            self.say(_("The booking under the cursor is about no order."), "warning")
        else:
            self.open_order(line.line.order_no)

    def money_holder(self, who: str = "") -> None:
        shelf, line = self._shelf, self.booked()
        if shelf is None:
            return
        if who:
            find = partial(_holder, shelf, who)
            self.read(find, lambda found: self._look_at(*found), group="target")
        elif shelf.subject_id is not None:
            self._look_at(Shelf(shelf.account, shelf.channel))
        elif line is None or not line.line.subject_id:
            self.say(_("This account is the studio's own."), "warning")
        else:
            self._look_at(Shelf(shelf.account, shelf.channel, line.line.subject_id), line.whose)

    def money_bills(self) -> None:
        self.console.go_to(Visit("reconcile"))

    def money_settlements(self) -> None:
        self.console.go_to(Visit("settlements"))


def _holder(shelf: Shelf, who: str, work: ReadWork) -> tuple[Shelf, str]:
    """The ledger of whoever is named."""
    from crm_tui.services.money import holders

    subject = holders.resolve(work, shelf.account, who)
    name = holders.names(work, shelf.account, {subject}).get(subject, who)
    return Shelf(shelf.account, shelf.channel, subject), name
