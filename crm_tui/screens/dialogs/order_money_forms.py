"""The forms of an order's money: paid, tipped, given back; what comes of it is seen before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import Refused
from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.core.text import fold
from crm_tui.core.words import PayChannel
from crm_tui.screens.dialogs.amount_dialog import AmountDialog, Preview, Tell
from crm_tui.screens.dialogs.form_dialog import Submit
from crm_tui.screens.dialogs.order_forms import fen, word_field
from crm_tui.screens.order_cells import headline
from crm_tui.services.orders.billing import margin
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.services.money.members.rules import Parts
    from crm_tui.services.money.refund_terms import Terms
    from crm_tui.services.money.tips import TipQuote
    from crm_tui.services.orders.rows import OrderRow

WHY_REFUNDED = (N_("customer not content"), N_("companion came late"), N_("paid twice"))


def pay_dialog(row: OrderRow, preview: Preview, submit: Submit) -> AmountDialog:
    """Values: ``channel``, ``amount`` (fen), ``ref`` (the outside number, or None)."""
    owed = max(row.amount_fen - row.paid_fen, 0)
    return AmountDialog(
        _("Take payment"),
        headline(row),
        (
            _channel(),
            _amount(_("at most {owed}").format(owed=yuan(owed)), owed),
            _outside_number(),
        ),
        submit,
        preview,
        _("¥{owed} of ¥{amount} are owed.").format(owed=yuan(owed), amount=yuan(row.amount_fen)),
        watched=("channel",),
    )


def pay_says(row: OrderRow, fen: int) -> str:
    """What remains when so much is paid."""
    left = max(row.amount_fen - row.paid_fen, 0) - fen
    if left > 0:
        return _("¥{amount} remain to be paid then.").format(amount=yuan(left))
    if left == 0:
        return _("The order is paid in full then.")
    return _("! That is ¥{amount} more than is owed.").format(amount=yuan(-left))


def balance_says(balance: Parts, fen: int) -> str:
    """What a payment from the customer's balance leaves of it."""
    if balance.total_fen < fen:
        text = _("! The balance is ¥{balance}: too little.")
        return text.format(balance=yuan(balance.total_fen))
    left = _("¥{left} of the balance of ¥{balance} remain.")
    return left.format(left=yuan(balance.total_fen - fen), balance=yuan(balance.total_fen))


def tip_dialog(row: OrderRow, preview: Preview, submit: Submit) -> AmountDialog:
    """Values as of :func:`pay_dialog`."""
    fields = (_amount(_("what the customer gives")), _channel(), _outside_number())
    effect = _("A tip is for all who serve or served the order alike.")
    if row.tip_fen:
        so_far = _("¥{amount} were tipped already.").format(amount=yuan(row.tip_fen))
        effect = f"{effect} {so_far}"
    return AmountDialog(_("Tip"), headline(row), fields, submit, preview, effect)


def tip_says(quote: TipQuote) -> str:
    """What each party gets of a tip."""
    parts = [f"{nick}: ¥{yuan(fen)}" for nick, fen in quote.parts]
    share = _("{share}% to the companions").format(share=f"{quote.share_bp / 100:g}")
    return "; ".join([*parts, margin(quote.studio_fen), share])


def refund_dialog(row: OrderRow, terms: Terms, submit: Submit) -> AmountDialog:
    """Values: ``amount`` (fen), ``reason``, ``ref``, and ``of_tips`` where there are tips."""
    price, tips = terms.left_fen(), terms.left_fen(of_tips=True)

    def preview(typed: dict[str, Any], tell: Tell) -> None:
        from crm_tui.services.money.refund_terms import in_words

        try:
            quote = terms.quote(typed["amount"], of_tips=bool(typed.get("of_tips")))
        except Refused as refusal:
            tell(f"! {refusal.message()}")
        else:
            tell("\n".join(in_words(quote)))

    both = bool(price and tips)
    effect = _("¥{paid} of its price and ¥{tips} of its tips can be given back.")
    return AmountDialog(
        _("Refund"),
        headline(row),
        (
            *([_of_what()] if both else []),
            _amount(_("at most {owed}").format(owed=yuan(price or tips)), price or tips),
            _reason(),
            _outside_number(),
        ),
        submit,
        preview,
        effect.format(paid=yuan(price), tips=yuan(tips)),
        watched=("of_tips",) if both else (),
    )


def _channel() -> Field:
    return word_field("channel", _("Channel"), PayChannel, initial=PayChannel.WECHAT)


def _amount(hint: str, initial_fen: int = 0) -> Field:
    initial = yuan(initial_fen).replace(",", "") if initial_fen else ""
    return Field("amount", _("Yuan"), parse=fen, hint=hint, required=True, initial=initial)


def _outside_number() -> Field:
    return Field("ref", _("Outside number"), hint=_("of the bill, where there is one"))


def _reason() -> Field:
    usual = [_(each) for each in WHY_REFUNDED]

    def suggest(typed: str) -> Sequence[Suggestion]:
        return [Suggestion(each, each) for each in usual if fold(typed) in fold(each)]

    return Field("reason", _("Reason"), required=True, suggest=suggest)


def _of_what() -> Field:
    """Whether the price is given back or the tips."""
    choices = (Suggestion(_("the price"), False), Suggestion(_("the tips"), True))

    def suggest(_typed: str) -> Sequence[Suggestion]:
        return choices

    def parse(typed: str) -> bool:
        found = [each.key for each in choices if fold(typed) == fold(each.text)]
        if not found:
            raise ValueError(typed)
        return bool(found[0])

    hint = " / ".join(each.text for each in choices)
    return Field(
        "of_tips", _("Of what"), parse=parse, hint=hint, initial=choices[0].text, suggest=suggest
    )
