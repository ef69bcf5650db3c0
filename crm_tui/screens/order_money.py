"""The money of an order by key: ``$`` takes a payment, ``z`` a tip, ``r`` gives money back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, joined
from crm_tui.core.money import Money, yuan
from crm_tui.core.words import OrderStatus, PayChannel
from crm_tui.screens import order_writes as writes
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_in_hand import OnOrder

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.amount_dialog import Tell
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.money.refund_terms import Refunded, Terms
    from crm_tui.services.money.tips import TipQuote
    from crm_tui.services.orders.rows import OrderRow

Values = dict[str, Any]


class MoneyCommands(OnOrder):
    """What is done with the money of the order under the cursor, wherever one lies there."""

    def order_pay(self, no: str = "", channel: str = "", amount: str = "") -> None:
        from crm_tui.screens.dialogs.order_money_forms import balance_says, pay_dialog, pay_says

        def begin(row: OrderRow) -> None:
            def preview(typed: Values, tell: Tell) -> None:
                says = pay_says(row, typed["amount"])
                tell(says)
                if typed["channel"] is PayChannel.BALANCE:
                    self.read(
                        partial(writes.balance_of, row.customer_id, row.store_id),
                        lambda parts: tell(f"{says}\n{balance_says(parts, typed['amount'])}"),
                        group="price",
                    )

            if not channel:
                self.app.push_screen(pay_dialog(row, preview, partial(self._pay, row)))
            elif values := self._as_typed(channel, amount, row.amount_fen - row.paid_fen):
                self._pay(row, values, None)

        self.with_order(no, begin)

    def _pay(self, row: OrderRow, values: Values, dialog: FormDialog | None) -> None:
        channel, fen = values["channel"] or PayChannel.WECHAT, values["amount"]
        done = _("¥{amount} paid by {channel}").format(amount=yuan(fen), channel=channel.label)
        action = partial(writes.pay, row.no, channel, fen, values["ref"])
        completes = row.status is OrderStatus.UNPAID and fen >= row.amount_fen - row.paid_fen
        back = partial(writes.refund, row.no, fen, _("undone"), None, False)
        self.do(row, action, done, None if completes else back, dialog)

    def order_tip(self, no: str = "", channel: str = "", amount: str = "") -> None:
        from crm_tui.screens.dialogs.order_money_forms import tip_dialog, tip_says

        def begin(row: OrderRow) -> None:
            def preview(typed: Values, tell: Tell) -> None:
                def says(quote: TipQuote) -> None:
                    tell(tip_says(quote))

                def failed(error: CrmError) -> None:
                    tell(f"! {error.message()}")

                query = partial(writes.tip_quote, row.no, typed["amount"])
                self.read(query, says, group="price", failed=failed)

            if not channel:
                self.app.push_screen(tip_dialog(row, preview, partial(self._tip, row)))
            elif values := self._as_typed(channel, amount, 0):
                self._tip(row, values, None)

        self.with_order(no, begin)

    def _tip(self, row: OrderRow, values: Values, dialog: FormDialog | None) -> None:
        channel, fen = values["channel"] or PayChannel.WECHAT, values["amount"]
        done = _("¥{amount} tipped by {channel}").format(amount=yuan(fen), channel=channel.label)
        action = partial(writes.tip, row.no, channel, fen, values["ref"])
        back = partial(writes.refund, row.no, fen, _("undone"), None, True)
        self.do(row, action, done, back, dialog)

    def order_refund(self, no: str = "", amount: str = "", reason: str = "") -> None:
        from crm_tui.screens.dialogs.order_money_forms import refund_dialog

        def ask(row: OrderRow, terms: Terms) -> None:
            if terms.left_fen() or terms.left_fen(of_tips=True):
                self.app.push_screen(refund_dialog(row, terms, partial(self._refund, row, terms)))
            else:
                says = _("Nothing was paid for {no} that could be given back.")
                self.say(says.format(no=row.no), "warning")

        def begin(row: OrderRow) -> None:
            if not amount:
                query = partial(writes.refund_terms, row.no)
                self.read(query, partial(ask, row), group="target")
                return
            try:
                values = {"amount": Money.parse(amount).fen, "reason": reason, "ref": None}
            except ValueError:
                self.say(_("“{text}” is no amount in yuan.").format(text=amount), "warning")
            else:
                self._refund(row, None, values, None)

        self.with_order(no, begin)

    def _refund(
        self, row: OrderRow, terms: Terms | None, values: Values, dialog: FormDialog | None
    ) -> None:
        """Of the tips where that was chosen, or where nothing else is left."""
        of_tips = values.get("of_tips")
        if of_tips is None:
            of_tips = terms is not None and not terms.left_fen()
        fen = values["amount"]
        action = partial(writes.refund, row.no, fen, values["reason"], values["ref"], of_tips)
        title = f"{row.no} {_('¥{amount} given back').format(amount=yuan(fen))}"

        def given_back(refunded: Refunded) -> None:
            if self.desk is not None:
                opposite = partial(writes.take_refund_back, row.no, refunded)
                self.desk.remember(Undo(title, opposite))
            if dialog is not None:
                dialog.dismiss()

        failed = dialog.failed if dialog else None
        self.write(action, title, then=given_back, failed=failed)

    def _as_typed(self, channel: str, amount: str, owed_fen: int) -> Values | None:
        """What was typed on the ``:`` line; says so where it makes no sense."""
        from crm_tui.screens.dialogs.order_forms import spelled

        try:
            fen = Money.parse(amount).fen if amount else owed_fen
            return {"channel": spelled(PayChannel, channel), "amount": fen, "ref": None}
        except ValueError:
            known = joined(word.label for word in PayChannel)
            self.say(_("Channels are: {known}. Amounts are in yuan.").format(known=known))
            return None
