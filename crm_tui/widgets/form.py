"""Labelled fields that say what is wrong while one types, and offer what is known.

What was typed stays, whatever fails: a form only ever adds messages beside its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.widgets.entry import Entry, enterable
from crm_tui.widgets.text import Cell, as_content, shown

SUGGESTIONS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something known that fits what was typed: ``text`` goes into the field, ``key`` is meant."""

    text: str
    key: Any
    label: Cell = ""
    goes_on: bool = False
    """Taking it does not settle the field: one types on after it, as in a folder's name."""


def as_typed(text: str) -> Any:
    """The parser of a field that takes any text."""
    return text


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    ``parse`` turns the text into the value; it raises ``CrmError`` (whose message is shown) or
    ``ValueError`` (then ``hint`` is shown). ``suggest`` is called on a worker thread with what was
    typed; when ``must_pick``, only what it suggested is a value, by its key; when ``at_once``, it
    is asked as soon as the empty field is entered.
    """

    name: str
    label: str
    parse: Callable[[str], Any] = as_typed
    hint: str = ""
    required: bool = False
    initial: str = ""
    suggest: Callable[[str], Sequence[Suggestion]] | None = None
    must_pick: bool = False
    at_once: bool = False

    @property
    def is_prose(self) -> bool:
        """Text that one goes on writing; any other value gives way to the next one typed."""
        return self.parse is as_typed and not self.must_pick


class FieldRow(Vertical):
    """A field: label, input, message beside it, and suggestions below while typing."""

    DEFAULT_CSS = """
    FieldRow {
        height: auto;
        & > Horizontal { height: auto; }
        & Label { width: 14; color: $text-muted; }
        & Input { width: 2fr; max-width: 48; }
        & .message { width: 1fr; min-width: 12; height: auto; padding-left: 1; color: $text-muted; }
        & .message.wrong { color: $text-error; }
        & OptionList {
            display: none; margin-left: 14; width: 2fr; max-width: 56; height: auto;
            max-height: 6; border: none; padding: 0; text-wrap: nowrap; text-overflow: ellipsis;
        }
        & OptionList.open { display: block; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "walk(1)", N_("Next suggestion"), show=False, id="field.down"),
        Binding("up", "walk(-1)", N_("Suggestion before"), show=False, id="field.up"),
        Binding("escape", "close", N_("Close the suggestions"), show=False, id="field.close"),
    ]

    class Settled(Message):
        """Enter in the field, with no suggestion left to take."""

        def __init__(self, row: FieldRow) -> None:
            super().__init__()
            self.row = row

    class Edited(Message):
        """Something else stands in the field now."""

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.field = field
        self.picked: Suggestion | None = None
        self._suggestions: list[Suggestion] = []
        self._touched = bool(field.initial)
        self._asked_for = False
        """The suggestions were asked for by key, and did not come by themselves."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            label = self.field.label + (" *" if self.field.required else "")
            yield Label(shown(label))
            yield Entry(self.field.initial, compact=True, select_on_focus=not self.field.is_prose)
            yield Label(shown(self.field.hint), classes="message")
        yield OptionList(markup=False, compact=True)

    @property
    def text(self) -> str:
        """What is typed in the field."""
        return self.query_one(Input).value

    def value(self) -> Any:
        """The field's value; ``None`` for an empty one. Raises ``CrmError`` or ``ValueError``."""
        text = self.text.strip()
        if self.picked is not None and self.picked.text == self.text:
            return self.picked.key
        if not text:
            if self.field.required:
                raise ValueError(_("needed"))
            return None
        if self.field.must_pick:
            raise ValueError(_("choose one of the suggestions"))
        return self.field.parse(text)

    def fill(self, text: str, picked: Suggestion | None = None) -> None:
        """Put ``text`` into the field, meaning ``picked`` where it was chosen."""
        entry = self.query_one(Entry)
        with entry.prevent(Input.Changed):
            entry.value = text
        entry.cursor_position = len(entry.value)
        self.picked = replace(picked, text=entry.value) if picked else None
        self._touched = True
        self.close_suggestions()
        self.check()
        self.post_message(self.Edited())

    def check(self) -> bool:
        """Say beside the field what is wrong with it; ``True`` when nothing is."""
        try:
            self.value()
        except CrmError as error:
            self.say(error.message(), wrong=True)
        except ValueError as error:
            nothing_typed = not self.text.strip() or self.field.must_pick
            self.say(str(error) if nothing_typed else self.field.hint, wrong=True)
        else:
            self.say(self.field.hint, wrong=False)
            return True
        return False

    def say(self, message: str, *, wrong: bool) -> None:
        """Show ``message`` beside the field."""
        label = self.query_one(".message", Label)
        label.update(shown(("! " if wrong else "") + message))
        label.set_class(wrong, "wrong")

    # Suggestions

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.picked = None
        self._touched = self._touched or bool(event.value)
        if self._touched:
            self.check()
        self._ask(event.value)
        self.post_message(self.Edited())

    def _ask(self, text: str) -> None:
        suggest = self.field.suggest
        if suggest is not None:
            ask = partial(suggest, text)
            self.run_worker(lambda: list(ask()), thread=True, exclusive=True, group="suggest")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Suggestions are there; only the newest question's answer arrives."""
        event.stop()
        if event.state is WorkerState.SUCCESS and event.worker.group == "suggest":
            self._offer(event.worker.result or [])

    def _offer(self, suggestions: list[Suggestion]) -> None:
        self._suggestions = suggestions[: 5 * SUGGESTIONS_SHOWN]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(as_content(one.label or one.text)) for one in self._suggestions)
        wanted = bool(self._suggestions) and self.query_one(Input).has_focus
        options.set_class(wanted and self.picked is None, "open")
        texts = [enterable(one.text) for one in self._suggestions]
        same = texts.index(self.text) if self.text in texts else 0
        options.highlighted = same if texts and (self.text or self._asked_for) else None

    @property
    def _open(self) -> bool:
        return self.query_one(OptionList).has_class("open")

    def close_suggestions(self) -> None:
        """Hide the suggestions."""
        self.workers.cancel_group(self, "suggest")
        self._asked_for = False
        self.query_one(OptionList).remove_class("open")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Up, down and escape belong to the suggestions only while these are open."""
        if action == "close" or (action == "walk" and self.field.suggest is None):
            return self._open
        return True

    def action_walk(self, step: int) -> None:
        """Move among the suggestions; down in an empty field asks for them."""
        options = self.query_one(OptionList)
        if not self._open:
            self._asked_for = True
            self._ask(self.text)
        elif step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_close(self) -> None:
        """Hide the suggestions and keep what was typed."""
        self.close_suggestions()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        highlighted = self.query_one(OptionList).highlighted
        if self._open and highlighted is not None:
            self._take(highlighted)
        else:
            self.post_message(self.Settled(self))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_index)
        self.query_one(Input).focus()

    def _take(self, index: int) -> None:
        suggestion = self._suggestions[index]
        if suggestion.goes_on:
            self.fill(suggestion.text)
            self._ask(suggestion.text)
            return
        self.fill(suggestion.text, suggestion)
        self.post_message(self.Settled(self))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if self.field.at_once and isinstance(event.widget, Input) and not self.text:
            self._ask("")

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        if not self.query_one(OptionList).has_focus:
            self.close_suggestions()


class Form(VerticalScroll):
    """Fields one below the other. Enter goes on to the next; in the last it submits."""

    DEFAULT_CSS = "Form { height: auto; max-height: 1fr; } "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", N_("Save"), id="form.submit"),
    ]

    class Submitted(Message):
        """Every field is right; ``values`` by field name, ``None`` where nothing was typed."""

        def __init__(self, form: Form, values: dict[str, Any]) -> None:
            super().__init__()
            self.form = form
            self.values = values

        @property
        def control(self) -> Form:
            """The form, for ``@on(..., "#id")``."""
            return self.form

    def __init__(self, fields: Sequence[Field], *, id: str | None = None) -> None:
        super().__init__(*(FieldRow(field) for field in fields), id=id, can_focus=False)

    @property
    def rows(self) -> list[FieldRow]:
        """The fields' rows, in order."""
        return list(self.query(FieldRow))

    def row(self, name: str) -> FieldRow:
        """The row of the field ``name``."""
        return self.query_one(f"#field-{name}", FieldRow)

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Say beside each named field what was wrong with it, and go to the first."""
        for name, message in errors.items():
            self.row(name).say(message, wrong=True)
        for row in self.rows:
            if row.field.name in errors:
                row.query_one(Input).focus()
                break

    @on(FieldRow.Settled)
    def _settled(self, message: FieldRow.Settled) -> None:
        message.stop()
        rows = self.rows
        place = rows.index(message.row)
        if place + 1 < len(rows):
            rows[place + 1].query_one(Input).focus()
        else:
            self.action_submit()

    def action_submit(self) -> None:
        """Hand over the values if every field is right, else go to the first that is not."""
        wrong = [row for row in self.rows if not row.check()]
        if wrong:
            wrong[0].query_one(Input).focus()
            return
        for row in self.rows:
            row.close_suggestions()
        values = {row.field.name: row.value() for row in self.rows}
        self.post_message(self.Submitted(self, values))
