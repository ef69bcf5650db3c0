"""The line at the bottom for ``:`` commands and ``/`` filters, with completion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from crm_tui.widgets.entry import Entry
from crm_tui.widgets.text import shown

UNFINISHED = frozenset(":=<>/")
"""What a suggestion ends in that wants something after it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What the line may become: ``before`` stays, one of ``values`` follows."""

    before: str = ""
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a prompt is opened for."""

    sign: str
    """Stands before the line: ``:`` or ``/``."""
    submit: Callable[[str], None]
    complete: Callable[[str], Awaitable[Completion]]
    change: Callable[[str], None] | None = None
    """Told of every keystroke."""


class PromptInput(Entry):
    """One line of typing; Tab takes the suggestion, up and down choose it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
        Binding("escape", "close", show=False),
    ]

    @property
    def _prompt(self) -> Prompt:
        return self.query_ancestor(Prompt)

    def action_take(self) -> None:
        self._prompt.take()

    def action_choose(self, step: int) -> None:
        self._prompt.choose(step)

    def action_close(self) -> None:
        self._prompt.close()


class Prompt(Vertical):
    """Hidden until it is opened; closes on Enter and Escape."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._purpose: Purpose | None = None
        self._completion = Completion()
        self._focused_before: Widget | None = None

    def compose(self) -> ComposeResult:
        yield OptionList(markup=False, compact=True)
        with Horizontal():
            yield Static("", markup=False)
            yield PromptInput(compact=True, select_on_focus=False)

    @property
    def is_open(self) -> bool:
        """Whether a person is typing here."""
        return self._purpose is not None

    def open(self, purpose: Purpose, text: str = "") -> None:
        """Show the line with ``text`` in it and let the person type."""
        if not self.is_open:
            self._focused_before = self.screen.focused
        self._purpose = purpose
        self.display = True
        self.query_one(Static).update(Content(purpose.sign))
        line = self.query_one(PromptInput)
        line.value = text
        line.cursor_position = len(text)
        self.screen.set_focus(line)
        self._suggest(text)

    def close(self) -> None:
        """Hide the line; what it was opened for keeps what it has been told so far."""
        self._purpose = None
        self.display = False
        self._show(Completion())
        self.screen.set_focus(self._focused_before)

    def take(self) -> None:
        """Put the chosen suggestion, or the first, into the line."""
        if not self._completion.values:
            return
        chosen = self.query_one(OptionList).highlighted or 0
        line = self.query_one(PromptInput)
        value = self._completion.values[chosen]
        line.value = self._completion.before + value + ("" if value[-1:] in UNFINISHED else " ")
        line.cursor_position = len(line.value)

    def choose(self, step: int) -> None:
        """Move the choice among the suggestions."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if step > 0 else options.action_cursor_up()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._purpose is None:
            return
        if self._purpose.change:
            self._purpose.change(event.value)
        self._suggest(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        purpose, text = self._purpose, event.value
        self.close()
        if purpose:
            purpose.submit(text)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.take()
        self.query_one(PromptInput).focus()

    def _suggest(self, text: str) -> None:
        self.run_worker(self._find(text), group="suggest", exclusive=True)

    async def _find(self, text: str) -> None:
        if self._purpose is not None:
            self._show(await self._purpose.complete(text))

    def _show(self, completion: Completion) -> None:
        self._completion = completion
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([shown(value) for value in completion.values])
        options.highlighted = 0 if completion.values else None
        options.set_class(bool(completion.values), "-some")
