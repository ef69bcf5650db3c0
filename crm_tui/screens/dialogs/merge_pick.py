"""Which other record is the same person: its likely duplicates, or whoever is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from crm_tui.core.language import _
from crm_tui.screens import match_marks
from crm_tui.screens.pickers import LookUp, own_store
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.customer_in_hand import CustomerInHand, CustomerRef
    from crm_tui.storage.store import ReadWork

MATCHES = 50
LIKELY = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the same person; ``why`` says what speaks for it."""

    id: int
    no: str
    nick: Content
    phone: Content
    why: Content


def _candidates(login: str, customer_id: int, words: str, work: ReadWork) -> list[Candidate]:
    from crm_tui.services.customers import lookup
    from crm_tui.services.duplicates import reads
    from crm_tui.services.duplicates.rules import in_words

    if words.strip():
        hits = lookup.find(work, words, MATCHES, own_store(work, login))
        lookup.prepare()
        return [
            Candidate(
                hit.id,
                hit.no,
                match_marks.who(hit, always_name=True),
                match_marks.phone(hit),
                match_marks.tags(hit),
            )
            for hit in hits
            if hit.id != customer_id
        ]
    return [
        Candidate(
            found.customer.id,
            found.customer.no,
            shown(found.customer.nick),
            shown(found.customer.phone),
            shown(f"{found.score:.0%}  {in_words(found.grounds)}"),
        )
        for found in reads.alike(work, customer_id, LIKELY)
    ]


class MergePick(ModalScreen[int | None]):
    """Answers the id of the record that was picked. Nothing typed: those who look
    alike; else the look-up as it is everywhere, with what was typed marked."""

    DEFAULT_CSS = "MergePick { align: center middle; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, place: CustomerInHand, customer: CustomerRef) -> None:
        super().__init__()
        self._place, self._customer = place, customer
        self.found: MemorySource[Candidate] = MemorySource(
            key=lambda each: each.id,
            cells=lambda each: (each.no, each.nick, each.phone, each.why),
        )

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        who = f"{self._customer.no} {self._customer.nick}"
        box.border_title = shown(_("Who is the same person as {who}?").format(who=who))
        box.border_subtitle = Content(_("Type to look up, Enter shows the merge, Esc leaves"))
        columns = (
            Column("no", _("Number"), 8),
            Column("nick", _("Nickname"), 10, grow=1, most=20),
            Column("phone", _("Phone"), 11, priority=1),
            Column("why", _("Why"), 16, grow=3, priority=2),
        )
        with box:
            yield LookUp("found", placeholder=_("Nickname, pinyin, last digits, WeChat id"))
            yield RecordTable(columns, self.found, empty=_("Looking …"), id="found")

    def on_mount(self) -> None:
        self.query_one(LookUp).focus()
        self._look("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value)

    def _look(self, words: str) -> None:
        login = self._place.desk.actor.login if self._place.desk else ""
        query = partial(_candidates, login, self._customer.id, words)
        self._place.read(query, self._show, group="merge-pick")

    def _show(self, found: list[Candidate]) -> None:
        if not self.is_mounted:
            return
        table = self.query_one(RecordTable)
        table.empty = _("Nobody looks alike. Type whom you mean.")
        table.reload(self.found.replace(found), at_once=True)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._take(self.query_one(RecordTable).cursor_key)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self._take(event.key)

    def _take(self, key: object) -> None:
        if isinstance(key, int):
            self.dismiss(key)
