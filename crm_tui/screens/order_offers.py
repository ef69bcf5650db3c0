"""Offering an order: who is asked, what they answered, who is asked next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.words import OrderStatus
from crm_tui.screens import order_writes as writes
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_in_hand import Action, Companion, OrderInHand

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.ladder import LadderDialog
    from crm_tui.services.dispatch.rounds import LadderView
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow

WHY_DECLINED = (N_("busy"), N_("pays too little"), N_("not with this customer"))


class OfferCommands(OrderInHand):
    """``o`` offers, and shows the ladder of what has been; ``O`` recalls, ``A`` and ``D`` note what
    those asked have answered; ``L`` shows the ladder, where all of it can be done, too."""

    def __init__(self) -> None:
        super().__init__()
        self._ladder: LadderDialog | None = None
        """The ladder that lies open; it is read again when its order changes."""

    def order_offer(self, no: str = "", companion: str = "") -> None:
        def begin(row: OrderRow) -> None:
            if row.status is OrderStatus.OFFERED and not companion:
                self.order_ladder(row.no)
            else:
                self._offer(row, partial(writes.offer, row.no, companion))

        self.with_order(no, begin)

    def order_offer_again(self, no: str = "") -> None:
        self.with_order(no, lambda row: self._offer(row, partial(writes.offer_again, row.no)))

    def _offer(self, row: OrderRow, action: Action) -> None:
        """Begin a round, say how many were asked; ``u`` recalls it."""

        def told(asked: int) -> None:
            text = ngettext(
                "{no} offered to {count} companion", "{no} offered to {count} companions", asked
            )
            self.say(text.format(no=row.no, count=asked))

        undo = Undo(_("{no} offered").format(no=row.no), partial(writes.recall, row.no))
        self.write(action, undo=undo, then=told)

    def order_widen(self, no: str = "") -> None:
        def begin(row: OrderRow) -> None:
            def told(asked: int) -> None:
                text = ngettext("{no}: {count} more asked", "{no}: {count} more asked", asked)
                self.say(text.format(no=row.no, count=asked))

            self.write(partial(writes.widen, row.no), then=told)

        self.with_order(no, begin)

    def order_recall(self, no: str = "") -> None:
        self.simply(no, writes.recall, _("offers recalled"))

    def order_accept(self, no: str = "", companion: str = "") -> None:
        self._among_asked(no, companion, _("Who took it?"), self.accepted)

    def order_decline(self, no: str = "", companion: str = "", reason: str = "") -> None:
        declined = partial(self.declined, reason=reason)
        self._among_asked(no, companion, _("Who declined it?"), declined)

    def accepted(self, row: OrderRow, companion: Companion, nick: str) -> None:
        """Note that ``nick`` took ``row``'s order."""
        self.do(
            row,
            partial(writes.accept, row.no, companion),
            _("accepted by {companion}").format(companion=nick),
            partial(writes.take_back, row.no, companion),
        )

    def declined(self, row: OrderRow, companion: Companion, nick: str, reason: str = "") -> None:
        """Note that ``nick`` turned ``row``'s order down, and why."""

        def because(why: str, dialog: FormDialog | None) -> None:
            done = _("declined by {companion}").format(companion=nick)
            action = partial(writes.decline, row.no, companion, why)
            self.do(row, action, done, dialog=dialog)

        effect = _("{companion} is not asked again for this order.").format(companion=nick)
        self.with_reason(row, reason, because, _("Declined"), effect, WHY_DECLINED)

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

    # The ladder

    def order_ladder(self, no: str = "") -> None:
        def show(view: LadderView) -> None:
            from crm_tui.screens.dialogs.ladder import LadderDialog

            if self.desk is not None:
                self._ladder = LadderDialog(view, self.desk.now, self)
                self.app.push_screen(self._ladder, self._ladder_left)

        def begin(row: OrderRow) -> None:
            self.read(partial(writes.ladder_view, row.no), show, group="target")

        self.with_order(no, begin)

    def _ladder_left(self, _answer: None) -> None:
        self._ladder = None

    def say_nobody(self) -> None:
        """There is no companion under the cursor of the ladder."""
        self.say(_("There is nothing under the cursor."), "warning")

    def reload(self) -> None:
        super().reload()
        self._read_ladder()

    def take(self, events: Iterable[EventRow]) -> None:
        events = tuple(events)
        super().take(events)
        dialog = self._ladder
        if dialog and any(
            event.entity == "companion"
            or (event.entity == "order" and event.entity_id == dialog.view.order.id)
            for event in events
        ):
            self._read_ladder()

    def _read_ladder(self) -> None:
        if dialog := self._ladder:
            self.read(
                partial(writes.ladder_view, dialog.view.order.no), dialog.show, group="ladder"
            )
