"""All of one order: what happened in words, who was asked, who served how long, the money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.text import listed
from crm_tui.core.words import (
    AlarmKind,
    OfferState,
    OrderStatus,
    PayChannel,
    PaymentKind,
    SessionEnd,
)
from crm_tui.models import (
    Assignment,
    Companion,
    DispatchRound,
    EventValue,
    Offer,
    Order,
    Payment,
    ServiceSession,
)
from crm_tui.services.fields.reads import of_record
from crm_tui.services.fields.rules import FieldValue
from crm_tui.services.orders import shares
from crm_tui.services.orders.billing import Split
from crm_tui.services.orders.reads import one
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.orders.rules import WAITING, Purchase, purchase
from crm_tui.services.orders.shares import Served
from crm_tui.storage import events
from crm_tui.storage.events import EventRow
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to the order; ``text`` is for people, in the language in force."""

    at: datetime
    actor: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One companion who was asked."""

    companion_id: int
    companion: str
    state: OfferState
    score: float
    sent_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    reason: str
    round: int
    tier: int
    place: int | None
    """The place of the order that they won."""
    parts: dict[str, float]
    weights_version: int


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One stretch of service; ``ended_at`` is ``None`` while it runs."""

    companion_id: int
    companion: str
    started_at: datetime
    ended_at: datetime | None
    ended_by: SessionEnd | None


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """Money that came or went for the order, in fen."""

    kind: PaymentKind
    channel: PayChannel
    amount_fen: int
    external_ref: str | None
    paid_at: datetime
    taken_by: str


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One order with everything around it, each list oldest first."""

    order: OrderRow
    purchase: Purchase
    history: list[HistoryLine]
    offers: list[OfferLine]
    sessions: list[SessionLine]
    payments: list[PaymentLine]
    served: tuple[Served, ...]
    """What everybody who served has to do with it: time and money."""
    split: Split | None
    """What the companions and the studio get of the amount; ``None`` while the order waits."""
    fields: tuple[FieldValue, ...] = ()
    """The custom fields that everybody may see."""

    @property
    def explanation(self) -> str:
        """The split in words."""
        return shares.in_words(self.order.amount_fen, self.served) if self.split else ""


def detail(work: ReadWork, no: str) -> OrderDetail:
    """Everything that is known of order ``no``. Raises :class:`NotFound`."""
    order = one(work, no)
    served = shares.of_order(work, order)
    waits = order.status in WAITING
    return OrderDetail(
        order,
        _purchase(work, order),
        _history(work, order),
        _offers(work, order.id),
        _sessions(work, order.id),
        _payments(work, order.id),
        served,
        None if waits else shares.together(order.amount_fen, served),
        of_record(work, "order", order.id, None),
    )


def _purchase(work: ReadWork, order: OrderRow) -> Purchase:
    if order.renewal_of_id is not None:
        return Purchase.RENEWAL
    connection = work.session.connection()
    served_by = [one.id for one in order.companions]
    completed = (
        col(Order.customer_id) == order.customer_id,
        col(Order.status) == OrderStatus.COMPLETED,
        col(Order.created_at) < order.created_at,
        col(Order.id) != order.id,
    )
    earlier = connection.execute(select(func.count()).where(*completed)).scalar_one()
    last = (
        select(func.max(func.coalesce(col(Order.finished_at), col(Order.completed_at))))
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(*completed, col(Assignment.companion_id).in_(served_by))
    )
    window = timedelta(minutes=work.setting("orders.renewal_window_minutes", order.store_id))
    return purchase(order.created_at, earlier, connection.execute(last).scalar(), window)


def _offers(work: ReadWork, order_id: int) -> list[OfferLine]:
    columns: tuple[Any, ...] = (
        col(Offer.companion_id),
        col(Companion.nick),
        col(Offer.state),
        col(Offer.score),
        col(Offer.sent_at),
        col(Offer.expires_at),
        col(Offer.answered_at),
        col(Offer.reason),
        col(DispatchRound.number),
        col(Offer.tier),
        col(Offer.place),
        col(Offer.parts),
        col(Offer.weights_version),
    )
    query = (
        select(*columns)
        .join(Companion, col(Companion.id) == col(Offer.companion_id))
        .join(DispatchRound, col(DispatchRound.id) == col(Offer.round_id))
        .where(col(Offer.order_id) == order_id)
        .order_by(col(Offer.id))
    )
    return [OfferLine(*row) for row in work.session.connection().execute(query)]


def _sessions(work: ReadWork, order_id: int) -> list[SessionLine]:
    columns: tuple[Any, ...] = (
        col(ServiceSession.companion_id),
        col(Companion.nick),
        col(ServiceSession.started_at),
        col(ServiceSession.ended_at),
        col(ServiceSession.ended_by),
    )
    query = (
        select(*columns)
        .join(Companion, col(Companion.id) == col(ServiceSession.companion_id))
        .where(col(ServiceSession.order_id) == order_id)
        .order_by(col(ServiceSession.id))
    )
    return [SessionLine(*row) for row in work.session.connection().execute(query)]


def _payments(work: ReadWork, order_id: int) -> list[PaymentLine]:
    columns: tuple[Any, ...] = (
        col(Payment.kind),
        col(Payment.channel),
        col(Payment.amount_fen),
        col(Payment.external_ref),
        col(Payment.paid_at),
        col(Payment.taken_by),
    )
    query = select(*columns).where(col(Payment.order_id) == order_id).order_by(col(Payment.id))
    return [PaymentLine(*row) for row in work.session.connection().execute(query)]


def _history(work: ReadWork, order: OrderRow) -> list[HistoryLine]:
    told = events.of_entity(work.session, "order", order.id)
    reasons = _reasons(work, order.store_id, told)
    nicks = _nicks(work, told)
    return [
        HistoryLine(
            event.at, event.actor, event.kind, _in_words(event, nicks, reasons.get(event.seq, ""))
        )
        for event in told
    ]


def _reasons(work: ReadWork, store_id: int, told: Iterable[EventRow]) -> dict[int, str]:
    """The reasons that people gave, by event, where they have not been erased."""
    query = select(col(EventValue.seq), col(EventValue.after)).where(
        col(EventValue.store_id) == store_id,
        col(EventValue.seq).in_([event.seq for event in told if "changed" in event.data]),
        col(EventValue.field) == "reason",
    )
    found = work.session.connection().execute(query)
    return {seq: reason for seq, reason in found if reason}


def _nicks(work: ReadWork, told: Iterable[EventRow]) -> dict[int, str]:
    named = {event.data.get("companion_id") for event in told} - {None}
    columns: tuple[Any, ...] = (col(Companion.id), col(Companion.nick))
    query = select(*columns).where(col(Companion.id).in_(named))
    return dict(work.session.connection().execute(query).all())


_WORDS: Mapping[str, str] = {
    "order.created": N_("taken"),
    "order.assigned": N_("given to {companion}"),
    "order.accepted": N_("accepted by {companion}"),
    "order.started": N_("started"),
    "order.paused": N_("paused"),
    "order.resumed": N_("resumed"),
    "order.disconnected": N_("connection lost"),
    "order.reconnected": N_("connected again"),
    "order.asked": N_("the customer is asked"),
    "order.answered": N_("the customer has answered"),
    "order.reserved": N_("{companion} kept for it"),
    "order.unreserved": N_("{companion} no longer kept for it"),
    "order.finished": N_("finished: {billed} min billed, ¥{amount}"),
    "order.reopened": N_("reopened"),
    "order.confirmed": N_("confirmed"),
    "order.paid": N_("¥{amount} paid by {channel}"),
    "order.tipped": N_("¥{amount} tipped by {channel}"),
    "order.refunded": N_("¥{amount} given back by {channel}"),
    "order.refund_undone": N_("¥{amount} not given back after all by {channel}"),
    "order.completed": N_("completed"),
    "order.cancelled": N_("cancelled"),
    "order.recalled": N_("offers recalled"),
    "order.asked_all": N_("nobody further can be asked"),
    "order.untaken": N_("nobody took it: it waits again"),
    "alarm.raised": N_("alarm: {alarm}"),
    "order.declined": N_("declined by {companion}"),
    "order.released": N_("{companion} withdrew"),
    "order.handed_over": N_("{companion} handed over after {served} min"),
    "order.edited": N_("fields changed"),
    "inbox.snoozed": N_("put off in the inbox"),
    "inbox.handed_over": N_("given to somebody in the inbox"),
}


def _in_words(event: EventRow, nicks: Mapping[int, str], reason: str) -> str:
    """What happened, in one short phrase."""
    data = event.data
    asked = len(data.get("companion_ids") or ())
    counted = _COUNTED.get(event.kind)
    text = counted(asked) if counted else _(_words_of(event.kind, data))
    channels = data.get("channels") or filter(None, [data.get("channel")])
    told = text.format(
        count=asked,
        companion=nicks.get(data.get("companion_id") or 0, "–"),
        amount=yuan(data.get("amount_fen") or 0),
        billed=data.get("billed_minutes"),
        served=data.get("served_minutes"),
        first=data.get("renewal_of"),
        channel=listed(PayChannel(each).label for each in channels) or "–",
        lost=yuan(data.get("written_off_fen") or 0),
        tier=data.get("tier"),
        tiers=data.get("tiers"),
        alarm=AlarmKind(data["alarm"]).label if "alarm" in data else "–",
    )
    extras = [_(_NAMED[event.kind])] if data.get("named") and event.kind in _NAMED else []
    if data.get("score") is not None:
        extras.append(_("match {score}").format(score=f"{data['score']:.2f}"))
    if data.get("rating"):
        extras.append(_("rated {rating}").format(rating=data["rating"]))
    if reason:
        extras.append(reason)
    return f"{told} ({', '.join(extras)})" if extras else told


def _words_of(kind: str, data: Mapping[str, Any]) -> str:
    """The phrase for an event, before it is filled in."""
    if kind == "order.created" and data.get("renewal_of"):
        return N_("taken, to go on from {first}")
    if kind == "order.finished" and data.get("rule") == "":
        return N_("finished: {billed} min billed, {served} measured, ¥{amount}")
    if kind == "order.refunded" and data.get("of_tips"):
        return N_("¥{amount} of the tips given back by {channel}")
    if kind == "order.cancelled" and data.get("written_off_fen"):
        return N_("written off: ¥{lost} not paid")
    return _WORDS.get(kind, kind)


_NAMED: Mapping[str, str] = {
    "order.offered": N_("whom the customer named"),
    "order.widened": N_("the one named did not take it"),
}
"""What more there is to say of a direct request."""
_COUNTED: Mapping[str, Callable[[int], str]] = {
    "order.offered": lambda count: ngettext(
        "offered to {count} companion", "offered to {count} companions", count
    ),
    "order.widened": lambda count: ngettext(
        "tier {tier} of {tiers}: {count} more asked",
        "tier {tier} of {tiers}: {count} more asked",
        count,
    ),
    "order.expired": lambda count: ngettext(
        "{count} offer expired", "{count} offers expired", count
    ),
}
