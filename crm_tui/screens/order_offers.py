"""Offering an order: who is asked, what they answered, who is asked next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.core.language import N_, _, ngettext
from crm_tui.screens import order_writes as writes
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_in_hand import Companion, OrderInHand

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.orders.rows import OrderRow

WHY_DECLINED = (N_("busy"), N_("pays too little"), N_("not with this customer"))


class OfferCommands(OrderInHand):
    """``o`` offers, ``O`` recalls, ``A`` and ``D`` note what those asked have answered."""

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
        self.simply(no, writes.recall, _("offers recalled"))

    def order_accept(self, no: str = "", companion: str = "") -> None:
        def accepted(row: OrderRow, companion: Companion, nick: str) -> None:
            self.do(
                row,
                partial(writes.accept, row.no, companion),
                _("accepted by {companion}").format(companion=nick),
                partial(writes.take_back, row.no),
            )

        self._among_asked(no, companion, _("Who took it?"), accepted)

    def order_decline(self, no: str = "", companion: str = "", reason: str = "") -> None:
        def declined(row: OrderRow, companion: Companion, nick: str) -> None:
            def because(why: str, dialog: FormDialog | None) -> None:
                done = _("declined by {companion}").format(companion=nick)
                action = partial(writes.decline, row.no, companion, why)
                self.do(row, action, done, dialog=dialog)

            effect = _("{companion} is not asked again for this order.").format(companion=nick)
            self.with_reason(row, reason, because, _("Declined"), effect, WHY_DECLINED)

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
