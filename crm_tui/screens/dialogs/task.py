"""The forms about tasks: a new one, how one ended, until when it rests, who has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.core.words import TaskKind
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.screens.dialogs.order_forms import word_field
from crm_tui.screens.person_sections import task_cells, task_columns, task_tone
from crm_tui.widgets.form import Field, Suggestion
from crm_tui.widgets.record_table import MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.tasks.reads import TaskRow

ReadTime = Callable[[str], datetime]
"""Reads a time as people say it; raises ``CrmError``."""
USUAL_TIMES = (
    N_("+10min"),
    N_("+30min"),
    N_("+1h"),
    N_("+3h"),
    N_("tomorrow 12:00"),
    N_("tomorrow 18:00"),
    N_("+3d"),
)


def _among(words: Sequence[str]) -> Callable[[str], Sequence[Suggestion]]:
    def suggest(typed: str) -> Sequence[Suggestion]:
        return [Suggestion(word, word) for word in words if fold(typed) in fold(word)]

    return suggest


def _time_field(name: str, label: str, read: ReadTime, *, required: bool = False) -> Field:
    usual = [_(each) for each in USUAL_TIMES]

    def suggest(typed: str) -> Sequence[Suggestion]:
        return [Suggestion(each, read(each)) for each in usual if fold(typed) in fold(each)]

    hint = _("+2h, tomorrow 18:00, 2026-09-22 18:00")
    return Field(name, label, parse=read, hint=hint, required=required, suggest=suggest)


def new_task_dialog(
    target: str, order_no: str, logins: Sequence[str], read: ReadTime, submit: Submit
) -> FormDialog:
    """Values: ``title``, ``due`` (UTC), ``why``, ``kind``, ``owner`` (login), ``order``."""
    fields = (
        Field("title", _("To do"), required=True),
        _time_field("due", _("Due"), read),
        Field("why", _("Why")),
        word_field("kind", _("Kind"), TaskKind, initial=TaskKind.FOLLOW_UP, required=True),
        Field("owner", _("Owner"), hint=_("you, if left empty"), suggest=_among(logins)),
        Field("order", _("Order"), initial=order_no),
    )
    return FormDialog(_("New task"), target, fields, submit)


def close_dialog(title: str, task: ToDo, label: str, submit: Submit) -> FormDialog:
    """Values: ``said``, or None."""
    return FormDialog(title, task.title, (Field("said", label),), submit, effect=_effect(task))


def snooze_dialog(task: ToDo, read: ReadTime, submit: Submit) -> FormDialog:
    """Values: ``until`` (UTC)."""
    field = _time_field("until", _("Until"), read, required=True)
    return FormDialog(_("Snooze"), task.title, (field,), submit)


def hand_over_dialog(task: ToDo, logins: Sequence[str], submit: Submit) -> FormDialog:
    """Values: ``owner`` (login)."""
    field = Field("owner", _("Owner"), required=True, suggest=_among(logins))
    return FormDialog(_("Hand over"), task.title, (field,), submit, effect=_effect(task))


def _effect(task: ToDo) -> str:
    """Why it is to be done, and who has it."""
    has_it = _("{owner} has it now.").format(owner=task.owner) if task.owner else ""
    return " · ".join(filter(None, (task.why, has_it)))


class ToDo(Protocol):
    """What these forms are about: a task, or something else that waits."""

    @property
    def title(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def owner(self) -> str | None: ...


class PickTask(ModalScreen["TaskRow | None"]):
    """Which of several open tasks is meant."""

    DEFAULT_CSS = "PickTask { align: center middle; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, title: str, rows: Sequence[TaskRow], now: datetime) -> None:
        super().__init__()
        self._title = title
        self.source: MemorySource[TaskRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: task_cells(row, now),
            tone=lambda row: task_tone(row, now),
        )
        self.source.replace(rows)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(_("Enter chooses, Esc leaves"))
        with box:
            yield RecordTable(task_columns(), self.source, empty=_("Nothing to do for them."))

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.dismiss(self.source.get(event.key))
