"""Orders, who serves them, how long they were served, how they were rated.

Order, dispatch round, assignment and settlement are four different things and four tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import BillingUnit, DispatchMode, OrderKind, OrderStatus, SessionEnd
from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    fen_field,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)

STILL_OPEN = text("orders.status NOT IN ('completed', 'cancelled')")
"""The condition of an index: a query that says it in the same words finds a customer's open orders
without going through the closed ones."""

LOW_RATED = text("rating.overall <= 2")
"""The condition of an index, too: the ratings after which somebody has to do something."""

TO_GIVE_BACK = text("orders.status = 'cancelled' AND orders.paid_fen > 0")
"""The condition of an index, too: cancelled orders of which money may have to be given back."""


class Order(SQLModel, table=True):
    """What a customer wants, from the first message to the money.

    ``amount_fen`` is what the customer owes without tips; ``paid_fen`` and ``tip_fen`` are the
    sums of this order's payments and tips, kept in the same transaction as those.
    """

    __tablename__ = "orders"
    __table_args__ = (
        words_of("status", OrderStatus),
        words_of("kind", OrderKind),
        words_of("billing_unit", BillingUnit),
        words_of("mode", DispatchMode),
        check("amount", "amount_fen >= 0 AND paid_fen >= 0 AND tip_fen >= 0"),
        check("planned", "planned_minutes >= 0"),
        check("completed", "status <> 'completed' OR completed_at IS NOT NULL"),
        Index("ix_orders_customer", "customer_id", "created_at"),
        partial_index(
            "ix_orders_customer_open",
            "customer_id",
            where=text("status NOT IN ('completed', 'cancelled')"),
        ),
        Index("ix_orders_status", "status", "created_at"),
        partial_index(
            "ix_orders_renewal", "renewal_of_id", where=text("renewal_of_id IS NOT NULL")
        ),
        partial_index(
            "ix_orders_cancelled", "cancelled_at", where=text("cancelled_at IS NOT NULL")
        ),
        partial_index(
            "ix_orders_to_give_back",
            "cancelled_at",
            where=text("status = 'cancelled' AND paid_fen > 0"),
        ),
        UniqueConstraint("no"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    no: str = Field(max_length=40)
    status: OrderStatus = word_field(OrderStatus, default=OrderStatus.PENDING)
    customer_id: int = reference("customer.id")
    game_id: int = reference("game.id")
    kind: OrderKind = word_field(OrderKind, default=OrderKind.COMPANION)
    billing_unit: BillingUnit = word_field(BillingUnit, default=BillingUnit.HOURLY)
    mode: DispatchMode = word_field(DispatchMode, default=DispatchMode.AUTO)
    places: int = 1
    """How many companions are wanted."""
    demands: dict[str, Any] = json_field()
    """What was asked for: ``gender``, ``level``, ``rank``, ``tags``."""
    named_companion_id: int | None = reference("companion.id", nullable=True)
    """Whom the customer asked for (direct)."""
    planned_minutes: int = 60
    billed_minutes: int | None = None
    rate_fen: int = fen_field()
    amount_fen: int = fen_field()
    price_agreed: bool = False
    """The amount was named when the order was taken; the minutes served do not change it."""
    discount_bp: int = 0
    """What the customer's membership level took off the price when the order was taken."""
    paid_fen: int = fen_field()
    tip_fen: int = fen_field()
    note: str = Field(default="", sa_type=Text)
    start_at: datetime | None = instant_field(nullable=True)
    """When the customer wants to begin; none means at once."""
    created_at: datetime = instant_field(index=True)
    due_at: datetime | None = instant_field(nullable=True)
    """Until when somebody must have answered (the response clock)."""
    asked_customer_at: datetime | None = instant_field(nullable=True)
    """Since when the studio waits for the customer's word; the response clock stands meanwhile."""
    renewal_of_id: int | None = reference("orders.id", nullable=True)
    """The order that this one goes on from, where it was made as its renewal."""
    accepted_at: datetime | None = instant_field(nullable=True)
    started_at: datetime | None = instant_field(nullable=True)
    finished_at: datetime | None = instant_field(nullable=True)
    confirmed_at: datetime | None = instant_field(nullable=True)
    completed_at: datetime | None = instant_field(nullable=True, index=True)
    cancelled_at: datetime | None = instant_field(nullable=True)
    cancel_reason: str = Field(default="", sa_type=Text)
    created_by: str = Field(default="", max_length=60)
    import_batch_id: int | None = reference("import_batch.id", nullable=True)
    custom: dict[str, Any] = json_field()
    version: int = 1


class Assignment(SQLModel, table=True):
    """A companion serves one place of an order, from acceptance to the end of that service."""

    __tablename__ = "assignment"
    __table_args__ = (
        check("share", "share_bp BETWEEN 0 AND 10000"),
        partial_index(
            "uq_assignment_place", "order_id", "place", unique=True, where=text("ended_at IS NULL")
        ),
        partial_index(
            "uq_assignment_companion", "companion_id", unique=True, where=text("ended_at IS NULL")
        ),
        Index("ix_assignment_order", "order_id"),
        Index("ix_assignment_companion_time", "companion_id", "accepted_at"),
        Index("ix_assignment_accepted", "accepted_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id")
    companion_id: int = reference("companion.id")
    place: int = 1
    share_bp: int
    """The companion's share in force when they accepted, in basis points."""
    score: float | None = None
    """The match at assignment, 0…1."""
    accepted_at: datetime = instant_field()
    ended_at: datetime | None = instant_field(nullable=True)
    outcome: SessionEnd | None = word_field(SessionEnd, default=None, nullable=True)
    """Why it ended; ``finished`` is the companion who served the order."""


class Reservation(SQLModel, table=True):
    """A companion kept for a place of an order that begins later; nobody is bound by it yet.

    It becomes an assignment when the time comes.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("order_id", "companion_id"),
        Index("ix_reservation_companion", "companion_id"),
    )

    order_id: int = reference("orders.id", primary_key=True)
    place: int = Field(primary_key=True)
    companion_id: int = reference("companion.id")
    reserved_at: datetime = instant_field()


class ServiceSession(SQLModel, table=True):
    """A stretch of service without a pause. One open session a companion, ever."""

    __tablename__ = "service_session"
    __table_args__ = (
        check("order_in_time", "ended_at IS NULL OR ended_at >= started_at"),
        partial_index(
            "uq_service_session_companion",
            "companion_id",
            unique=True,
            where=text("ended_at IS NULL"),
        ),
        Index("ix_service_session_order", "order_id"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id")
    assignment_id: int = reference("assignment.id")
    companion_id: int = reference("companion.id")
    started_at: datetime = instant_field()
    ended_at: datetime | None = instant_field(nullable=True)
    ended_by: SessionEnd | None = word_field(SessionEnd, default=None, nullable=True)


class Rating(SQLModel, table=True):
    """What the customer thought of one companion's service, 1–5."""

    __tablename__ = "rating"
    __table_args__ = (
        check("overall", "overall BETWEEN 1 AND 5"),
        UniqueConstraint("order_id", "companion_id"),
        Index("ix_rating_time", "rated_at", "companion_id", "overall"),
        partial_index("ix_rating_low", "rated_at", where=text("overall <= 2")),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id")
    companion_id: int = reference("companion.id", index=True)
    overall: int
    comment: str = Field(default="", sa_type=Text)
    rated_at: datetime = instant_field()
