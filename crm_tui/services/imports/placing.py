"""The rows that an imported order is stored as: order, assignments, sessions, payments, ratings.

Pure. An order that arrives completed brings its payment, tip, rating and companion with it;
without an end time it was completed at its order time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_tui.core.words import DispatchMode, OrderStatus, PaymentKind, SessionEnd
from crm_tui.models import Assignment, Order, Payment, Rating, ServiceSession
from crm_tui.services.imports.run import blank_row
from crm_tui.services.imports.sales import OrderRecord

IMPORTED = "imported_version"
"""Where ``Order.custom`` holds the version that an import left: as long as it is the order's,
nobody has worked on the order since."""

SERVED = frozenset((OrderStatus.CONFIRMING, OrderStatus.UNPAID, OrderStatus.COMPLETED))
STAFFED = frozenset((OrderStatus.ACCEPTED, OrderStatus.SERVING))
_DEFAULT_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Placed:
    """An order of a file with everybody and everything that it names found."""

    record: OrderRecord
    no: str
    customer_id: int
    game_id: int
    companions: tuple[int, ...]
    shares: tuple[int, ...]
    """Their shares in basis points."""

    @property
    def completed_at(self) -> datetime | None:
        """When it was completed."""
        if self.record.status is not OrderStatus.COMPLETED:
            return None
        return self.record.finished_at or self.record.created_at

    def facts(self) -> dict[str, Any]:
        """The columns of the order that the file decides."""
        record = self.record
        served = record.status in SERVED
        over = served or record.status is OrderStatus.CANCELLED
        return {
            "customer_id": self.customer_id,
            "game_id": self.game_id,
            "kind": record.kind,
            "status": record.status,
            "billing_unit": record.unit,
            "places": max(1, len(self.companions)),
            "planned_minutes": record.minutes or (0 if over else _DEFAULT_MINUTES),
            "billed_minutes": record.minutes if served else None,
            "rate_fen": record.rate_fen,
            "amount_fen": record.amount_fen,
            "paid_fen": record.paid_fen,
            "tip_fen": record.tip_fen,
            "created_at": record.created_at,
            "started_at": record.started_at,
            "finished_at": record.finished_at if over else None,
            "completed_at": self.completed_at,
            "note": record.note,
            "cancel_reason": record.cancel_reason,
        }

    def children(self) -> dict[str, Any]:
        """What hangs on the order, in comparable form."""
        record = self.record
        rated = record.rating if record.status in SERVED and self.companions else None
        bound = record.status in SERVED | STAFFED
        return {
            "companions": sorted(self.companions) if bound else list(self.companions[:1]),
            "channel": record.channel.value if record.paid_fen or record.tip_fen else None,
            "rating": rated,
            "comment": record.comment if rated else "",
        }


def order_row(placed: Placed, batch_id: int, store_id: int, by: str) -> dict[str, Any]:
    """The order's own row, without its id."""
    record = placed.record
    mode = record.mode or (DispatchMode.DIRECT if placed.companions else DispatchMode.AUTO)
    working = record.status in SERVED | STAFFED
    return (
        blank_row(Order)
        | placed.facts()
        | {
            "no": placed.no,
            "store_id": store_id,
            "mode": mode,
            "named_companion_id": placed.companions[0] if placed.companions else None,
            "price_agreed": True,
            "accepted_at": record.created_at if working and placed.companions else None,
            "cancelled_at": _ended_at(placed) if record.status is OrderStatus.CANCELLED else None,
            "created_by": by,
            "import_batch_id": batch_id,
            "custom": {IMPORTED: 1},
        }
    )


def assignment_rows(placed: Placed, order_id: int, store_id: int) -> list[dict[str, Any]]:
    """Who serves the order, or has served it; nobody where it never came to that."""
    status = placed.record.status
    if status not in SERVED | STAFFED:
        return []
    over = status in SERVED
    return [
        blank_row(Assignment)
        | {
            "store_id": store_id,
            "order_id": order_id,
            "companion_id": companion_id,
            "place": place,
            "share_bp": share_bp,
            "accepted_at": placed.record.created_at,
            "ended_at": _ended_at(placed) if over else None,
            "outcome": SessionEnd.FINISHED if over else None,
        }
        for place, (companion_id, share_bp) in enumerate(
            zip(placed.companions, placed.shares, strict=True), start=1
        )
    ]


def session_rows(placed: Placed, assignments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stretches of service that the file gives: with start and end, or running now."""
    record = placed.record
    started, ended = record.started_at, record.finished_at
    running = record.status is OrderStatus.SERVING
    if running:
        started, ended = started or record.created_at, None
    elif started is None or ended is None or record.status not in SERVED:
        return []
    return [
        blank_row(ServiceSession)
        | {
            "store_id": assignment["store_id"],
            "order_id": assignment["order_id"],
            "assignment_id": assignment["id"],
            "companion_id": assignment["companion_id"],
            "started_at": started,
            "ended_at": ended,
            "ended_by": None if running else SessionEnd.FINISHED,
        }
        for assignment in assignments
    ]


def payment_rows(
    placed: Placed, order_id: int, batch_id: int, store_id: int, by: str
) -> list[dict[str, Any]]:
    """The payment and the tip that the order brings with it."""
    record = placed.record
    amounts = ((PaymentKind.PAYMENT, record.paid_fen), (PaymentKind.TIP, record.tip_fen))
    return [
        blank_row(Payment)
        | {
            "store_id": store_id,
            "order_id": order_id,
            "customer_id": placed.customer_id,
            "kind": kind,
            "channel": record.channel,
            "amount_fen": fen,
            "paid_at": _ended_at(placed),
            "taken_by": by,
            "import_batch_id": batch_id,
        }
        for kind, fen in amounts
        if fen
    ]


def rating_rows(placed: Placed, order_id: int, store_id: int) -> list[dict[str, Any]]:
    """The rating, for everybody who served."""
    children = placed.children()
    if children["rating"] is None:
        return []
    return [
        blank_row(Rating)
        | {
            "store_id": store_id,
            "order_id": order_id,
            "companion_id": companion_id,
            "overall": children["rating"],
            "comment": children["comment"],
            "rated_at": _ended_at(placed),
        }
        for companion_id in placed.companions
    ]


def _ended_at(placed: Placed) -> datetime:
    """When service and payment were over, as far as the file tells."""
    record = placed.record
    return record.finished_at or max(record.created_at, record.started_at or record.created_at)
