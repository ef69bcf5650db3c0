"""The forms in which a balance is topped up and paid out, and what comes of an amount in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import PayChannel
from crm_tui.screens.dialogs.order_forms import fen, word_field
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.services.money.members.actions import PayOutQuote
    from crm_tui.services.money.members.reads import TopUpQuote


def top_up_fields() -> tuple[Field, ...]:
    """Values: ``amount`` (fen), ``channel``, ``ref`` (the outside number, or None)."""
    return (
        Field("amount", _("Yuan"), parse=fen, hint=_("what the customer pays"), required=True),
        _channel(PayChannel.WECHAT),
        Field("ref", _("Outside number"), hint=_("of the bill, where there is one")),
    )


def pay_out_fields(paid_fen: int, channel: PayChannel) -> tuple[Field, ...]:
    """Values as of :func:`top_up_fields`, and ``reason``."""
    return (
        Field(
            "amount",
            _("Yuan"),
            parse=fen,
            hint=_("at most {owed}").format(owed=yuan(paid_fen)),
            required=True,
            initial=yuan(paid_fen).replace(",", ""),
        ),
        _channel(channel),
        Field("reason", _("Reason")),
        Field("ref", _("Outside number"), hint=_("of the bill, where there is one")),
    )


def top_up_says(quote: TopUpQuote) -> str:
    """What a top-up brings."""
    parts = [
        _("¥{bonus} of bonus ({percent}%).").format(
            bonus=yuan(quote.bonus_fen), percent=f"{quote.bonus_bp / 100:g}"
        )
        if quote.bonus_bp
        else _("No bonus."),
        balance_says(quote.balance.total_fen, quote.balance.bonus_fen),
    ]
    if quote.rises and quote.level:
        parts.append(_("A member of level {level} then.").format(level=quote.level.name))
    return " ".join(parts)


def pay_out_says(quote: PayOutQuote) -> str:
    """What paying stored value out does."""
    gone = _("¥{bonus} of bonus goes with it.").format(bonus=yuan(quote.bonus_fen))
    left = balance_says(quote.balance.total_fen, quote.balance.bonus_fen)
    return f"{gone} {left}" if quote.bonus_fen else left


def balance_says(total_fen: int, bonus_fen: int) -> str:
    """What is on the balance then."""
    return _("Balance then: ¥{balance}, of which ¥{bonus} is bonus.").format(
        balance=yuan(total_fen), bonus=yuan(bonus_fen)
    )


def _channel(initial: PayChannel) -> Field:
    """Any channel but the balance itself."""
    channels = [each for each in PayChannel if each is not PayChannel.BALANCE]
    return word_field("channel", _("Channel"), channels, initial=initial, required=True)
