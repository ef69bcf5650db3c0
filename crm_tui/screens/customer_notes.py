"""Notes and tasks of the customer who is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.screens import contact_writes as writes
from crm_tui.screens.contacts import About, ContactScreen
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.desk import Undo

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.tasks.reads import TaskRow
    from crm_tui.storage.store import UnitOfWork

Action = Callable[["UnitOfWork"], object]


class NoteCommands(CustomerInHand, ContactScreen):
    """``i`` notes, ``T`` adds a task; the other keys act on the task under the cursor, or ask."""

    def task_in_hand(self) -> TaskRow | None:
        """The open task under the cursor, on a screen that shows tasks."""
        return None

    def _about(self) -> About | None:
        customer = self.customer_in_hand()
        return About(customer.id, customer.nick) if customer else None

    def customer_note(self) -> None:
        if about := self._about():
            self.take_note(about)

    def customer_notes(self) -> None:
        self.show_note(None)

    def show_note(self, note_id: int | None) -> None:
        """List the customer's notes, the cursor on this one, or on the newest."""
        if about := self._about():
            self.show_notes(about, note_id)

    def customer_task(self) -> None:
        if about := self._about():
            self.take_task(about)

    def customer_task_done(self) -> None:
        from crm_tui.screens.dialogs.task import close_dialog

        def ask(task: TaskRow) -> None:
            def save(values: dict[str, Any], dialog: FormDialog) -> None:
                action = partial(writes.finish_task, task.id, values["said"] or "")
                opposite = partial(writes.reopen_task, task.id)
                self._act_on_task(action, _("Done: {title}"), task, dialog, opposite)

            self.app.push_screen(close_dialog(_("Task done"), task, _("Outcome"), save))

        self.with_task(ask)

    def customer_task_drop(self) -> None:
        from crm_tui.screens.dialogs.task import close_dialog

        def ask(task: TaskRow) -> None:
            def save(values: dict[str, Any], dialog: FormDialog) -> None:
                action = partial(writes.drop_task, task.id, values["said"] or "")
                opposite = partial(writes.reopen_task, task.id)
                self._act_on_task(action, _("Dropped: {title}"), task, dialog, opposite)

            self.app.push_screen(close_dialog(_("Drop task"), task, _("Why not"), save))

        self.with_task(ask)

    def customer_task_snooze(self) -> None:
        from crm_tui.screens.dialogs.task import snooze_dialog

        def ask(task: TaskRow) -> None:
            def save(values: dict[str, Any], dialog: FormDialog) -> None:
                action = partial(writes.snooze_task, task.id, values["until"])
                opposite = partial(writes.unsnooze_task, task)
                self._act_on_task(action, _("Rests: {title}"), task, dialog, opposite)

            self.app.push_screen(snooze_dialog(task, self.read_due, save))

        self.with_task(ask)

    def customer_task_hand_over(self) -> None:
        def ask(task: TaskRow) -> None:
            self.read(writes.logins, partial(self._ask_owner, task), group="target")

        self.with_task(ask)

    def _ask_owner(self, task: TaskRow, logins: list[str]) -> None:
        from crm_tui.screens.dialogs.task import hand_over_dialog

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            action = partial(writes.hand_over_task, task.id, values["owner"])
            opposite = partial(writes.hand_over_task, task.id, task.owner)
            self._act_on_task(action, _("Handed over: {title}"), task, dialog, opposite)

        self.app.push_screen(hand_over_dialog(task, logins, save))

    def with_task(self, then: Callable[[TaskRow], object]) -> None:
        """Call ``then`` with the task under the cursor, the only open one, or the one chosen."""
        about, task = self._about(), self.task_in_hand()
        if task is not None:
            then(task)
        elif about is not None:
            ask = partial(writes.open_tasks, about.customer_id)
            self.read(ask, partial(self._choose_task, about, then), group="target")

    def _choose_task(
        self, about: About, then: Callable[[TaskRow], object], tasks: list[TaskRow]
    ) -> None:
        from crm_tui.screens.dialogs.task import PickTask

        if not tasks:
            says = _("There is nothing to do for {nick}. T adds a task.")
            self.say(says.format(nick=about.nick), "warning")
        elif len(tasks) == 1:
            then(tasks[0])
        elif self.desk is not None:
            title = _("Which task of {nick}?").format(nick=about.nick)
            self.open_dialog(PickTask(title, tasks, self.desk.now()), then)

    def _act_on_task(
        self, action: Action, done: str, task: TaskRow, dialog: FormDialog, opposite: Action
    ) -> None:
        """Do it, say so, close the dialog, and let ``u`` take it back."""
        title = done.format(title=task.title)
        self.write(
            action,
            title,
            undo=Undo(title, opposite),
            then=lambda _result: dialog.dismiss(),
            failed=dialog.failed,
        )
