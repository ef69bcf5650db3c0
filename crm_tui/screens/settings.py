"""Settings: how this console looks, and what the studio agreed on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.config import THEMES
from crm_tui.core.errors import Invalid
from crm_tui.core.language import LANGUAGES, N_, _, current_language, joined
from crm_tui.core.settings import ROUNDING_RULES, parse_setting
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Undo
from crm_tui.screens.settings_page import SettingsPages
from crm_tui.widgets.form import Field, Suggestion
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.settings.reads import SettingRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

LANGUAGE, THEME = "console.language", "console.theme"
NAMES = {"zh": "中文", "en": "English"}
THEME_NAMES = {"dark": N_("dark"), "light": N_("light"), "ansi": N_("the terminal's own")}


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as it is shown: ``text`` is its value as one types it."""

    key: str
    meaning: str
    text: str
    default: str
    expected: str


def _in_force(work: ReadWork) -> list[SettingRow]:
    from crm_tui.services.settings import reads

    return reads.in_force(work)


def _set(key: str, text: str, work: UnitOfWork) -> None:
    from crm_tui.services.settings import actions

    actions.set_setting(work, key, text)


class SettingsScreen(SettingsPages):
    """Mode 8. Enter changes the setting under the cursor; wrong values are refused as one types."""

    PLACE = "settings"
    HEADING = N_("Settings")
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#settings"
    ON_CHOSEN = "setting.change"

    def __init__(self) -> None:
        super().__init__()
        self._of_studio: list[Line] = []
        self.source: MemorySource[Line] = MemorySource(key=lambda line: line.key, cells=_cells)

    def compose_body(self) -> ComposeResult:
        yield RecordTable(_columns(), self.source, empty=_("Reading …"), id="settings")
        yield Static(id="meaning", markup=False)

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#settings", RecordTable)

    def line(self) -> Line | None:
        """The setting under the cursor."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading

    def on_mount(self) -> None:
        self._show()
        self.watch(self.app, "theme", lambda _theme: self._show(), init=False)

    def reload(self) -> None:
        self.read(_in_force, self._take_over)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity == "setting" for event in events):
            self.reload()

    def _take_over(self, rows: list[SettingRow]) -> None:
        self._of_studio = [
            Line(row.key, row.meaning, _as_text(row.value), _as_text(row.default), row.expected)
            for row in rows
        ]
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        changed = self.source.replace([*self._of_console(), *self._of_studio])
        self._table.reload(changed)
        self._show_meaning()

    def _of_console(self) -> list[Line]:
        theme = self.app.current_theme
        colours = "ansi" if theme.ansi else "dark" if theme.dark else "light"
        return [
            Line(
                LANGUAGE,
                _("Language of this console"),
                current_language(),
                "",
                joined(LANGUAGES),
            ),
            Line(THEME, _("Colours of this console"), colours, THEMES[0], joined(THEMES)),
        ]

    @on(RecordTable.Highlighted, "#settings")
    def _show_meaning(self) -> None:
        line = self.line()
        text = ""
        if line is not None:
            text = _("{key}: {expected}").format(key=line.key, expected=line.expected)
            if line.default and line.default != line.text:
                text += " · " + _("without a setting: {default}").format(default=line.default)
        self.query_one("#meaning", Static).update(shown(text))

    # What the base asks

    def copy_text(self) -> str | None:
        line = self.line()
        return f"{line.key} {line.text}" if line else None

    def cursor_visit(self) -> Visit:
        line = self.line()
        return Visit(self.PLACE, line.key if line else None)

    def show_record(self, key: int | str) -> None:
        self._table.move_to(key)

    def why_not(self, command: Command) -> str | None:
        if command.id == "setting.change" and self.line() is None:
            return _("There is nothing under the cursor.")
        return super().why_not(command)

    # Commands

    def setting_set(self, key: str, text: str) -> None:
        self._apply(key, text)

    def setting_change(self) -> None:
        line = self.line()
        if line is None:
            return
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        key = line.key
        field = Field(
            "value",
            _("Value"),
            parse=partial(_checked, key),
            hint=line.expected,
            required=True,
            initial=line.text,
            suggest=_suggest(key),
        )

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            self._apply(key, str(values["value"]), dialog)

        self.app.push_screen(FormDialog(line.meaning, key, [field], submit))

    def _apply(self, key: str, text: str, dialog: FormDialog | None = None) -> None:
        """Let ``key`` be ``text``: the console's own at once, the studio's by a write."""
        if key in (LANGUAGE, THEME):
            if dialog is not None:
                dialog.dismiss()
            use = self.console.use_language if key == LANGUAGE else self.console.use_theme
            use(_checked(key, text))
            return
        before = next((line.text for line in self._of_studio if line.key == key), "")
        done = _("{key} is {value} now").format(key=key, value=text)
        self.write(
            partial(_set, key, text),
            done,
            undo=Undo(done, partial(_set, key, before)) if before else None,
            then=(lambda _result: dialog.dismiss()) if dialog else None,
            failed=dialog.failed if dialog else None,
        )


def _columns() -> tuple[Column, ...]:
    return (
        Column("meaning", _("Setting"), 30, grow=3, most=80),
        Column("value", _("Value"), 18, grow=1, most=60),
        Column("key", _("Name"), 28, priority=1),
    )


def _cells(line: Line) -> tuple[Cell, ...]:
    value = line.text
    if line.key == LANGUAGE:
        value = NAMES.get(value, value)
    elif line.key == THEME:
        value = _(THEME_NAMES.get(value, value))
    return shown(line.meaning), shown(value, "bold"), line.key


def _as_text(value: Any) -> str:
    """A setting's value as one types it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _checked(key: str, text: str) -> str:
    """``text``, if it is a value of ``key``. Raises ``Invalid`` and ``NotFound``."""
    own = {LANGUAGE: tuple(LANGUAGES), THEME: THEMES}.get(key)
    if own is None:
        parse_setting(key, text)
    elif text not in own:
        raise Invalid(field=key, value=text, expected=joined(own))
    return text


def _suggest(key: str) -> Callable[[str], Sequence[Suggestion]] | None:
    """What may be typed for ``key``, where it is one of a few."""
    if key == "store.timezone":
        from zoneinfo import available_timezones

        known: Sequence[str] = sorted(available_timezones())
    else:
        known = {
            LANGUAGE: tuple(LANGUAGES),
            THEME: THEMES,
            "orders.rounding": ROUNDING_RULES,
        }.get(key, ())
    if not known:
        return None

    def suggest(typed: str) -> list[Suggestion]:
        wanted = "" if typed in known else typed.casefold()
        return [Suggestion(each, each) for each in known if wanted in each.casefold()]

    return suggest
