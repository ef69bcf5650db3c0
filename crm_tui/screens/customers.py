"""Customers: looked up as one types, the whole person beside the matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Static

from crm_tui.commands import Command
from crm_tui.core.language import N_, _
from crm_tui.core.words import IdentityKind
from crm_tui.screens import customer_page
from crm_tui.screens import order_writes as orders
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.entry import Entry, enterable
from crm_tui.widgets.form import Field
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from crm_tui.services.customers.reads import CustomerHit, CustomerProfile
    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

MATCHES = 100
"""Matches listed; more words find who is not among them."""
WORDS = "?"
"""A visit's key that begins with it holds words to look up, not a customer's id."""
IDENTITIES = (IdentityKind.PHONE, IdentityKind.WECHAT, IdentityKind.QQ)


def _find(words: str, work: ReadWork) -> list[CustomerHit]:
    from crm_tui.services.customers import reads

    return reads.find(work, words, limit=MATCHES)


def _profile(customer_id: int, work: ReadWork) -> CustomerProfile:
    from crm_tui.services.customers import reads

    return reads.profile(work, customer_id)


def _add(values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.customers import actions
    from crm_tui.services.customers.rules import NewCustomer

    given = {name: str(value or "") for name, value in values.items()}
    new = NewCustomer(
        nick=given["nick"],
        name=given["name"],
        city=given["city"],
        note=given["note"],
        identities={kind: given[kind] for kind in IDENTITIES if given[kind]},
    )
    return actions.add(work, new)


def _edit(customer_id: int, version: int, changes: dict[str, str], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.edit(work, customer_id, changes, expected_version=version)


def _tag(customer_id: int, add: list[str], remove: list[str], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.tag(work, customer_id, add, remove)


class LookUp(Entry):
    """The words looked up; up and down go through the matches without leaving it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "walk('cursor_by(1)')", show=False),
        Binding("up", "walk('cursor_by(-1)')", show=False),
        Binding("pagedown", "walk('cursor_page(1)')", show=False),
        Binding("pageup", "walk('cursor_page(-1)')", show=False),
    ]

    async def action_walk(self, action: str) -> None:
        """Do what the key does in the matches."""
        await self.screen.query_one("#matches", RecordTable).run_action(action)


