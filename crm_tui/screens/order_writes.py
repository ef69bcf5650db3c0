"""What the order keys have done, on a worker thread: one call into a service each.

The services are imported inside: nothing heavy may be loaded before the first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.core.words import PayChannel

if TYPE_CHECKING:
    from crm_tui.services.dispatch.rounds import LadderView
    from crm_tui.services.money.members.rules import Parts
    from crm_tui.services.money.refund_terms import Refunded, Terms
    from crm_tui.services.money.tips import TipQuote
    from crm_tui.services.orders.bill import Ending
    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import ReadWork, UnitOfWork


def order_row(no: str, work: ReadWork) -> OrderRow:
    """The order with number ``no``."""
    from crm_tui.services.orders import reads

    return reads.one(work, no)


def order_detail(no: str, work: ReadWork) -> OrderDetail:
    """Everything around order ``no``."""
    from crm_tui.services.orders import history

    return history.detail(work, no)


def companion_id(ref: str, work: ReadWork) -> int:
    """The companion whom ``ref`` names."""
    from crm_tui.services.companions import reads

    return reads.resolve(work, ref)


def assign(no: str, companion: int | str, score: float | None, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.assign(work, no, _id_of(work, companion), score=score)


def offer(no: str, companion: str, work: UnitOfWork) -> int:
    """Offer to ``companion``, or to all who fit where it is empty; answers how many were asked."""
    from crm_tui.services.dispatch import actions

    return actions.offer(work, no, [_id_of(work, companion)] if companion else None)


def offer_again(no: str, work: UnitOfWork) -> int:
    """Offer once more by the ladder of the last round; answers how many were asked."""
    from crm_tui.services.dispatch import actions

    return actions.offer_again(work, no)


def widen(no: str, work: UnitOfWork) -> int:
    """Ask the next tier now; answers how many were asked."""
    from crm_tui.services.dispatch import actions

    return actions.widen(work, no)


def ladder_view(no: str, work: ReadWork) -> LadderView:
    """The offer ladder of order ``no``."""
    from crm_tui.services.dispatch import rounds

    return rounds.ladder_of(work, no)


def recall(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.dispatch import actions

    actions.recall(work, no)


def accept(no: str, companion: int | str, work: UnitOfWork) -> None:
    from crm_tui.services.dispatch import actions

    actions.accept(work, no, _id_of(work, companion))


def decline(no: str, companion: int | str, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.dispatch import actions

    actions.decline(work, no, _id_of(work, companion), reason)


def start(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.start(work, no)


def pause(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.pause(work, no)


def resume(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.resume(work, no)


def finish(no: str, minutes: int | None, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.finish(work, no, minutes)


def confirm(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.confirm(work, no)


def reopen(no: str, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.reopen(work, no, reason=reason)


def disconnect(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.disconnect(work, no)


def reconnect(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.reconnect(work, no)


def ask(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.ask(work, no)


def answered(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.answered(work, no)


def hand_over(no: str, companion: int | str, leaving: int | None, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.hand_over(work, no, _id_of(work, companion), from_id=leaving)


def hand_back(no: str, companion: int | str, before: int, work: UnitOfWork) -> None:
    """Give order ``no`` back to ``before``, who handed it over; what they had served stays so."""
    from crm_tui.services.orders import actions

    actions.hand_back(work, no, _id_of(work, companion), before)


def renew(no: str, minutes: int | None, work: UnitOfWork) -> OrderRow:
    """Take the renewal of order ``no``, and answer it."""
    from crm_tui.services.orders import actions, reads

    return reads.by_ids(work, [actions.renew(work, no, minutes)])[0]


def ending(no: str, work: ReadWork) -> Ending:
    """What order ``no`` comes to if it is finished now."""
    from crm_tui.services.orders import bill

    return bill.ending(work, no)


def pay(no: str, channel: PayChannel, fen: int, ref: str | None, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.pay(work, no, channel, fen, ref)


def balance_of(customer_id: int, store_id: int, work: ReadWork) -> Parts:
    """What the customer has of stored value."""
    from crm_tui.services.money.members import reads

    return reads.balance_of(work, customer_id, store_id)


def tip(no: str, channel: PayChannel, fen: int, ref: str | None, work: UnitOfWork) -> None:
    from crm_tui.services.money import tips

    tips.tip(work, no, channel, fen, ref)


def tip_quote(no: str, fen: int, work: ReadWork) -> TipQuote:
    """What each party gets of a tip of ``fen``."""
    from crm_tui.services.money import tips

    return tips.quote(work, no, fen)


def refund(
    no: str, fen: int, reason: str, ref: str | None, of_tips: bool, work: UnitOfWork
) -> Refunded:
    from crm_tui.services.money import refunds

    return refunds.refund(work, no, fen, reason, ref, of_tips=of_tips)


def take_refund_back(no: str, refunded: Refunded, work: UnitOfWork) -> None:
    """Undo a refund whose money was not sent."""
    from crm_tui.services.money import refund_undoing

    refund_undoing.take_back(work, no, refunded.payment_ids, _("undone"))


def refund_terms(no: str, work: ReadWork) -> Terms:
    """All that a refund of order ``no`` depends on."""
    from crm_tui.services.money import refunds

    return refunds.terms(work, no)


def release(no: str, reason: str, leaving: int | None, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.release(work, no, reason, companion_id=leaving)


def take_back(no: str, companion: int | str, work: UnitOfWork) -> None:
    """Undo an assignment: it was not the companion who withdrew."""
    from crm_tui.services.orders import actions

    who = _id_of(work, companion)
    actions.release(work, no, _("undone"), companion_id=who, withdrew=False)


def cancel(no: str, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    actions.cancel(work, no, reason)


def _id_of(work: ReadWork, companion: int | str) -> int:
    return companion if isinstance(companion, int) else companion_id(companion, work)
