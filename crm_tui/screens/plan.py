"""``P``: the plan for all that waits, applied with a verdict for each order, undone by ``u``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.desk import LongUndo
from crm_tui.screens.dialogs.plan import PlanDialog
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tui.screens.desk import Desk
    from crm_tui.screens.dialogs.plan import Chosen
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.dispatch.plan import Plan
    from crm_tui.services.dispatch.plan_actions import Applies, Verdict
    from crm_tui.storage.store import ReadWork


def _make(work: ReadWork) -> tuple[Plan, Applies]:
    from crm_tui.services.dispatch import plan_actions, plan_reads

    return plan_reads.make(work), plan_actions.applies(work)


class PlanCommands(ConsoleScreen):
    """Plans all waiting orders at once."""

    def dispatch_plan(self) -> None:
        desk = self.desk
        if desk is None:
            return
        dialog = PlanDialog()

        def failed(error: CrmError) -> None:
            dialog.dismiss()
            self.say(error.message(), "error")

        self.open_dialog(dialog, partial(self._apply_plan, desk))
        self.read(_make, lambda made: dialog.show(*made), group="plan", failed=failed)

    def _apply_plan(self, desk: Desk, chosen: Chosen) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.dispatch import plan_actions

        title = _("Plan")

        def work(tell: Tell) -> list[Verdict]:
            return plan_actions.apply(desk.store, desk.actor, chosen.planned, chosen.how, tell)

        def applied(answer: list[Verdict] | CrmError) -> None:
            if not isinstance(answer, CrmError) and any(not each.code for each in answer):
                desk.remember(LongUndo(title, partial(self._undo_plan, desk, answer)))
            self._tell_verdicts(title, answer)

        self.open_dialog(ProgressDialog(title, work, len(chosen.planned)), applied)

    def _undo_plan(self, desk: Desk, verdicts: Sequence[Verdict]) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.dispatch import plan_actions

        said = _("Undone: {what}").format(what=_("Plan"))

        def work(tell: Tell) -> list[Verdict]:
            return plan_actions.undo(desk.store, desk.actor, verdicts, tell)

        self.open_dialog(ProgressDialog(said, work), partial(self._tell_verdicts, said))

    def _tell_verdicts(self, title: str, answer: list[Verdict] | CrmError) -> None:
        """What became of it: in a line, or where an order was refused, each with the reason."""
        from crm_tui.screens.dialogs.text import TextDialog

        if isinstance(answer, CrmError):
            self.say(answer.message(), "warning")
            return
        refused = [each for each in answer if each.code]
        if refused:
            lines = [
                shown(f"{each.no} {', '.join(each.companions)}: {each.why}") for each in refused
            ]
            text = Content("\n").join([Content.styled(counted(answer), "bold"), *lines])
            self.app.push_screen(TextDialog(title, text))
        else:
            self.say(f"{title}: {counted(answer)}")


def counted(verdicts: Sequence[Verdict]) -> str:
    """How many of each verdict there are, in a line."""
    from crm_tui.services.dispatch.plan_actions import Done

    numbers = {done: sum(each.done is done for each in verdicts) for done in Done}
    told = [f"{done.label} {number}" for done, number in numbers.items() if number]
    return " · ".join(told) or _("Nothing was done.")
