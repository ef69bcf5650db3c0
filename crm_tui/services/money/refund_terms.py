"""What a refund of an order would do to each party: pure, from how the order stands in the books.

So a dialog can say it again with every key that is pressed, and it is what will be done. Amounts
are fen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import PayChannel
from crm_tui.services.money.order_standing import OrderStanding
from crm_tui.services.money.refunding import Back, Given, Income, from_payments, give_back

_NOTHING = Income(0, 0, ())


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes back to one payment or tip, and who gives it."""

    payment_id: int
    channel: PayChannel
    given: Given
    settled: bool
    """The companions' parts of it were settled before."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a refund would do."""

    pieces: tuple[Piece, ...]
    nicks: Mapping[int, str]
    today: date

    @property
    def amount_fen(self) -> int:
        """What goes back in all."""
        return sum(piece.given.amount_fen for piece in self.pieces)

    @property
    def prepaid_fen(self) -> int:
        """What of it nobody had earned."""
        return sum(piece.given.prepaid_fen for piece in self.pieces)

    @property
    def studio_fen(self) -> int:
        """What the studio gives; negative where it gets something back."""
        return sum(piece.given.studio_fen for piece in self.pieces)

    @property
    def by_channel(self) -> dict[PayChannel, int]:
        """What goes back by each channel."""
        found: defaultdict[PayChannel, int] = defaultdict(int)
        for piece in self.pieces:
            found[piece.channel] += piece.given.amount_fen
        return dict(found)

    @property
    def companions(self) -> tuple[Back, ...]:
        """What each companion gives in all."""
        found: dict[int, Back] = {}
        for back in (back for piece in self.pieces for back in piece.given.companions):
            before = found.get(back.companion_id)
            found[back.companion_id] = before + back if before else back
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a refund of an order depends on."""

    no: str
    paid_fen: int
    """What the order says was paid and not given back."""
    books: OrderStanding
    nicks: Mapping[int, str]
    """Of the companions who earned of it, by id."""
    today: date
    """The business day that is running."""

    def only(self, channel: PayChannel | None = None, payment_id: int | None = None) -> Terms:
        """The same for what came by one channel, or for one payment or tip."""
        payments, tips = (
            tuple(
                one
                for one in each
                if channel in (None, one.channel) and payment_id in (None, one.payment_id)
            )
            for each in (self.books.payments, self.books.tips)
        )
        return replace(self, books=replace(self.books, payments=payments, tips=tips))

    def left_fen(self, *, of_tips: bool = False) -> int:
        """The most that can be given back of its payments, or of its tips."""
        if of_tips:
            return sum(one.left_fen for one in self.books.tips)
        return min(sum(one.left_fen for one in self.books.payments), self.paid_fen)

    def quote(self, amount_fen: int | None = None, *, of_tips: bool = False) -> Quote:
        """What a refund of ``amount_fen``, or of all that is left, would do.

        Raises :class:`Refused` for more than that (``reason`` ``too_much``, with
        ``refundable_fen``).
        """
        most = self.left_fen(of_tips=of_tips)
        wanted = most if amount_fen is None else amount_fen
        if wanted > most:
            why = _("¥{left} of {no} can be given back, not ¥{amount}.").format(
                left=yuan(most), no=self.no, amount=yuan(wanted)
            )
            raise Refused(why=why, reason="too_much", refundable_fen=most)
        return Quote(self._pieces(wanted, of_tips), self.nicks, self.today)

    def _pieces(self, amount_fen: int, of_tips: bool) -> tuple[Piece, ...]:
        """Payment after payment: what is prepaid first, then out of what was earned."""
        books, found = self.books, []
        prepaid = 0 if of_tips else books.prepaid_fen
        of_order = books.order.income if books.order else _NOTHING
        owed = dict(books.owed)
        for taken, fen in from_payments(amount_fen, books.tips if of_tips else books.payments):
            earning = books.tip_earnings.get(taken.payment_id) if of_tips else books.order
            of_tip = earning.income if earning else _NOTHING
            settled = earning is not None and earning.settled
            given = give_back(
                fen,
                prepaid,
                of_tip if of_tips else of_order,
                dict.fromkeys(owed, 0) if settled else owed,
                earning.available_on if earning else None,
            )
            found.append(Piece(taken.payment_id, taken.channel, given, settled))
            prepaid -= given.prepaid_fen
            of_order = of_order.less(given)
            for back in given.companions:
                owed[back.companion_id] -= back.payable_fen
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Refunded(Quote):
    """What a refund did."""

    payment_ids: tuple[int, ...]
    """Of the refunds that were booked, one a piece."""


def in_words(quote: Quote) -> list[str]:
    """A refund for people: where the money goes, and what each party gives of it."""
    lines = [
        _("¥{amount} back by {channel}.").format(amount=yuan(fen), channel=channel.label)
        for channel, fen in quote.by_channel.items()
    ]
    if quote.prepaid_fen:
        text = _("¥{amount} of it was paid ahead: nobody has earned it.")
        lines.append(text.format(amount=yuan(quote.prepaid_fen)))
    for back in quote.companions:
        lines += _of_companion(back, quote.nicks.get(back.companion_id, "–"), quote.today)
    if quote.studio_fen > 0:
        lines.append(_("The studio gives ¥{amount}.").format(amount=yuan(quote.studio_fen)))
    elif quote.studio_fen < 0:
        text = _("The studio gets ¥{amount} back: the companions had more than was paid.")
        lines.append(text.format(amount=yuan(-quote.studio_fen)))
    return lines


def _of_companion(back: Back, nick: str, today: date) -> list[str]:
    lines = []
    if back.payable_fen and back.available_on is not None and back.available_on > today:
        text = _("{companion} gives ¥{amount} of what is frozen until {day}.")
        day = back.available_on.isoformat()
        lines.append(text.format(companion=nick, amount=yuan(back.payable_fen), day=day))
    elif back.payable_fen:
        text = _("{companion} gives ¥{amount} of what they are owed.")
        lines.append(text.format(companion=nick, amount=yuan(back.payable_fen)))
    if back.clawback_fen:
        text = _("{companion} owes ¥{amount} back: that was settled with them before.")
        lines.append(text.format(companion=nick, amount=yuan(back.clawback_fen)))
    return lines
