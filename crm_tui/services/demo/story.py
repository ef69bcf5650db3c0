"""The life of one made-up order: the moves that the real actions make, without a database.

A story is told forward by its methods, each with its instant, as far as it has come. The bulk
writer turns it into rows, and its steps into events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_tui.core.words import (
    BillingUnit,
    DispatchMode,
    OfferState,
    OrderKind,
    OrderStatus,
    PayChannel,
    PaymentKind,
    SessionEnd,
)
from crm_tui.services.demo.people import Person, Player
from crm_tui.services.orders.billing import amount_fen


@dataclass(frozen=True, slots=True)
class Step:
    """What an event will tell; ``ids`` of people are already row ids."""

    at: datetime
    kind: str
    status: OrderStatus
    version: int
    facts: dict[str, Any]


@dataclass(slots=True)
class Ask:
    """An offer to one companion."""

    player: Player
    state: OfferState = OfferState.OPEN
    answered_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """A payment or tip."""

    kind: PaymentKind
    channel: PayChannel
    fen: int
    at: datetime


@dataclass(slots=True)
class Stretch:
    """Service without a pause."""

    started_at: datetime
    ended_at: datetime | None = None
    ended_by: SessionEnd | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for. ``named`` is whom they asked for; ``rate_fen`` an hour's price."""

    customer: Person
    game_id: int
    kind: OrderKind
    unit: BillingUnit
    mode: DispatchMode
    planned: int
    rate_fen: int
    demands: dict[str, Any]
    note: str
    named: Player | None

    @property
    def price_agreed(self) -> bool:
        """Whether the minutes served leave the amount as it is."""
        return self.unit is not BillingUnit.HOURLY


@dataclass(slots=True)
class Story:
    """One order, from what was asked for to as far as it has come."""

    wish: Wish
    created_at: datetime
    status: OrderStatus = OrderStatus.PENDING
    version: int = 1
    amount_fen: int = 0
    player: Player | None = None
    billed: int | None = None
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    rating: int | None = None
    comment: str = ""
    asks: list[Ask] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    money: list[Money] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        wish = self.wish
        self.amount_fen = amount_fen(wish.rate_fen, wish.planned)
        facts = {"planned_minutes": wish.planned, "amount_fen": self.amount_fen}
        self._tell(self.created_at, "order.created", mode=wish.mode.value, **facts)

    @property
    def paid_fen(self) -> int:
        """Σ payments."""
        return sum(one.fen for one in self.money if one.kind is PaymentKind.PAYMENT)

    @property
    def tip_fen(self) -> int:
        """Σ tips."""
        return sum(one.fen for one in self.money if one.kind is PaymentKind.TIP)

    def offer(self, at: datetime, players: list[Player], seconds: int) -> None:
        """Offer it to ``players``, open for ``seconds``."""
        self.sent_at, self.expires_at = at, at + timedelta(seconds=seconds)
        self.asks = [Ask(player) for player in players]
        self._move(OrderStatus.OFFERED)
        self._tell(at, "order.offered", round=1, companion_ids=[one.id for one in players])

    def decline(self, at: datetime, player: Player, reason: str) -> None:
        """One of several asked does not want it."""
        ask = next(ask for ask in self.asks if ask.player is player)
        ask.state, ask.answered_at, ask.reason = OfferState.DECLINED, at, reason
        self._move(OrderStatus.OFFERED)
        self._tell(at, "order.declined", companion_id=player.id)

    def accept(self, at: datetime, player: Player) -> None:
        """``player`` takes it: by an offer where some stand, else by assignment."""
        kind = "order.accepted" if self.asks else "order.assigned"
        for ask in self.asks:
            if ask.player is player:
                ask.state, ask.answered_at = OfferState.ACCEPTED, at
            elif ask.state is OfferState.OPEN:
                ask.state, ask.answered_at = OfferState.LOST, at
        self.player, self.accepted_at = player, at
        self._move(OrderStatus.ACCEPTED)
        self._tell(at, kind, companion_id=player.id)

    def start(self, at: datetime) -> None:
        """The clock runs."""
        self.started_at = at
        self.stretches.append(Stretch(at))
        self._move(OrderStatus.SERVING)
        self._tell(at, "order.started")

    def pause(self, at: datetime) -> None:
        """The clock stands."""
        self.stretches[-1].ended_at = at
        self.stretches[-1].ended_by = SessionEnd.PAUSED
        self._move(OrderStatus.SERVING)
        self._tell(at, "order.paused")

    def finish(self, at: datetime, billed: int) -> None:
        """Served and billed; the amount follows the minutes where no price was agreed."""
        self.stretches[-1].ended_at = at
        self.stretches[-1].ended_by = SessionEnd.FINISHED
        self.finished_at, self.billed = at, billed
        if not self.wish.price_agreed:
            self.amount_fen = amount_fen(self.wish.rate_fen, billed)
        self._move(OrderStatus.CONFIRMING)
        self._tell(at, "order.finished", billed_minutes=billed, amount_fen=self.amount_fen)

    def confirm(self, at: datetime, rating: int | None = None, comment: str = "") -> None:
        """The customer agrees: completed where nothing is left to pay."""
        self.rating, self.comment = rating, comment if rating else ""
        covered = self.paid_fen >= self.amount_fen
        self._move(OrderStatus.COMPLETED if covered else OrderStatus.UNPAID)
        self._tell(at, "order.confirmed", rating=rating)
        if covered:
            self._complete(at)

    def pay(self, at: datetime, channel: PayChannel, tip_fen: int = 0) -> None:
        """All that is owed, and perhaps a tip."""
        owed = self.amount_fen - self.paid_fen
        self.money.append(Money(PaymentKind.PAYMENT, channel, owed, at))
        if tip_fen:
            self.money.append(Money(PaymentKind.TIP, channel, tip_fen, at))
        settles = self.status is OrderStatus.UNPAID
        self._move(OrderStatus.COMPLETED if settles else self.status)
        facts = {"amount_fen": owed, "channel": channel.value, "paid_fen": self.paid_fen}
        self._tell(at, "order.paid", **facts)
        if settles:
            self._complete(at)

    def cancel(self, at: datetime, reason: str) -> None:
        """Called off."""
        self.cancelled_at, self.cancel_reason = at, reason
        self._move(OrderStatus.CANCELLED)
        self._tell(at, "order.cancelled", paid_fen=self.paid_fen)

    def _complete(self, at: datetime) -> None:
        self.completed_at = at
        facts = {"customer_id": self.wish.customer.id, "amount_fen": self.amount_fen}
        self._tell(at, "order.completed", **facts, paid_fen=self.paid_fen)

    def _move(self, status: OrderStatus) -> None:
        self.status = status
        self.version += 1

    def _tell(self, at: datetime, kind: str, **facts: Any) -> None:
        self.steps.append(Step(at, kind, self.status, self.version, facts))
