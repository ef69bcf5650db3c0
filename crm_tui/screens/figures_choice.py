"""A dialog that offers a few things by name; one of them is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from crm_tui.core.language import _
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

EVERYTHING = 0
"""Stands for the choice that narrows to nothing."""
Choice = tuple[int | str, str]
"""What stands for a thing, and its name."""


class ChoiceDialog(ModalScreen[Choice | None]):
    """Answers what was chosen; begins on the one ``now`` in force."""

    DEFAULT_CSS = "ChoiceDialog { align: center middle; } ChoiceDialog .dialog { max-width: 50; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, title: str, offered: Sequence[Choice], now: int | str) -> None:
        super().__init__()
        self._title, self._now = title, now
        self.source: MemorySource[Choice] = MemorySource(
            key=lambda each: each[0], cells=lambda each: (shown(each[1]),)
        )
        self.source.replace(offered)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(_("Enter takes, Esc leaves"))
        with box:
            yield RecordTable((Column("name", self._title, 20, grow=1),), self.source)

    def on_mount(self) -> None:
        self.query_one(RecordTable).move_to(self._now)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.dismiss(self.source.get(event.key))