class CustomersScreen(ConsoleScreen):
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
        self.profile: CustomerProfile | None = None
        self._wanted: int | None = None
        self.matches: MemorySource[CustomerHit] = MemorySource(
            key=lambda hit: hit.id,
            cells=lambda hit: customer_page.match_cells(hit, self.console.studio),
            tone=customer_page.match_tone,
        )
        self.orders: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: customer_page.order_cells(row, self.console.studio),
            tone=customer_page.order_tone,
        )

    def compose_body(self) -> ComposeResult:
        yield LookUp(
            self.words,
            placeholder=_("Nickname, pinyin, last digits, WeChat id, tag, order number"),
            compact=True,
            select_on_focus=False,
            id="lookup",
        )
        with Horizontal():
            yield RecordTable(
                customer_page.match_columns(), self.matches, empty=_("Looking …"), id="matches"
            )
            with Vertical(id="whole"):
                with VerticalScroll(id="page", can_focus=False):
                    yield Static(markup=False)
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
        self.read(partial(_find, words), partial(self._show_matches, words), group="lookup")

    def _show_matches(self, words: str, hits: list[CustomerHit]) -> None:
        table = self._match_table
        same = words == self._matched_words
        self._matched_words = words
        changed = self.matches.replace(hits)
        table.empty = _("Nobody like that. c adds a customer.")
        table.reload(changed if same else (), at_once=True)
        if self._wanted is not None and table.move_to(self._wanted):
            self._wanted = None
        elif hits and not same:
            table.move_to(hits[0].id)
        if not hits:
            self._show_profile(None)
        elif self.profile is None or self.profile.id != table.cursor_key:
            self._read_profile(table.cursor_key)

    @on(RecordTable.Highlighted, "#matches")
    def _other_customer(self, event: RecordTable.Highlighted) -> None:
        self._read_profile(event.key)

    def _read_profile(self, key: object) -> None:
        if isinstance(key, int):
            self.read(partial(_profile, key), self._show_profile, group="profile")

    def _show_profile(self, profile: CustomerProfile | None) -> None:
        if profile is not None and profile.id != self._match_table.cursor_key:
            return  # the cursor has gone on meanwhile
        same = profile is not None and self.profile is not None and profile.id == self.profile.id
        self.profile = profile
        text = customer_page.page(profile, self.console.studio) if profile else ""
        self.query_one("#page Static", Static).update(text)
        self.query_one("#page").scroll_home(animate=False)
        changed = self.orders.replace(profile.history if profile else ())
        if same:
            self._history_table.reload(changed)
        else:
            self._history_table.start_over()
        self.refresh_keys()

    # What the base asks

    def reload(self) -> None:
        self._look_up()
        self._read_profile(self._match_table.cursor_key)

    def take(self, events: Iterable[EventRow]) -> None:
        """Names and order counts in the matches and everything on the page may have changed."""
        if any(event.entity in ("customer", "order", "import_batch") for event in events):
            self.reload()

    def shell_filter(self) -> None:
        """``/`` goes to the look-up: it is this screen's filter."""
        self.query_one("#lookup", Input).focus()

    def shell_escape(self) -> None:
        lookup = self.query_one("#lookup", Input)
        if self._history_table.has_focus:
            self._match_table.focus()
        elif lookup.value:
            lookup.value = ""
            lookup.focus()
        else:
            super().shell_escape()

    def why_not(self, command: Command) -> str | None:
        needs_one = command.id in ("customer.edit", "customer.tag", "customer.open")
        if needs_one and self.profile is None and self.desk is not None:
            return _("There is no customer under the cursor.")
        return super().why_not(command)

    def copy_text(self) -> str | None:
        hit = self.matches.get(self._match_table.cursor_key)
        return "\t".join((hit.no, hit.nick, hit.phone, hit.wechat)) if hit else None

    def cursor_visit(self) -> Visit:
        key = self._match_table.cursor_key if self.is_mounted else None
        return Visit(self.PLACE, key if isinstance(key, int) else None)

    def show_record(self, key: int | str) -> None:
        if isinstance(key, str) and key.startswith(WORDS):
            self._set_words(key.removeprefix(WORDS))
        elif isinstance(key, int):
            self._wanted = key
            if self._match_table.move_to(key):
                self._wanted = None
            elif self.desk is not None:
                self.read(
                    partial(_profile, key), lambda found: self._set_words(found.no), group="target"
                )

    def _set_words(self, words: str) -> None:
        lookup = self.query_one("#lookup", Input)
        lookup.value = words
        lookup.cursor_position = len(words)

    # Commands

    def customer_open(self) -> None:
        if not self._history_table.has_focus:
            self._history_table.focus()
            return
        row = self.orders.get(self._history_table.cursor_key)
        if row is not None:
            self.read(partial(orders.order_detail, row.no), self._show_order, group="target")

    def _show_order(self, found: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        if self.console.studio is not None:
            self.app.push_screen(DetailDialog(found, self.console.studio))

    def order_new(self, customer: str = "") -> None:
        """For the customer who is looked at."""
        super().order_new(customer or (self.profile.no if self.profile else ""))

    def customer_add(self) -> None:
        words = "" if self.matches.total else self.words
        digits = words.strip().isdigit()
        fields = _fields(nick="" if digits else words, phone=words if digits else "")

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(customer_id: int) -> None:
                dialog.dismiss()
                self.show_record(customer_id)

            self.write(partial(_add, values), _("Customer added"), then=saved, failed=dialog.failed)

        self.app.push_screen(FormDialog(_("Customer"), _("new"), fields, save))

    def customer_edit(self) -> None:
        profile = self.profile
        if profile is None:
            return
        known: dict[str, str] = {}
        for identity in profile.identities:
            known.setdefault(identity.kind, identity.value)
        known |= {name: getattr(profile, name) for name in ("nick", "name", "city", "note")}
        customer_id, version, no = profile.id, profile.version, profile.no

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            changes = {
                name: value or ""
                for name, value in values.items()
                if (value or "") != enterable(known.get(name, "")).strip()
            }
            self.write(
                partial(_edit, customer_id, version, changes),
                _("{no} changed").format(no=no),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        target = f"{no} {profile.nick}"
        self.app.push_screen(FormDialog(_("Customer"), target, _fields(**known), save))

    def customer_tag(self, tags: str = "") -> None:
        profile = self.profile
        if profile is None:
            return
        if not tags:
            self.ask(REGISTRY["customer.tag"])
            return
        named = tags.split()
        remove = [tag.removeprefix("-") for tag in named if tag.startswith("-")]
        add = [tag.removeprefix("+") for tag in named if not tag.startswith("-")]
        self.write(
            partial(_tag, profile.id, add, remove),
            _("{nick}: tags changed").format(nick=profile.nick),
            undo=self._opposite(profile, add, remove),
        )

    def _opposite(self, profile: CustomerProfile, add: list[str], remove: list[str]) -> Any:
        """Takes back exactly what a tagging changes."""
        from crm_tui.screens.desk import Undo

        before = {tag.name for tag in profile.tags}
        put = [tag for tag in add if tag not in before]
        taken = [tag for tag in remove if tag in before]
        title = _("{nick}: tags changed").format(nick=profile.nick)
        return Undo(title, partial(_tag, profile.id, taken, put))


def _fields(**known: str) -> list[Field]:
    """The fields of a customer's form, filled with what is known (a phone masked)."""

    def phone(text: str) -> str:
        from crm_tui.services.customers.rules import normalise_phone

        return text if text == known.get("phone") else normalise_phone(text)

    def field(name: str, label: str) -> Field:
        return Field(name, label, initial=known.get(name, ""))

    return [
        replace(field("nick", _("Nickname")), required=True),
        replace(field("phone", _("Phone")), parse=phone, hint=_("a mobile number of 11 digits")),
        field("wechat", _("WeChat")),
        field("qq", _("QQ")),
        field("name", _("Name")),
        field("city", _("City")),
        field("note", _("Note")),
    ]
