"""Who gets what of an order's amount, by the time that each served and the share they agreed to.

While an order is served the time that is left of it counts for those who serve it now, so that
what is seen before it is finished is what would come of it as planned. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.language import _
from crm_tui.core.money import share_of, yuan
from crm_tui.core.words import SessionEnd
from crm_tui.models import Assignment, Companion, ServiceSession
from crm_tui.services.orders.billing import Split, apportion, margin, served_time, whole_minutes
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.orders.rules import STAFFED
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Served:
    """What one companion has to do with an order: their time, and their part of the money."""

    companion_id: int
    companion: str
    place: int
    served_minutes: int
    """Whole minutes measured until now."""
    share_bp: int
    amount_fen: int
    """The part of the order's amount that is theirs and the studio's."""
    companion_fen: int

    @property
    def text(self) -> str:
        """Their time and their part in words."""
        return _("{companion} {minutes} min, {share}% of ¥{amount}: ¥{theirs}").format(
            companion=self.companion,
            minutes=self.served_minutes,
            share=f"{self.share_bp / 100:g}",
            amount=yuan(self.amount_fen),
            theirs=yuan(self.companion_fen),
        )


_SECOND = timedelta(seconds=1)
_COLUMNS: tuple[Any, ...] = (
    col(Assignment.id),
    col(Assignment.companion_id),
    col(Companion.nick),
    col(Assignment.place),
    col(Assignment.share_bp),
    col(Assignment.ended_at),
    col(Assignment.outcome),
)
_ASSIGNMENTS = (
    select(*_COLUMNS)
    .join(Companion, col(Companion.id) == col(Assignment.companion_id))
    .where(col(Assignment.order_id) == bindparam("of_order"))
    .order_by(col(Assignment.place), col(Assignment.id))
)
_STRETCH: tuple[Any, ...] = (
    col(ServiceSession.assignment_id),
    col(ServiceSession.started_at),
    col(ServiceSession.ended_at),
)
_STRETCHES = select(*_STRETCH).where(col(ServiceSession.order_id) == bindparam("of_order"))


def of_order(work: ReadWork, order: OrderRow) -> tuple[Served, ...]:
    """Everybody who serves the order or served a part of it, by place; those who left before they
    had served anything are left out."""
    connection, now = work.session.connection(), work.clock.now()
    stretches = list(connection.execute(_STRETCHES, {"of_order": order.id}))
    found = []
    for assignment in connection.execute(_ASSIGNMENTS, {"of_order": order.id}):
        own = [(began, ended) for of, began, ended in stretches if of == assignment.id]
        time = served_time(own, now)
        if time or assignment.ended_at is None or assignment.outcome is SessionEnd.FINISHED:
            found.append((assignment, time))
    places = max([order.places, *(one.place for one, _time in found)])
    lines: list[Served] = []
    for place, amount in enumerate(apportion(order.amount_fen, [1] * places), start=1):
        lines += _of_place(order, amount, [each for each in found if each[0].place == place])
    return tuple(lines)


def _of_place(order: OrderRow, amount: int, there: Sequence[tuple[Any, timedelta]]) -> list[Served]:
    """The lines of those who served one place, one after another, for ``amount`` fen."""
    served = sum((time for _one, time in there), timedelta(0))
    left = max(timedelta(minutes=order.planned_minutes) - served, timedelta(0))
    weights = [
        time + left if order.status in STAFFED and one.ended_at is None else time
        for one, time in there
    ]
    parts = apportion(amount, [weight // _SECOND for weight in weights])
    return [
        Served(
            one.companion_id,
            one.nick,
            one.place,
            whole_minutes(time),
            one.share_bp,
            part,
            share_of(part, one.share_bp),
        )
        for (one, time), part in zip(there, parts, strict=True)
    ]


def together(amount_fen: int, parts: Sequence[Served]) -> Split | None:
    """The split of the whole amount; ``None`` where nobody has a part of it."""
    if not parts:
        return None
    shares = {part.share_bp for part in parts}
    companions = sum(part.companion_fen for part in parts)
    return Split(shares.pop() if len(shares) == 1 else None, companions, amount_fen - companions)


def in_words(amount_fen: int, parts: Sequence[Served]) -> str:
    """Each party's share in a sentence, and what is left to the studio."""
    split = together(amount_fen, parts)
    if split is None:
        return ""
    if len(parts) == 1:
        return _("{share}% of ¥{amount} to the companion: ¥{companion}; {studio}").format(
            share=f"{parts[0].share_bp / 100:g}",
            amount=yuan(amount_fen),
            companion=yuan(split.companion_fen),
            studio=margin(split.studio_fen),
        )
    return "; ".join((*(one.text for one in parts), margin(split.studio_fen)))
