"""Topping a balance up and paying it out: what comes of the amount is seen while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.widgets import Input, Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import PayChannel
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.screens.dialogs.order_forms import fen, word_field
from crm_tui.widgets.form import Field
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.money.members.actions import PayOutQuote
    from crm_tui.services.money.members.reads import TopUpQuote

Preview = Callable[[int, Callable[[str], object]], object]
"""Gets an amount in fen, and what to tell of what it would bring."""


class StoredDialog(FormDialog):
    """``preview`` says what comes of the amount. It is handed over once at a time: money that is
    being booked is not booked again by a second Enter."""

    def __init__(
        self,
        title: str,
        target: str,
        fields: Sequence[Field],
        submit: Submit,
        preview: Preview,
        effect: str,
    ) -> None:
        self._hand_over, self._preview = submit, preview
        self._booking = False
        super().__init__(title, target, fields, self._once, effect=effect, first="amount")

    def compose_more(self) -> ComposeResult:
        yield Static(classes="price", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.form.row("amount").query_one(Input), "value", self._look)

    def _look(self) -> None:
        """Ask what comes of the amount, where it is one."""
        try:
            amount = self.form.row("amount").value()
        except (CrmError, ValueError):
            self.tell("")
        else:
            self._preview(amount, self.tell)

    def tell(self, text: str) -> None:
        """Say below the form what comes of it."""
        if self.is_mounted:
            self.query_one(".price", Static).update(shown(text))

    def failed(self, error: CrmError) -> None:
        self._booking = False
        super().failed(error)

    def _once(self, values: dict[str, Any], _dialog: FormDialog) -> None:
        if not self._booking:
            self._booking = True
            self._hand_over(values, self)


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
