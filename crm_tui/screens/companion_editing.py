"""Adding, editing and retiring companions, their schedule and their credit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.screens import companion_form as forms
from crm_tui.screens import companion_writes as writes
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.companion_schedule import Scheduled, ScheduleDialog, scheduled
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.roster_list import RosterList
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.storage.store import UnitOfWork


def _add(values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.companions import actions
    from crm_tui.services.companions.rules import NewCompanion, Skill

    given = forms.given(values)
    new = NewCompanion(
        nick=given["nick"],
        phone=given["phone"],
        gender=given["gender"],
        level_id=given["level_id"],
        rate_fen=given["rate_fen"],
        share_bp=given["share_bp"],
        skills=tuple(Skill(game, rank) for game, rank in given["skills"].items()),
        tags=tuple(given["tags"]),
        note=given["note"],
        custom={
            name.removeprefix("custom."): text
            for name, text in given.items()
            if name.startswith("custom.") and text
        },
    )
    return actions.add(work, new)


def _edit(
    companion_id: int, version: int | None, changes: dict[str, Any], work: UnitOfWork
) -> None:
    from crm_tui.services.companions.rules import Skill

    skills = changes.get("skills")
    if skills is not None:
        changes = changes | {"skills": [Skill(game, rank) for game, rank in skills.items()]}
    writes.edit(companion_id, version, changes, work)


class CompanionEdits(RosterList):
    """The commands that change what is known of a companion."""

    def companion_add(self) -> None:
        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(companion_id: int) -> None:
                dialog.dismiss()
                self.show_record(companion_id)

            done = _("Companion added")
            self.write(partial(_add, values), done, then=saved, failed=dialog.failed)

        self._ask_for(
            None, lambda found: FormDialog(_("Companion"), _("new"), forms.fields_of(found), save)
        )

    def companion_edit(self) -> None:
        row = self.companion()
        if row is None:
            return
        title = _("{no} changed").format(no=row.no)

        def form(found: forms.Asked) -> FormDialog:
            version = found.row.version if found.row else None

            def save(values: dict[str, Any], dialog: FormDialog) -> None:
                changed = forms.changes(found, values)
                if not changed:
                    dialog.dismiss()
                    return
                back = forms.opposite(found, changed)
                self.write(
                    partial(_edit, row.id, version, changed),
                    title,
                    undo=Undo(title, partial(_edit, row.id, None, back)) if back else None,
                    then=lambda _result: dialog.dismiss(),
                    failed=dialog.failed,
                )

            return FormDialog(_("Companion"), f"{row.no} {row.nick}", forms.fields_of(found), save)

        self._ask_for(row.id, form)

    def _ask_for(self, companion_id: int | None, form: Any) -> None:
        """Read what the form is made of, and show it."""
        if self.desk is not None:
            query = partial(forms.asked, companion_id, self.desk.actor.role)
            self.read(query, lambda found: self.app.push_screen(form(found)), group="form")

    def companion_retire(self) -> None:
        row = self.companion()
        if row is None:
            return
        done = _("{companion} has left the roster").format(companion=row.nick)

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(writes.retire, row.id, values["reason"]),
                done,
                undo=Undo(done, partial(writes.take_back, row.id)),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        effect = _("No more orders for {companion}; what they did stays.").format(
            companion=row.nick
        )
        fields = (Field("reason", _("Reason"), required=True),)
        target = f"{row.no} {row.nick}"
        self.app.push_screen(FormDialog(_("Leaves"), target, fields, save, effect=effect))

    def companion_hours(self) -> None:
        row = self.companion()
        if row is None:
            return
        title = _("{companion}: schedule changed").format(companion=row.nick)

        def save(found: Scheduled, values: dict[str, Any], dialog: FormDialog) -> None:
            act, back = found.changed(row.id, values)
            self.write(
                act,
                title,
                undo=Undo(title, back),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        def show(found: Scheduled) -> None:
            target = f"{row.no} {row.nick}"
            self.app.push_screen(ScheduleDialog(target, found, partial(save, found)))

        self.read(partial(scheduled, row.id, row.store_id), show, group="form")

    def companion_correct(self) -> None:
        row = self.companion()
        if row is None:
            return
        title = _("{companion}: credit corrected").format(companion=row.nick)

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(moved: int) -> None:
                dialog.dismiss()
                if moved:
                    back = partial(writes.correct, row.id, -moved, _("undone"))
                    self.remember(Undo(title, back))
                else:
                    self.say(_("The credit stands at its bound: nothing was moved."), "warning")

            act = partial(writes.correct, row.id, values["points"], values["reason"])
            self.write(act, title, then=saved, failed=dialog.failed)

        fields = (
            Field("points", _("Points"), int, _("such as 5 or -5"), required=True),
            Field("reason", _("Reason"), required=True),
        )
        effect = _("The credit is {credit}.").format(credit=row.credit)
        target = f"{row.no} {row.nick}"
        self.app.push_screen(FormDialog(_("Credit"), target, fields, save, effect=effect))

    def remember(self, undo: Undo) -> None:
        """Let ``undo`` be what ``u`` takes back next."""
        if self.desk is not None:
            self.desk.remember(undo)
