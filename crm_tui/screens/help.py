"""``?``: everything that can be done here, with its key, its ``:`` word, and why not now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.language import _
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.text import fit, shown

if TYPE_CHECKING:
    from crm_tui.screens.base import ConsoleScreen
    from crm_tui.screens.console import Console

KEY_WIDTH = 10


class HelpScreen(ModalScreen[None]):
    """The commands of one place, fed from the registry."""

    DEFAULT_CSS = """
    HelpScreen .explained { padding-left: 11; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, place: ConsoleScreen) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        heading = _("Keys of this place: {place}").format(place=_(self._place.HEADING))
        box = VerticalScroll(
            *(row for command in self._commands() for row in self._rows(command)),
            id="help",
            classes="dialog tall",
        )
        box.border_title = Content(f"{heading} ")
        box.border_subtitle = Content(_("Esc closes"))
        yield box

    def action_scroll(self, lines: int) -> None:
        self.query_one("#help").scroll_relative(y=lines, animate=False)

    def _commands(self) -> list[Command]:
        hidden = {self._place.ON_CHOSEN}
        return [each for each in REGISTRY.at(self._place.PLACE) if each.id not in hidden]

    def _rows(self, command: Command) -> Iterator[Static]:
        """The key with what it does, and indented below it the rest."""
        keymap = cast("Console", self.app).keymap
        keys = " ".join(format_key(key) for key in REGISTRY.keys(command, keymap))
        if command.id == "table.choose" and self._place.ON_CHOSEN:
            command = REGISTRY[self._place.ON_CHOSEN]
        why = None if command.inner else self._place.why_not(command)
        heading = Content.assemble(
            (fit(keys, KEY_WIDTH) + " ", "bold $text-accent"),
            (_(command.title), "$text-disabled" if why else "bold"),
            (f"  {command.usage()}", "$text-accent"),
        )
        yield Static(heading, markup=False)
        if command.help:
            yield Static(Content(_(command.help)), markup=False, classes="explained")
        if why:
            yield Static(shown(why, "$text-warning"), markup=False, classes="explained")
