"""Paste-to-order (N5): a chat or a filled form becomes a filled order, with the customer shown.

What was understood stands beside the text while it is typed or pasted, piece by piece. Enter goes
on to the order form, which says what to look at; nothing is written before that is saved.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from crm_tui.core.language import _, current_language
from crm_tui.core.text import clean_lines
from crm_tui.screens import paste_view
from crm_tui.screens.pasted_form import PastedOrderForm
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.core.errors import CrmError
    from crm_tui.screens.frame import Frame
    from crm_tui.services.paste.drafting import PastedOrder
    from crm_tui.storage.store import ReadWork

MOST_PASTED = 10_001
"""Characters that are taken of a paste: one more than is read, so that it is said."""


REMEMBERED = "paste_order.text"
"""Where the desk keeps a text that was left."""


class PasteArea(TextArea):
    """Where the text goes. Nothing that a terminal would act on gets in; Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", show=False, priority=True),
        Binding("ctrl+j", "new_line", show=False),
    ]

    class GoOn(Message):
        """Enter: make the order of what was read."""

    def action_go_on(self) -> None:
        """Go on with what stands here."""
        self.post_message(self.GoOn())

    def action_new_line(self) -> None:
        """Begin a new line, which Enter does not."""
        self.insert("\n")

    async def _on_paste(self, event: events.Paste) -> None:
        """Take a paste in, cleaned and no longer than will be read."""
        event.prevent_default()
        event.stop()
        text = clean_lines(event.text.replace("\t", " "), MOST_PASTED)
        self.move_cursor(self.replace(text, *sorted(self.selection)).end_location)


class PasteDialog(ModalScreen[None]):
    """Over ``place``, which reads and writes for it."""

    CSS_PATH = "paste_order.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 (Textual types it)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("ctrl+t", "template", show=False),
        Binding("ctrl+s", "go_on", show=False),
        Binding("ctrl+down", "read_on(1)", show=False),
        Binding("ctrl+up", "read_on(-1)", show=False),
    ]

    def __init__(self, place: Frame) -> None:
        super().__init__()
        self._place = place
        self.pasted: PastedOrder | None = None
        self._going_on = False

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = Content(_("Paste to order"))
        box.border_subtitle = Content(_("Enter goes on, Tab to the customer, Esc leaves"))
        with box:
            with Container(id="both"):
                hint = _(
                    "Paste a chat or a filled form. Ctrl+T copies an empty form for customers."
                )
                yield PasteArea(
                    placeholder=hint,
                    tab_behavior="focus",
                    highlight_cursor_line=False,
                    compact=True,
                )
                with VerticalScroll(id="read", can_focus=False):
                    yield Static(id="marked", markup=False)
                    yield Static(id="pieces", markup=False)
            yield Static(id="who", markup=False)
            yield OptionList(id="people", markup=False, compact=True)
            yield Static(classes="failure", markup=False)

    @property
    def area(self) -> PasteArea:
        """The text."""
        return self.query_one(PasteArea)

    def on_mount(self) -> None:
        """A text that was left stands here again, selected: the next paste replaces it."""
        if desk := self._place.desk:
            self.area.text = desk.memory.get(REMEMBERED, "")
            self.area.select_all()

    # Reading, while the text changes

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.pasted = None
        text = self.area.text
        if desk := self._place.desk:
            desk.memory[REMEMBERED] = text
        if text.strip():
            self._place.read(
                partial(_draft, text), self._show, group="paste", failed=self._not_read
            )
        else:
            self._clear()

    def _clear(self) -> None:
        for name in ("#marked", "#pieces", "#who", ".failure"):
            self.query_one(name, Static).update("")
        self.query_one("#people", OptionList).clear_options()

    def _show(self, pasted: PastedOrder) -> None:
        if not self.is_mounted or pasted.reading.text != self.area.text[: len(pasted.reading.text)]:
            return  # the text has changed meanwhile
        self.pasted = pasted
        self.query_one("#marked", Static).update(paste_view.marked_text(pasted))
        self.query_one("#pieces", Static).update(paste_view.piece_lines(pasted))
        self.query_one("#who", Static).update(paste_view.customer_head(pasted))
        self.query_one(".failure", Static).update("")
        people = self.query_one("#people", OptionList)
        options = paste_view.people(pasted)
        people.clear_options()
        people.add_options(Option(label, id=name) for name, label in options)
        people.highlighted = people.get_option_index(paste_view.preselected(pasted))
        if self._going_on:
            self.action_go_on()

    def _not_read(self, error: CrmError) -> None:
        if self.is_mounted:
            self.query_one(".failure", Static).update(shown(f"! {error.message()}"))

    # Going on

    @on(PasteArea.GoOn)
    def _enter(self, event: PasteArea.GoOn) -> None:
        event.stop()
        self.action_go_on()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Open the filled form for the customer who is highlighted; the text stays below it."""
        if not self.area.text.strip():
            self.query_one(".failure", Static).update(Content(_("! There is no text yet.")))
            return
        self._going_on = self.pasted is None
        if self.pasted is None:
            return  # it is still being read; then this goes on by itself
        people = self.query_one("#people", OptionList)
        option = people.highlighted_option
        who = str(option.id) if option else "form"
        self.app.push_screen(
            PastedOrderForm(
                self._place,
                self.pasted,
                customer=int(who[1:]) if who.startswith("c") else None,
                new_customer=who == "new",
                saved=self._saved,
            )
        )

    def _saved(self) -> None:
        if desk := self._place.desk:
            desk.memory.pop(REMEMBERED, None)
        self.dismiss()

    def action_read_on(self, pages: int) -> None:
        """Scroll what was understood, without leaving the text."""
        read = self.query_one("#read", VerticalScroll)
        read.scroll_relative(y=pages * max(read.size.height - 1, 1), animate=False)

    def action_template(self) -> None:
        """Copy the empty form."""
        copy_template(self._place)


def copy_template(place: Frame) -> None:
    """Copy the empty form for a customer to fill in, also through SSH."""
    from crm_tui.services.paste.vocabulary import template

    place.app.copy_to_clipboard(template(current_language()))
    place.say(_("An empty order form was copied."))


# On a worker thread


def _draft(text: str, work: ReadWork) -> PastedOrder:
    from crm_tui.services.paste.drafting import draft

    return draft(work, text)
