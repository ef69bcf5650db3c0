"""The order commands, which the board and the dispatch queue share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.core.words import OrderStatus
from crm_tui.screens import order_writes as writes
from crm_tui.screens.console import Visit
from crm_tui.screens.order_in_hand import Companion
from crm_tui.screens.order_money import MoneyCommands
from crm_tui.screens.order_offers import OfferCommands
from crm_tui.screens.order_service import ServiceCommands
from crm_tui.services.orders.rules import begins_later

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.assign import Choice
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.orders.rows import OrderRow

WHY_CANCELLED = (N_("customer changed their mind"), N_("nobody free"), N_("taken down twice"))


class OrderScreen(OfferCommands, ServiceCommands, MoneyCommands):
    """The commands of an order: each ``order_…`` method is the command of that name."""

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
                lambda advice: self.open_dialog(
                    AssignDialog(row, advice, self.read), partial(self.give, row)
                ),
                group="target",
            )

        self.with_order(no, begin)

    def give(self, row: OrderRow, choice: Choice) -> None:
        """Give ``row``'s order to the companion who was chosen."""
        self._give(row, choice.companion_id, choice.companion, choice.score)

    def _give(self, row: OrderRow, companion: Companion, nick: str, score: float | None) -> None:
        ahead = self.desk is not None and begins_later(row.start_at, self.desk.now())
        done = _("{companion} kept for it") if ahead else _("given to {companion}")
        self.do(
            row,
            partial(writes.assign, row.no, companion, score),
            done.format(companion=nick),
            partial(writes.take_back, row.no, companion),
        )

    # The end

    def order_confirm(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            done = _("confirmed")
            if row.paid_fen > row.amount_fen:
                beyond = _("confirmed; ¥{amount} paid beyond the price are to be given back")
                done = beyond.format(amount=yuan(row.paid_fen - row.amount_fen))
            self.do(row, partial(writes.confirm, row.no), done)

        self.with_order(no, begin)

    def order_cancel(self, no: str = "", reason: str = "") -> None:
        def begin(row: OrderRow) -> None:
            def because(why: str, dialog: FormDialog | None) -> None:
                done = _("cancelled")
                if row.paid_fen and row.status is not OrderStatus.UNPAID:
                    back = _("cancelled; ¥{amount} are to be given back")
                    done = back.format(amount=yuan(row.paid_fen))
                self.do(row, partial(writes.cancel, row.no, why), done, dialog=dialog)

            effect = [_("The order ends here and can't be taken up again.")]
            if row.companion:
                effect.append(_("{companion} is free again.").format(companion=row.companion))
            if row.status is OrderStatus.UNPAID:
                lost = _("¥{amount} are not paid and become a loss; who served gets their part.")
                effect.append(lost.format(amount=yuan(row.amount_fen - row.paid_fen)))
            elif row.paid_fen:
                paid = _("¥{amount} are paid and stay booked until refunded.")
                effect.append(paid.format(amount=yuan(row.paid_fen)))
            title = _("Cancel order")
            self.with_reason(row, reason, because, title, " ".join(effect), WHY_CANCELLED)

        self.with_order(no, begin)

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
