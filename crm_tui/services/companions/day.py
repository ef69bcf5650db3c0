"""One companion's business day at a glance: what happened, what it brought, what lies ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from crm_tui.core.language import _
from crm_tui.core.words import CreditCause, OfferState, Presence, Role, SessionEnd
from crm_tui.models import (
    STUDIO,
    Assignment,
    Customer,
    Game,
    Offer,
    Order,
    Rating,
    Reservation,
    ServiceSession,
)
from crm_tui.services.companions import credit, schedule
from crm_tui.services.companions.reads import CompanionRow, one
from crm_tui.services.companions.schedule_rules import DayHours, Stretch, Window
from crm_tui.services.fields.reads import of_record
from crm_tui.services.fields.rules import FieldValue
from crm_tui.services.orders import shares
from crm_tui.services.orders.billing import whole_minutes
from crm_tui.services.orders.rows import rows_by_ids
from crm_tui.services.orders.rules import WAITING
from crm_tui.services.orders.shares import Served
from crm_tui.storage import events
from crm_tui.storage.store import ReadWork

SHOWN_ENTRIES = 20
AHEAD = timedelta(days=14)
"""How far ahead other days than the week's are shown."""


@dataclass(frozen=True, slots=True)
class DayMoment:
    """One thing that happened; ``text`` is for people, in the language in force."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Promise:
    """An order that the companion is kept for; it begins at ``start_at``."""

    order: str
    customer: str
    start_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class CompanionDayView:
    """All of it; ``earned_fen`` is the companion's share of the orders that they served and that
    were finished on this business day, tips aside; ``gross_fen`` is what their part of those cost.
    ``credit`` are the newest entries, ``credit_by_cause`` the points of all, and how many."""

    row: CompanionRow
    day: date
    moments: tuple[DayMoment, ...]
    finished: int
    gross_fen: int
    earned_fen: int
    week: tuple[Stretch, ...]
    other_days: tuple[DayHours, ...]
    windows: tuple[Window, ...] | None
    promises: tuple[Promise, ...]
    credit: tuple[credit.CreditRow, ...]
    credit_by_cause: tuple[tuple[CreditCause, int, int], ...]
    fields: tuple[FieldValue, ...]


def day_of(work: ReadWork, companion_id: int, role: Role | None = None) -> CompanionDayView:
    """The business day of a companion, with the custom fields that ``role`` may see.

    Raises :class:`NotFound`.
    """
    row = one(work, companion_id)
    now = work.clock.now()
    calendar = work.calendar(STUDIO)
    day = calendar.day_of(now)
    start, today = calendar.starts(day), calendar.local(now).date()
    earned = _earned(work, companion_id, start)
    windows = schedule.windows(work, [companion_id], now, now + AHEAD).get(companion_id)
    moments = sorted(
        (
            *_offers(work, companion_id, start),
            *_taken(work, companion_id, start),
            *_stretches(work, companion_id, start),
            *_ratings(work, companion_id, start),
            *_presence(work, companion_id, start),
        ),
        key=lambda moment: moment.at,
    )
    return CompanionDayView(
        row=row,
        day=day,
        moments=tuple(moments),
        finished=len(earned),
        gross_fen=sum(part.amount_fen for part in earned),
        earned_fen=sum(part.companion_fen for part in earned),
        week=schedule.week(work, companion_id),
        other_days=schedule.days(work, companion_id, today, today + AHEAD),
        windows=None if windows is None else tuple(windows),
        promises=tuple(_promises(work, companion_id)),
        credit=tuple(credit.entries(work, companion_id, SHOWN_ENTRIES)),
        credit_by_cause=tuple(credit.totals(work, companion_id)),
        fields=of_record(work, "companion", companion_id, role),
    )


def _offers(work: ReadWork, who: int, start: datetime) -> Iterator[DayMoment]:
    """What they were asked, and how it ended; what they took stands among what they took."""
    columns: tuple[Any, ...] = (
        Offer.sent_at,
        Offer.answered_at,
        Offer.state,
        Offer.reason,
        Order.no,
    )
    query = (
        select(*columns)
        .join(Order, col(Order.id) == col(Offer.order_id))
        .where(col(Offer.companion_id) == who, col(Offer.sent_at) >= start)
        .where(col(Offer.state) != OfferState.ACCEPTED)
    )
    for sent_at, answered_at, state, reason, no in work.session.connection().execute(query):
        text = _("asked for {order}: {state}").format(order=no, state=state.label)
        yield DayMoment(answered_at or sent_at, f"{text} ({reason})" if reason else text)


def _taken(work: ReadWork, who: int, start: datetime) -> Iterator[DayMoment]:
    """What they took, and what they gave back or over while its clock stood."""
    with_its_stretch = (
        select(col(ServiceSession.id))
        .where(
            col(ServiceSession.assignment_id) == col(Assignment.id),
            col(ServiceSession.ended_at) == col(Assignment.ended_at),
        )
        .exists()
    )
    columns: tuple[Any, ...] = (
        Assignment.accepted_at,
        Assignment.ended_at,
        Assignment.outcome,
        Order.no,
        Game.name,
        Customer.nick,
        with_its_stretch,
    )
    query = (
        select(*columns)
        .join(Order, col(Order.id) == col(Assignment.order_id))
        .join(Game, col(Game.id) == col(Order.game_id))
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .where(col(Assignment.companion_id) == who)
        .where(or_(col(Assignment.accepted_at) >= start, col(Assignment.ended_at) >= start))
    )
    for row in work.session.connection().execute(query):
        taken_at, ended_at, outcome, no, game, customer, told = row
        if taken_at >= start:
            says = _("took {order}: {game}, {customer}")
            yield DayMoment(taken_at, says.format(order=no, game=game, customer=customer))
        if outcome in (SessionEnd.WITHDRAWN, SessionEnd.HANDED_OVER) and not told:
            yield DayMoment(ended_at, f"{no}: {outcome.label}")


def _stretches(work: ReadWork, who: int, start: datetime) -> Iterator[DayMoment]:
    """Stretches of service, and by what each ended; the pause between two is what lies between."""
    columns: tuple[Any, ...] = (
        ServiceSession.started_at,
        ServiceSession.ended_at,
        ServiceSession.ended_by,
        Order.no,
    )
    query = (
        select(*columns)
        .join(Order, col(Order.id) == col(ServiceSession.order_id))
        .where(col(ServiceSession.companion_id) == who)
        .where(or_(col(ServiceSession.ended_at).is_(None), col(ServiceSession.ended_at) > start))
    )
    for began, ended, ended_by, no in work.session.connection().execute(query):
        yield DayMoment(began, _("serves {order}").format(order=no))
        if ended is not None:
            says = _("{order}: {end} after {minutes} min")
            minutes = whole_minutes(ended - began)
            text = says.format(order=no, end=ended_by.label if ended_by else "", minutes=minutes)
            yield DayMoment(ended, text)


def _ratings(work: ReadWork, who: int, start: datetime) -> Iterator[DayMoment]:
    columns: tuple[Any, ...] = (Rating.rated_at, Rating.overall, Rating.comment, Order.no)
    query = (
        select(*columns)
        .join(Order, col(Order.id) == col(Rating.order_id))
        .where(col(Rating.companion_id) == who, col(Rating.rated_at) >= start)
    )
    for at, overall, comment, no in work.session.connection().execute(query):
        text = _("rated {rating} for {order}").format(rating=overall, order=no)
        yield DayMoment(at, f"{text}: {comment}" if comment else text)


def _presence(work: ReadWork, who: int, start: datetime) -> Iterator[DayMoment]:
    """What they said of being there, with the reason where one was given."""
    told = [
        event
        for event in events.of_entity(work.session, "companion", who)
        if event.kind == "companion.presence" and event.at >= start
    ]
    keys = [(event.store_id, event.seq) for event in told]
    given = events.values_of(work.session, keys) if keys else {}
    for event in told:
        text = Presence(event.data["after"]).label
        _before, reason = given.get((event.store_id, event.seq), {}).get("reason", (None, None))
        yield DayMoment(event.at, f"{text}: {reason}" if reason else text)


def _earned(work: ReadWork, who: int, start: datetime) -> list[Served]:
    """Their parts of the orders that were finished since ``start`` and that they served then."""
    query = (
        select(col(Order.id))
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(
            col(Assignment.companion_id) == who,
            col(Assignment.outcome).in_((SessionEnd.FINISHED, SessionEnd.HANDED_OVER)),
            col(Assignment.ended_at) >= start,
            col(Order.finished_at).is_not(None),
        )
        .distinct()
    )
    ids = [order_id for order_id in work.session.connection().execute(query).scalars() if order_id]
    by_order = shares.of_orders(work, rows_by_ids(work, ids))
    return [part for parts in by_order.values() for part in parts if part.companion_id == who]


def _promises(work: ReadWork, who: int) -> Iterator[Promise]:
    columns: tuple[Any, ...] = (Order.no, Customer.nick, Order.start_at, Order.planned_minutes)
    query = (
        select(*columns)
        .join(Reservation, col(Reservation.order_id) == col(Order.id))
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .where(col(Reservation.companion_id) == who, col(Order.status).in_(WAITING))
        .where(col(Order.start_at).is_not(None))
        .order_by(col(Order.start_at))
    )
    for row in work.session.connection().execute(query):
        yield Promise(*row)
