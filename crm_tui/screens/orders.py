"""The order commands, which the board and the dispatch queue share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import Money, yuan
from crm_tui.core.words import PayChannel
from crm_tui.screens import order_writes as writes
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_notes import OrderNoteCommands

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.assign import Choice
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import UnitOfWork

Action = Callable[["UnitOfWork"], Any]
Companion = int | str
"""A companion's id, or what was typed for one."""

WHY_CANCELLED = (N_("customer changed their mind"), N_("nobody free"), N_("taken down twice"))
WHY_RELEASED = (N_("companion can't come"), N_("customer wants somebody else"))
WHY_DECLINED = (N_("busy"), N_("pays too little"), N_("not with this customer"))


class OrderScreen(OrderNoteCommands):
    """A screen with an order under its cursor. Each ``order_…`` method is the command of that name.

    ``no`` is what was typed on the ``:`` line; empty means the order under the cursor. A dialog
    gets the order as it was when the key was pressed, and acts on that one, whatever the board
    does meanwhile.
    """

    def with_order(self, no: str, then: Callable[[OrderRow], object]) -> None:
        """Call ``then`` with order ``no``, or with the one under the cursor where it is empty."""
        row = self.order()
        if no and (row is None or row.no != no):
            self.read(partial(writes.order_row, no), then, group="target")
        elif row is None:
            self.say(_("There is nothing under the cursor."), "warning")
        else:
            then(row)

    def do(
        self,
        row: OrderRow,
        action: Action,
        done: str,
        opposite: Action | None = None,
        dialog: FormDialog | None = None,
    ) -> None:
        """Carry ``action`` out on ``row``'s order and say what was ``done``.

        ``opposite`` is what ``u`` will do; ``dialog`` closes when it is done, or says why not.
        """
        title = f"{row.no} {done}"
        self.write(
            action,
            title,
            undo=Undo(title, opposite) if opposite else None,
            then=(lambda _answer: dialog.dismiss()) if dialog else None,
            failed=dialog.failed if dialog else None,
        )

    # Who serves it

    def order_assign(self, no: str = "", companion: str = "") -> None:
        from crm_tui.screens.candidates import read_advice
        from crm_tui.screens.dialogs.assign import AssignDialog

        def begin(row: OrderRow) -> None:
            if companion:
                self._give(row, companion, companion, None)
                return
            self.read(
                partial(read_advice, row.no),
                lambda advice: self.open_dialog(AssignDialog(row, advice), partial(self.give, row)),
                group="target",
            )

        self.with_order(no, begin)

    def give(self, row: OrderRow, choice: Choice) -> None:
        """Give ``row``'s order to the companion who was chosen."""
        self._give(row, choice.companion_id, choice.companion, choice.score)

    def _give(self, row: OrderRow, companion: Companion, nick: str, score: float | None) -> None:
        self.do(
            row,
            partial(writes.assign, row.no, companion, score),
            _("given to {companion}").format(companion=nick),
            partial(writes.release, row.no, _("undone")),
        )

    def order_offer(self, no: str = "", companion: str = "") -> None:
        def begin(row: OrderRow) -> None:
            def told(asked: int) -> None:
                text = ngettext(
                    "{no} offered to {count} companion", "{no} offered to {count} companions", asked
                )
                self.say(text.format(no=row.no, count=asked))

            undo = Undo(_("{no} offered").format(no=row.no), partial(writes.recall, row.no))
            self.write(partial(writes.offer, row.no, companion), undo=undo, then=told)

        self.with_order(no, begin)

    def order_recall(self, no: str = "") -> None:
        self._simply(no, writes.recall, _("offers recalled"))

    def order_accept(self, no: str = "", companion: str = "") -> None:
        def accepted(row: OrderRow, companion: Companion, nick: str) -> None:
            self.do(
                row,
                partial(writes.accept, row.no, companion),
                _("accepted by {companion}").format(companion=nick),
                partial(writes.release, row.no, _("undone")),
            )

        self._among_asked(no, companion, _("Who took it?"), accepted)

    def order_decline(self, no: str = "", companion: str = "", reason: str = "") -> None:
        def declined(row: OrderRow, companion: Companion, nick: str) -> None:
            def because(why: str, dialog: FormDialog | None) -> None:
                done = _("declined by {companion}").format(companion=nick)
                action = partial(writes.decline, row.no, companion, why)
                self.do(row, action, done, dialog=dialog)

            effect = _("{companion} is not asked again for this order.").format(companion=nick)
            self._with_reason(row, reason, because, _("Declined"), effect, WHY_DECLINED)

        self._among_asked(no, companion, _("Who declined it?"), declined)

    def _among_asked(
        self,
        no: str,
        companion: str,
        question: str,
        then: Callable[[OrderRow, Companion, str], object],
    ) -> None:
        """Call ``then`` with the companion who was named, or is picked among those asked."""
        from crm_tui.screens.dialogs.assign import PickDialog

        def begin(row: OrderRow) -> None:
            if companion:
                then(row, companion, companion)
                return
            self.read(
                partial(writes.order_detail, row.no),
                lambda found: self.open_dialog(
                    PickDialog(row, question, found),
                    lambda choice: then(row, choice.companion_id, choice.companion),
                ),
                group="target",
            )

        self.with_order(no, begin)

    def order_release(self, no: str = "", reason: str = "") -> None:
        def begin(row: OrderRow) -> None:
            again = row.companion_id

            def because(why: str, dialog: FormDialog | None) -> None:
                opposite = partial(writes.assign, row.no, again, None) if again else None
                action = partial(writes.release, row.no, why)
                self.do(row, action, _("back to waiting"), opposite, dialog)

            effect = _("{companion} is free again; the order waits to be dispatched.")
            effect = effect.format(companion=row.companion or "")
            self._with_reason(row, reason, because, _("Release"), effect, WHY_RELEASED)

        self.with_order(no, begin)

    # The service

    def order_start(self, no: str = "") -> None:
        self._simply(no, writes.start, _("started"))

    def order_pause(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            pause, resume = partial(writes.pause, row.no), partial(writes.resume, row.no)
            if row.paused:
                self.do(row, resume, _("resumed"), pause)
            else:
                self.do(row, pause, _("paused"), resume)

        self.with_order(no, begin)

    def order_finish(self, no: str = "", minutes: str = "") -> None:
        from crm_tui.screens.dialogs.order_forms import finish_dialog

        def begin(row: OrderRow) -> None:
            def finished(minutes: int | None, dialog: FormDialog | None) -> None:
                action, opposite = partial(writes.finish, row.no, minutes), writes.reopen
                self.do(row, action, _("finished"), partial(opposite, row.no), dialog)

            if minutes.isdecimal():
                finished(int(minutes), None)
            elif minutes:
                self.say(_("{text} is not a number of minutes.").format(text=minutes), "warning")
            elif self.desk is not None:
                dialog = finish_dialog(
                    row, self.desk.now(), lambda values, shown: finished(values["minutes"], shown)
                )
                self.app.push_screen(dialog)

        self.with_order(no, begin)

    def order_reopen(self, no: str = "") -> None:
        self._simply(no, writes.reopen, _("reopened"))

    def order_confirm(self, no: str = "") -> None:
        self._simply(no, writes.confirm, _("confirmed"))

    def _simply(self, no: str, action: Callable[[str, UnitOfWork], object], done: str) -> None:
        """Carry out what needs no more than the order."""
        self.with_order(no, lambda row: self.do(row, partial(action, row.no), done))

    # Money and the end

    def order_pay(self, no: str = "", channel: str = "", amount: str = "") -> None:
        from crm_tui.screens.dialogs.order_forms import pay_dialog, spelled

        def begin(row: OrderRow) -> None:
            if not channel:
                self.app.push_screen(pay_dialog(row, partial(self._pay, row)))
                return
            try:
                fen = Money.parse(amount).fen if amount else row.amount_fen - row.paid_fen
                values = {"channel": spelled(PayChannel, channel), "amount": fen, "ref": None}
            except ValueError:
                known = ", ".join(word.label for word in PayChannel)
                self.say(_("Channels are: {known}. Amounts are in yuan.").format(known=known))
            else:
                self._pay(row, values, None)

        self.with_order(no, begin)

    def _pay(self, row: OrderRow, values: dict[str, Any], dialog: FormDialog | None) -> None:
        channel, fen = values["channel"] or PayChannel.WECHAT, values["amount"]
        done = _("¥{amount} paid by {channel}").format(amount=yuan(fen), channel=channel.label)
        action = partial(writes.pay, row.no, channel, fen, values["ref"])
        self.do(row, action, done, dialog=dialog)

    def order_cancel(self, no: str = "", reason: str = "") -> None:
        def begin(row: OrderRow) -> None:
            def because(why: str, dialog: FormDialog | None) -> None:
                self.do(row, partial(writes.cancel, row.no, why), _("cancelled"), dialog=dialog)

            effect = [_("The order ends here and can't be taken up again.")]
            if row.companion:
                effect.append(_("{companion} is free again.").format(companion=row.companion))
            if row.paid_fen:
                paid = _("¥{amount} are paid and stay booked until refunded.")
                effect.append(paid.format(amount=yuan(row.paid_fen)))
            title = _("Cancel order")
            self._with_reason(row, reason, because, title, " ".join(effect), WHY_CANCELLED)

        self.with_order(no, begin)

    def _with_reason(
        self,
        row: OrderRow,
        given: str,
        then: Callable[[str, FormDialog | None], None],
        title: str,
        effect: str,
        usual: tuple[str, ...],
    ) -> None:
        """Call ``then`` with the reason that was given, or that the person gives now."""
        from crm_tui.screens.dialogs.order_forms import reason_dialog

        if given:
            then(given, None)
            return
        dialog = reason_dialog(
            row,
            title,
            effect,
            [_(each) for each in usual],
            lambda values, shown: then(values["reason"], shown),
        )
        self.app.push_screen(dialog)

    # Looking

    def order_open(self, no: str = "") -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        def begin(row: OrderRow) -> None:
            studio = self.console.studio
            if studio is not None:
                self.read(
                    partial(writes.order_detail, row.no),
                    lambda found: self.app.push_screen(DetailDialog(found, studio)),
                    group="target",
                )

        self.with_order(no, begin)

    def order_customer(self, no: str = "") -> None:
        self.with_order(no, lambda row: self.console.go_to(Visit("person", row.customer_id)))
