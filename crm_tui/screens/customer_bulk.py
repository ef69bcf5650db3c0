"""One action on many customers: the marked ones, or all that the line shows (N6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError, Invalid
from crm_tui.core.language import _, ngettext
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.customer_listing import condition_of
from crm_tui.screens.exporting import ListShown
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.screens.desk import Desk
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.bulk.rules import BulkAction, Report
    from crm_tui.storage.store import ReadWork

Judged = tuple[Sequence[int], "Report"]
"""Whom an action would be done to, and what would become of them."""


def _ids(shown: ListShown, actor: Actor, work: ReadWork) -> Sequence[int]:
    """All customers that the list shows, also those that are not in memory."""
    from crm_tui.services.customers import listing

    if shown.ids is not None:
        return shown.ids
    return list(listing.ids(work, condition_of(shown.filter, actor, work)))


def _action(values: dict[str, Any]) -> BulkAction:
    """What was asked for in the form. Raises :class:`Invalid`."""
    from crm_tui.services.bulk.owning import Owning
    from crm_tui.services.bulk.tagging import Tagging

    tags, owner = str(values.get("tags") or ""), str(values.get("owner") or "")
    if bool(tags.strip()) is bool(owner.strip()):
        raise Invalid(field="tags", value=tags, expected=_("either tags or an owner"))
    return Tagging.of(tags.split()) if tags.strip() else Owning(owner.strip())


class BulkCommands(CustomerInHand):
    """Changes many customers: tried first, then done with progress, undone by ``u``."""

    def bulk_change(self, tags: str = "") -> None:
        shown, desk = self.shown_list(), self.desk
        if shown is None or desk is None or not shown.count:
            self.say(_("Nobody is shown."), "warning")
            return
        if tags:
            try:
                self._judge_many(shown, desk, _action({"tags": tags}))
            except CrmError as error:
                self.say(error.message(), "warning")
            return
        self._ask_many(shown, desk)

    def _ask_many(self, shown: ListShown, desk: Desk) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            try:
                action = _action(values)
            except CrmError as error:
                dialog.failed(error)
                return
            dialog.dismiss()
            self.call_later(self._judge_many, shown, desk, action)

        fields = [
            Field("tags", _("Tags"), hint="+VIP -trial"),
            Field("owner", _("Owner"), suggest=partial(_owners, desk), hint=_("-: nobody")),
        ]
        self.app.push_screen(FormDialog(_("Change"), _whom(shown), fields, submit))

    def _judge_many(self, shown: ListShown, desk: Desk, action: BulkAction) -> None:
        """First only see what would happen."""
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.bulk import actions

        def work(tell: Tell) -> Judged:
            ids = desk.read(partial(_ids, shown, desk.actor))
            return ids, actions.judge(desk.store, desk.actor, action, ids, tell)

        def judged(answer: Judged | CrmError) -> None:
            if isinstance(answer, CrmError):
                self.say(answer.message(), "warning")
            elif not answer[1].left:
                self._confirm_many(desk, action, *answer)

        self.open_dialog(ProgressDialog(action.title(), work, shown.count), judged)

    def _confirm_many(
        self, desk: Desk, action: BulkAction, ids: Sequence[int], report: Report
    ) -> None:
        from crm_tui.screens.dialogs.verdicts import VerdictDialog

        def answered(go_on: bool | None) -> None:
            if go_on:
                self._run_many(desk, action, ids)

        self.app.push_screen(VerdictDialog(action.title(), report, ask=True), answered)

    def _run_many(self, desk: Desk, action: BulkAction, ids: Sequence[int]) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.bulk import actions

        def work(tell: Tell) -> Report:
            return actions.run(desk.store, desk.actor, action, ids, progress=tell)

        def ran(answer: Report | CrmError) -> None:
            from crm_tui.screens.desk import LongUndo

            if not isinstance(answer, CrmError):
                undo = partial(self._undo_many, desk, answer.token, action.title())
                desk.remember(LongUndo(action.title(), undo))
            self._tell_many(action.title(), answer)

        self.open_dialog(ProgressDialog(action.title(), work, len(ids)), ran)

    def _undo_many(self, desk: Desk, token: str, title: str) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.bulk import actions

        def work(tell: Tell) -> Report:
            return actions.undo(desk.store, desk.actor, token, progress=tell)

        said = _("Undone: {what}").format(what=title)
        self.open_dialog(ProgressDialog(said, work), partial(self._tell_many, said))

    def _tell_many(self, title: str, answer: Report | CrmError) -> None:
        """What became of it: in a line, or where somebody was left out, each with the reason."""
        from crm_tui.screens.dialogs.verdicts import VerdictDialog, counted

        if isinstance(answer, CrmError):
            self.say(answer.message(), "warning")
        elif answer.refusals or answer.left:
            self.app.push_screen(VerdictDialog(title, answer))
        else:
            self.say(f"{title}: {counted(answer)}")


def _whom(shown: ListShown) -> str:
    return ngettext("{count} customer", "{count} customers", shown.count).format(count=shown.count)


def _owners(desk: Desk, typed: str) -> list[Suggestion]:
    from crm_tui.services.operators.reads import logins

    found = desk.read(logins)
    return [Suggestion(login, login) for login in found if typed.strip() in login]
