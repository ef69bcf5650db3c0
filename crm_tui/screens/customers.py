"""Customers: looked up as one types, the whole person beside the matches."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from crm_tui.core.language import N_, _
from crm_tui.screens import customer_page
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_bulk import BulkCommands
from crm_tui.screens.customer_editing import EditCommands
from crm_tui.screens.customer_listing import ListingCommands
from crm_tui.screens.customer_merging import MergeCommands
from crm_tui.screens.customer_notes import NoteCommands
from crm_tui.screens.customer_privacy import PrivacyCommands
from crm_tui.screens.customer_stances import StanceCommands
from crm_tui.screens.customer_stored import StoredCommands
from crm_tui.screens.order_money import MoneyCommands
from crm_tui.screens.person_reading import page, who, worth
from crm_tui.screens.pickers import LookUp, own_store
from crm_tui.widgets.pages import FIRST_PAGE, PagedSource
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from crm_tui.core.errors import CrmError
    from crm_tui.core.words import Role
    from crm_tui.services.customers.reads import CustomerHit, Person, Worth
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork

MATCHES = 40
"""Matches listed, or as many as there is room for; more words find who is not among them."""
WORDS = "?"
"""A visit's key that begins with it holds words to look up, not a customer's id."""


def _find(login: str, words: str, room: int, work: ReadWork) -> list[CustomerHit]:
    from crm_tui.services.customers import lookup

    hits = lookup.find(work, words, max(MATCHES, room), own_store(work, login))
    lookup.prepare()
    return hits


def _beside(customer_id: int, role: Role, work: ReadWork) -> tuple[Person, list[OrderRow]]:
    """Who it is, and the first page of the orders."""
    return who(customer_id, role, work), page(customer_id, "orders", role, None, FIRST_PAGE, work)


class CustomersScreen(
    EditCommands,
    PrivacyCommands,
    NoteCommands,
    MergeCommands,
    ListingCommands,
    BulkCommands,
    StanceCommands,
    StoredCommands,
    MoneyCommands,
):
    """Mode 3. Every keystroke looks up anew and cancels the look-up before it."""

    PLACE = "customers"
    HEADING = N_("Customers")
    CSS_PATH = "customers.tcss"
    AUTO_FOCUS = "#lookup"
    ON_CHOSEN = "customer.open"

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self._matched_words: str | None = None
        self._wanted: int | None = None
        self._profile_due = False
        self.matches: MemorySource[CustomerHit] = MemorySource(
            key=lambda hit: hit.id,
            cells=lambda hit: customer_page.match_cells(hit, self.console.studio),
            tone=customer_page.match_tone,
        )
        self._worth: tuple[int, Worth] | None = None
        self.orders: PagedSource[OrderRow] = PagedSource(
            key=lambda row: row.id,
            cells=lambda row: customer_page.order_cells(row, self.console.studio),
            tone=customer_page.order_tone,
            place=lambda row: (row.created_at, row.id),
            ask=lambda last: self.call_later(self._read_more, last),
        )

    def compose_body(self) -> ComposeResult:
        yield LookUp(
            "matches",
            self.words,
            placeholder=_("Nickname, pinyin, last digits, WeChat id, tag, order number"),
        )
        with Horizontal():
            yield RecordTable(
                customer_page.match_columns(), self.matches, empty=_("Looking …"), id="matches"
            )
            with Vertical(id="whole"):
                with VerticalScroll(id="page", can_focus=False):
                    yield Panel()
                yield RecordTable(
                    customer_page.order_columns(),
                    self.orders,
                    empty=_("No orders yet."),
                    id="history",
                )

    @property
    def _match_table(self) -> RecordTable:
        return self.query_one("#matches", RecordTable)

    @property
    def _history_table(self) -> RecordTable:
        return self.query_one("#history", RecordTable)

    # Looking up

    @on(Input.Changed, "#lookup")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.words = event.value
        self._look_up()

    @on(Input.Submitted, "#lookup")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._match_table.focus()

    def _look_up(self) -> None:
        words = self.words
        if self.listing:
            self.list_customers(words)
            return
        self.no_listing()
        find = partial(_find, self.desk.actor.login if self.desk else "", words)
        room = self._match_table.size.height
        self.read(partial(find, room), partial(self._show_matches, words), group="lookup")

    def _show_matches(self, words: str, hits: list[CustomerHit]) -> None:
        table = self._match_table
        same = words == self._matched_words
        self._matched_words = words
        changed = self.matches.replace(hits)
        table.empty = _("Nobody like that. c adds a customer.")
        if same:
            table.reload(changed, at_once=True)
        else:
            table.start_over()
        if self._wanted is not None and table.move_to(self._wanted):
            self._wanted = None
        if not hits:
            self._show_nobody()
        else:
            self._other_customer()

    def show_listed(self, words: str, hits: list[CustomerHit]) -> None:
        self._show_matches(words, hits)

    @on(RecordTable.Highlighted, "#matches")
    def _other_customer(self) -> None:
        if self.profile is None or self.profile.id != self._match_table.cursor_key:
            self._read_profile()

    def _read_profile(self) -> None:
        """Read who the cursor is on, once the matches have been painted: those are waited for."""
        if not self._profile_due:
            self._profile_due = True
            self.call_after_refresh(self._read_beside)

    def _read_beside(self) -> None:
        self._profile_due = False
        key = self._match_table.cursor_key
        if isinstance(key, int) and self.desk is not None:
            role = self.desk.actor.role
            self.read(partial(_beside, key, role), self._show_profile, group="profile")

    def _read_worth(self, customer_id: int) -> None:
        """What they come to takes longer the more they ordered: it follows what is shown."""
        show = partial(self._show_worth, customer_id)
        self.read(partial(worth, customer_id), show, group="worth")

    def _show_nobody(self) -> None:
        self.profile = None
        self.orders.begin(())
        self._history_table.start_over()
        self._show_page()

    def _show_profile(self, found: tuple[Person, list[OrderRow]]) -> None:
        person, orders = found
        if person.id != self._match_table.cursor_key:
            return  # the cursor has gone on meanwhile
        same = self.profile is not None and person.id == self.profile.id
        self.profile = person
        if same:
            self._history_table.reload(self.orders.refresh(orders))
        else:
            self.orders.begin(orders)
            self._history_table.start_over()
        self._show_page()
        self.call_after_refresh(self._read_worth, person.id)

    def _show_worth(self, customer_id: int, found: Worth) -> None:
        self._worth = customer_id, found
        self._show_page()

    def _show_page(self) -> None:
        text = Content("")
        if self.profile is not None:
            whose, worth = self._worth or (0, None)
            known = worth if whose == self.profile.id else None
            text = customer_page.page(self.profile, known, self.console.studio)
        self.query_one("#page Panel", Panel).show(text)
        self.query_one("#page").scroll_home(animate=False)
        self.refresh_keys()

    def _read_more(self, last: OrderRow) -> None:
        """Older orders are wanted, those after ``last``."""
        if self.profile is None or self.desk is None:
            return
        customer_id, role = self.profile.id, self.desk.actor.role

        def show(rows: list[OrderRow]) -> None:
            if self.profile is not None and self.profile.id == customer_id:
                self.orders.extend(rows)
                self._history_table.reload(at_once=True)

        def failed(error: CrmError) -> None:
            self.orders.asking_failed()
            self.say(error.message(), "error")

        query = partial(page, customer_id, "orders", role, last, self.orders.wanted)
        self.read(query, show, group="more", failed=failed)

    # What the base asks

    def reload(self) -> None:
        self._look_up()
        self._read_profile()

    def take(self, events: Iterable[EventRow]) -> None:
        """Names and order counts in the matches and everything on the page may have changed."""
        if any(event.entity in ("customer", "order", "import_batch") for event in events):
            self.reload()

    def shell_filter(self) -> None:
        """``/`` goes to the look-up: it is this screen's filter. Typing asks for somebody else."""
        lookup = self.query_one("#lookup", Input)
        lookup.focus()
        lookup.select_all()

    def shell_escape(self) -> None:
        lookup = self.query_one("#lookup", Input)
        if self._history_table.has_focus:
            self._match_table.focus()
        elif lookup.value:
            lookup.value = ""
            lookup.focus()
        else:
            super().shell_escape()

    def new_customer_words(self) -> str:
        return "" if self.matches.total else self.words

    def copy_text(self) -> str | None:
        hit = self.matches.get(self._match_table.cursor_key)
        return "\t".join((hit.no, hit.nick, hit.phone, hit.wechat)) if hit else None

    def cursor_visit(self) -> Visit:
        key = self._match_table.cursor_key if self.is_mounted else None
        return Visit(self.PLACE, key if isinstance(key, int) else None)

    def show_record(self, key: int | str) -> None:
        if isinstance(key, str) and key.startswith(WORDS):
            self.set_words(key.removeprefix(WORDS))
        elif isinstance(key, int):
            self._wanted = key
            if self._match_table.move_to(key):
                self._wanted = None
            elif self.desk is not None:
                self.read(
                    partial(who, key, self.desk.actor.role),
                    lambda found: self.set_words(found.no),
                    group="target",
                )

    def set_words(self, words: str) -> None:
        lookup = self.query_one("#lookup", Input)
        lookup.value = words
        lookup.cursor_position = len(words)

    # Commands

    def order(self) -> OrderRow | None:
        return self.orders.get(self._history_table.cursor_key)

    def customer_open(self) -> None:
        if not self._history_table.has_focus:
            if self.profile is not None:
                self.console.go_to(Visit("person", self.profile.id))
            return
        row = self.order()
        if row is not None:
            self.open_order(row.no)
