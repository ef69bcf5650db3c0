"""Notes and tasks taken down by one key, wherever somebody is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _, joined
from crm_tui.core.words import ContactChannel, ContactDirection
from crm_tui.screens import contact_writes as writes
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.desk import Undo

if TYPE_CHECKING:
    from crm_tui.screens.contact_writes import Paper
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.note import Draft
    from crm_tui.services.attachments.folder import KeptFile
    from crm_tui.services.interactions.reads import InteractionRow

DRAFTS, CHANNEL, DIRECTION, FOLDER = "note.drafts", "note.channel", "note.direction", "note.folder"
"""What the desk remembers of notes."""


@dataclass(frozen=True, slots=True)
class About:
    """Whom a note or task is about, and the order it came up with."""

    customer_id: int
    nick: str
    order_id: int | None = None
    order_no: str = ""

    @property
    def title(self) -> str:
        """As dialogs name it."""
        return " ".join(filter(None, (self.nick, self.order_no)))


class ContactScreen(ConsoleScreen):
    """A screen from which notes and tasks are taken down."""

    # Notes

    def take_note(self, about: About) -> None:
        """Open the form of a note, with what was typed before and not saved."""
        desk = self.desk
        if desk is None:
            return
        ask = partial(writes.paper, about.customer_id, about.order_id, desk.actor.login)
        self.read(ask, partial(self._open_note, about), group="target")

    def _open_note(self, about: About, paper: Paper) -> None:
        from crm_tui.screens.dialogs.note import NoteDialog, note_fields

        draft: Draft = self._drafts.get(about.customer_id, {})
        channel = paper.channel or self._memory.get(CHANNEL, ContactChannel.WECHAT)
        direction = self._memory.get(DIRECTION, ContactDirection.NOTE)
        fields = note_fields(paper, channel, direction, about.order_no, draft)
        self.app.push_screen(
            NoteDialog(
                _("Note"),
                about.title,
                fields,
                partial(self._save_note, about),
                keep=partial(self._keep_draft, about),
                effect=_("As you left it.") if draft else "",
            )
        )

    @property
    def _memory(self) -> dict[str, Any]:
        return self.desk.memory if self.desk else {}

    @property
    def _drafts(self) -> dict[int, Draft]:
        drafts: dict[int, Draft] = self._memory.setdefault(DRAFTS, {})
        return drafts

    def _keep_draft(self, about: About, typed: Draft) -> None:
        """What was typed stays with the customer until it is saved, or emptied."""
        if typed["summary"].strip() or typed["files"].strip():
            self._drafts[about.customer_id] = typed
            self.say(_("Kept what you typed for {nick}.").format(nick=about.nick))
        else:
            self._drafts.pop(about.customer_id, None)

    def _save_note(self, about: About, values: dict[str, Any], dialog: FormDialog) -> None:
        write = partial(self._write_note, about, values, dialog)
        if files := values["files"]:
            self.read(partial(writes.take_in, files), write, group="files", failed=dialog.failed)
        else:
            write(())

    def _write_note(
        self,
        about: About,
        values: dict[str, Any],
        dialog: FormDialog,
        files: tuple[KeptFile, ...],
    ) -> None:
        def saved(note_id: int) -> None:
            dialog.dismiss()
            self._drafts.pop(about.customer_id, None)
            self._memory.update({CHANNEL: values["channel"], DIRECTION: values["direction"]})
            self.undoable(done, partial(writes.remove_note, note_id))

        done = _("Noted about {nick}").format(nick=about.nick)
        action = partial(writes.note, about.customer_id, values, files)
        self.write(action, done, then=saved, failed=dialog.failed)

    def undoable(self, title: str, opposite: Callable[..., object]) -> None:
        """Let ``u`` do ``opposite`` next; for what is known only once it has been done."""
        if self.desk is not None:
            self.desk.remember(Undo(title, opposite))

    def show_notes(self, about: About, at: int | None = None) -> None:
        """List the notes about a customer, the cursor on the note ``at``."""
        from crm_tui.screens.dialogs.notes import NotesDialog

        def read(then: Callable[[Sequence[InteractionRow]], object]) -> None:
            self.read(partial(writes.notes, about.customer_id), then, group="notes")

        if self.console.studio is not None:
            title = _("Notes about {nick}").format(nick=about.nick)
            self.app.push_screen(NotesDialog(title, self.console.studio, self, read, at))

    def edit_note(self, row: InteractionRow, done: Callable[[], object]) -> None:
        """Open the form of a note that is there."""
        from crm_tui.screens.dialogs.form_dialog import FormDialog
        from crm_tui.screens.dialogs.note import edit_fields

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(_result: object) -> None:
                dialog.dismiss()
                done()

            changes = {name: "" if value is None else value for name, value in values.items()}
            title = _("Note changed")
            undo = Undo(title, partial(writes.unedit_note, row))
            action = partial(writes.edit_note, row, changes)
            self.write(action, title, undo=undo, then=saved, failed=dialog.failed)

        self.app.push_screen(FormDialog(_("Note"), f"#{row.id}", edit_fields(row), save))

    def remove_note(self, row: InteractionRow, done: Callable[[], object]) -> None:
        """Take a note away; ``u`` brings it back, its files too."""
        title = _("Note #{id} removed").format(id=row.id)

        def removed(was: InteractionRow) -> None:
            self.undoable(title, partial(writes.restore_note, was))
            done()

        self.write(partial(writes.remove_note, row.id), title, then=removed)

    def save_files(self, row: InteractionRow) -> None:
        """Ask where to, and write the note's files out."""
        from crm_tui.screens.dialogs.form_dialog import FormDialog
        from crm_tui.widgets.form import Field

        if not row.attachments:
            self.say(_("This note has no files."), "warning")
            return

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(files: list[Path]) -> None:
                dialog.dismiss()
                self._memory[FOLDER] = values["to"]
                self.say(_("Saved: {files}").format(files=joined(files)))

            to = Path(values["to"]).expanduser()
            self.read(partial(writes.save_files, row, to), saved, failed=dialog.failed)

        names = joined(file.name for file in row.attachments)
        folder = str(self._memory.get(FOLDER, "~"))
        to = Field("to", _("Folder"), required=True, initial=folder)
        self.app.push_screen(FormDialog(_("Save files"), names, (to,), save))

    # Tasks

    def read_due(self, text: str) -> datetime:
        """Until when ``text`` means, by the studio's clock. Raises ``CrmError``."""
        assert self.desk is not None and self.console.studio is not None
        return writes.due(text, self.desk.now(), self.console.studio.calendar)

    def take_task(self, about: About | None) -> None:
        """Open the form of a new task; of the studio's own where it is about nobody."""
        self.read(writes.logins, partial(self._open_task, about), group="target")

    def _open_task(self, about: About | None, logins: list[str]) -> None:
        from crm_tui.screens.dialogs.task import new_task_dialog

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(task_id: int) -> None:
                dialog.dismiss()
                self.undoable(done, partial(writes.drop_task, task_id, ""))

            done = _("Task added for {nick}").format(nick=about.nick if about else values["title"])
            action = partial(writes.add_task, about.customer_id if about else None, values)
            self.write(action, done, then=saved, failed=dialog.failed)

        nick, order_no = (about.nick, about.order_no) if about else ("", "")
        self.app.push_screen(new_task_dialog(nick, order_no, logins, self.read_due, save))
