"""The service of an order by key: it starts, stands still, changes hands, ends, goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.core.text import listed
from crm_tui.screens import order_writes as writes
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_in_hand import Companion, OrderInHand

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.orders.bill import Ending
    from crm_tui.services.orders.rows import OrderRow

WHY_RELEASED = (N_("companion can't come"), N_("customer wants somebody else"))
WHY_REOPENED = (N_("reported too early"), N_("they play on"))
Leaving = Callable[["OrderRow", int | None, str], object]
"""Gets the order, and the companion who is meant: the id, none where only one is, and the name."""


class ServiceCommands(OrderInHand):
    """``s`` starts, ``p`` pauses, ``d`` notes a lost connection, ``H`` hands over, ``f`` finishes,
    ``S`` takes a report back, ``R`` renews, ``w`` releases; ``K`` says that the customer is asked.
    """

    def order_start(self, no: str = "") -> None:
        self.simply(no, writes.start, _("started"))

    def order_pause(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            pause, resume = partial(writes.pause, row.no), partial(writes.resume, row.no)
            if row.paused:
                self.do(row, resume, _("resumed"), pause)
            else:
                self.do(row, pause, _("paused"), resume)

        self.with_order(no, begin)

    def order_disconnect(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            lost, back = partial(writes.disconnect, row.no), partial(writes.reconnect, row.no)
            if row.disconnected:
                self.do(row, back, _("connected again"), lost)
            else:
                self.do(row, lost, _("connection lost"), back)

        self.with_order(no, begin)

    def order_finish(self, no: str = "", minutes: str = "") -> None:
        from crm_tui.screens.dialogs.order_forms import finish_dialog

        def begin(row: OrderRow) -> None:
            def finished(minutes: int | None, dialog: FormDialog | None) -> None:
                action = partial(writes.finish, row.no, minutes)
                opposite = partial(writes.reopen, row.no, _("undone"))
                self.do(row, action, _("finished"), opposite, dialog)

            def submit(values: dict[str, Any], form: FormDialog) -> None:
                finished(values["minutes"], form)

            def show(ending: Ending) -> None:
                self.app.push_screen(finish_dialog(row, ending, submit))

            if minutes.isdecimal():
                finished(int(minutes), None)
            elif minutes:
                self.say(_("{text} is not a number of minutes.").format(text=minutes), "warning")
            else:
                self.read(partial(writes.ending, row.no), show, group="target")

        self.with_order(no, begin)

    def order_reopen(self, no: str = "", reason: str = "") -> None:
        def begin(row: OrderRow) -> None:
            def because(why: str, dialog: FormDialog | None) -> None:
                action = partial(writes.reopen, row.no, why)
                self.do(row, action, _("back in service"), dialog=dialog)

            effect = _("The service goes on; the clock runs from now.")
            self.with_reason(row, reason, because, _("Back into service"), effect, WHY_REOPENED)

        self.with_order(no, begin)

    def order_renew(self, no: str = "", minutes: str = "") -> None:
        def told(new: OrderRow) -> None:
            done = _("{no} goes on from {first}: {minutes} min, ¥{amount}, {companions}").format(
                no=new.no,
                first=new.renewal_of,
                minutes=new.planned_minutes,
                amount=yuan(new.amount_fen),
                companions=listed(one.nick for one in (*new.companions, *new.reserved)),
            )
            if self.desk is not None:
                undo = partial(writes.cancel, new.no, _("undone"))
                self.desk.remember(Undo(_("{no} renewed").format(no=new.renewal_of), undo))
            self.say(done)

        def begin(row: OrderRow) -> None:
            if minutes and not minutes.isdecimal():
                self.say(_("{text} is not a number of minutes.").format(text=minutes), "warning")
                return
            booked = int(minutes) if minutes else None
            self.write(partial(writes.renew, row.no, booked), then=told)

        self.with_order(no, begin)

    def order_ask(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            ask, answered = partial(writes.ask, row.no), partial(writes.answered, row.no)
            if row.asked_customer_at:
                self.do(row, answered, _("the customer has answered"), ask)
            else:
                self.do(row, ask, _("the customer is asked"), answered)

        self.with_order(no, begin)

    # Who serves it

    def order_hand_over(self, no: str = "", companion: str = "") -> None:
        from crm_tui.screens.candidates import read_advice
        from crm_tui.screens.dialogs.assign import AssignDialog

        def hand(row: OrderRow, leaving: int | None, to: Companion, nick: str) -> None:
            done = _("handed over to {companion}").format(companion=nick)
            before = leaving or row.companion_id
            opposite = partial(writes.hand_back, row.no, to, before) if before else None
            self.do(row, partial(writes.hand_over, row.no, to, leaving), done, opposite)

        def choose(row: OrderRow, leaving: int | None, nick: str) -> None:
            if companion:
                hand(row, leaving, companion, companion)
                return
            title = _("{companion} hands over to").format(companion=nick)
            self.read(
                partial(read_advice, row.no),
                lambda advice: self.open_dialog(
                    AssignDialog(row, advice, self.read, title, leaving),
                    lambda choice: hand(row, leaving, choice.companion_id, choice.companion),
                ),
                group="target",
            )

        self._who_leaves(no, _("Hand over to another"), choose)

    def order_release(self, no: str = "", reason: str = "") -> None:
        def let_go(row: OrderRow, leaving: int | None, nick: str) -> None:
            again = leaving or row.companion_id or next((one.id for one in row.reserved), None)

            def because(why: str, dialog: FormDialog | None) -> None:
                opposite = partial(writes.assign, row.no, again, None) if again else None
                action = partial(writes.release, row.no, why, leaving)
                self.do(row, action, _("back to waiting"), opposite, dialog)

            effect = _("{companion} is free again; the order waits to be dispatched.")
            effect = effect.format(companion=nick)
            self.with_reason(row, reason, because, _("Release"), effect, WHY_RELEASED)

        self._who_leaves(no, _("Release"), let_go)

    def _who_leaves(self, no: str, title: str, then: Leaving) -> None:
        """Call ``then`` with the order and the companion of it who is meant; asks where several
        are."""
        from crm_tui.screens.dialogs.order_forms import leaving_dialog

        def begin(row: OrderRow) -> None:
            who = (*row.companions, *row.reserved)
            if len(who) < 2:
                then(row, None, row.companion or listed(one.nick for one in who))
                return
            nicks = {one.id: one.nick for one in who}

            def chosen(leaving: int, form: FormDialog) -> None:
                form.dismiss()
                self.call_later(then, row, leaving, nicks[leaving])

            self.app.push_screen(
                leaving_dialog(row, title, who, lambda values, form: chosen(values["who"], form))
            )

        self.with_order(no, begin)
