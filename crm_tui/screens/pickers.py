"""The look-up inside forms: fields that find a customer or a companion as one types.

    Form([customer_field(place), companion_field(place, hint=_("empty: anybody who fits"))])

Each line shows who it is, the masked phone, orders and tags, with what was typed marked. Nothing
typed: the customers heard of last, or the companions who are there. The field's value is the id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, ngettext
from crm_tui.screens import match_marks
from crm_tui.widgets.entry import Entry
from crm_tui.widgets.form import Field, Suggestion
from crm_tui.widgets.record_table import RecordTable
from crm_tui.widgets.text import fit_content, shown

if TYPE_CHECKING:
    from crm_tui.screens.frame import Frame
    from crm_tui.services.companions.lookup import CompanionHit
    from crm_tui.services.customers.lookup import CustomerHit
    from crm_tui.storage.store import ReadWork

MATCHES = 20
NICK_CELLS, PHONE_CELLS, ORDERS_CELLS = 22, 11, 10
COMPANION_CELLS, PRESENCE_CELLS, LEVEL_CELLS = 16, 10, 8

Query = Callable[[str, "ReadWork"], list[Suggestion]]
Result = TypeVar("Result")


class LookUp(Entry):
    """Words looked up over the table ``#<table>``: the arrows go through it without leaving the
    line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "walk('cursor_by(1)')", show=False),
        Binding("up", "walk('cursor_by(-1)')", show=False),
        Binding("pagedown", "walk('cursor_page(1)')", show=False),
        Binding("pageup", "walk('cursor_page(-1)')", show=False),
    ]

    def __init__(self, table: str, words: str = "", *, placeholder: str = "") -> None:
        super().__init__(
            words, placeholder=placeholder, compact=True, select_on_focus=False, id="lookup"
        )
        self._table = table

    async def action_walk(self, action: str) -> None:
        """Do what the key does in the table."""
        await self.screen.query_one(f"#{self._table}", RecordTable).run_action(action)


class LookUpDialog(ModalScreen[Result]):
    """A dialog that begins in a look-up: Escape takes what was typed away first."""

    AUTO_FOCUS = "#lookup"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def action_leave(self) -> None:
        lookup = self.query_one(LookUp)
        if lookup.value:
            lookup.value = ""
        else:
            self.dismiss()


def suggesting(place: Frame, query: Query) -> Callable[[str], Sequence[Suggestion]]:
    """``query`` as a field's suggestions, read through ``place``: runs on a worker thread; errors
    suggest nothing."""

    def suggest(typed: str) -> Sequence[Suggestion]:
        desk = place.desk
        try:
            return desk.read(partial(query, typed)) if desk else []
        except CrmError:
            return []

    return suggest


def _by_login(
    place: Frame, query: Callable[[str, str, ReadWork], list[Suggestion]]
) -> Callable[[str], Sequence[Suggestion]]:
    """Like :func:`suggesting`, for a query that puts the operator's own store first."""

    def in_name_of_operator(typed: str, work: ReadWork) -> list[Suggestion]:
        return query(place.desk.actor.login if place.desk else "", typed, work)

    return suggesting(place, in_name_of_operator)


def customer_field(
    place: Frame,
    name: str = "customer",
    label: str = "",
    *,
    required: bool = True,
    initial: str = "",
) -> Field:
    """A field whose value is a customer's id; ``initial`` is what would be typed."""
    return Field(
        name,
        label or _("Customer"),
        hint=_("nickname, pinyin, last digits, WeChat id"),
        required=required,
        initial=initial,
        suggest=_by_login(place, _customers),
        must_pick=True,
        at_once=True,
    )


def companion_field(
    place: Frame,
    name: str = "companion",
    label: str = "",
    *,
    required: bool = False,
    hint: str = "",
    initial: str = "",
) -> Field:
    """A field whose value is a companion's id; ``initial`` is what would be typed."""
    return Field(
        name,
        label or _("Companion"),
        hint=hint or _("nickname, pinyin, number"),
        required=required,
        initial=initial,
        suggest=_by_login(place, _companions),
        must_pick=True,
        at_once=True,
    )


def customer_line(hit: CustomerHit) -> Content:
    """A customer as a line of suggestions."""
    orders = ngettext("{count} order", "{count} orders", hit.orders).format(count=hit.orders)
    return Content(" ").join(
        (
            fit_content(match_marks.who(hit, always_name=True), NICK_CELLS),
            fit_content(match_marks.phone(hit), PHONE_CELLS),
            fit_content(Content(orders), ORDERS_CELLS, align="right"),
            match_marks.tags(hit),
        )
    )


def companion_line(hit: CompanionHit) -> Content:
    """A companion as a line of suggestions."""
    row = hit.row
    games = " ".join(skill.game for skill in row.games)
    return Content(" ").join(
        (
            fit_content(match_marks.marked(row.nick, hit.spans), COMPANION_CELLS),
            fit_content(Content(row.presence.label), PRESENCE_CELLS),
            fit_content(shown(row.level_label), LEVEL_CELLS),
            shown(games),
        )
    )


# On a worker thread


def own_store(work: ReadWork, login: str) -> int | None:
    """The store of the operator, whose customers and companions come first."""
    from crm_tui.services.operators import reads

    return reads.store_of(work, login)


def _customers(login: str, typed: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.customers import lookup

    hits = lookup.find(work, typed, MATCHES, own_store(work, login))
    lookup.prepare()
    return [Suggestion(hit.nick, hit.id, customer_line(hit)) for hit in hits]


def _companions(login: str, typed: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.companions import lookup

    hits = lookup.find(work, typed, MATCHES, own_store(work, login))
    return [Suggestion(hit.row.nick, hit.row.id, companion_line(hit)) for hit in hits]
