"""Who gets what of an order's amount: as it was kept when the order was completed, else as the
split rule in force has it now.

While an order is served the time that is left of it counts for those who serve it now, so that
what is seen before it is finished is what would come of it as planned. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from crm_tui.core.language import _
from crm_tui.services.money.splits.in_force import in_force
from crm_tui.services.money.splits.record import PartSplit, kept, split_parts
from crm_tui.services.money.splits.words import next_step
from crm_tui.services.orders.billing import Split, margin, whole_minutes
from crm_tui.services.orders.parts import Priced, parts_of, priced
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.orders.rules import OPEN
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
    base_fen: int
    """What their share is taken of: that part, or its list price."""
    companion_fen: int
    rule_version: int
    explanation: str
    """Why they get that, on one line."""
    next_step: str
    """How far it is to their next step; empty where there is none, or the order is closed."""

    @classmethod
    def of(cls, one: PartSplit, *, closed: bool) -> Self:
        """The part as it is shown, in the language in force."""
        return cls(
            one.companion_id,
            one.companion,
            one.place,
            whole_minutes(one.served),
            one.line.share_bp,
            one.given.paid_fen,
            one.line.base_fen,
            one.companion_fen,
            one.rule_version,
            one.explanation,
            "" if closed else next_step(one.line),
        )

    @property
    def text(self) -> str:
        """Their time and their part in words."""
        return _("{companion} {minutes} min: {explanation}").format(
            companion=self.companion, minutes=self.served_minutes, explanation=self.explanation
        )


def of_order(work: ReadWork, order: OrderRow) -> tuple[Served, ...]:
    """Everybody who serves the order or served a part of it, by place; those who left before they
    had served anything are left out."""
    return of_orders(work, [order])[order.id]


def of_orders(work: ReadWork, orders: Sequence[OrderRow]) -> dict[int, tuple[Served, ...]]:
    """Like :func:`of_order`, by the order's id.

    ``orders`` may differ from what is stored in amount and minutes: it is split as they say.
    """
    closed = kept(work, [row.id for row in orders if row.status not in OPEN])
    rows = {row.id: row for row in orders if row.id not in closed}
    asked = [_as_told(order, rows[order.id]) for order in priced(work, list(rows))]
    parts = parts_of(work, asked)
    found = {
        order_id: tuple(Served.of(line, closed=True) for line in lines)
        for order_id, lines in closed.items()
    }
    for order in asked:
        at = order.over_at or work.clock.now()
        version = in_force(work, order.store_id, work.calendar(order.store_id).day_of(at))
        lines = split_parts(work, order, parts[order.id], version, at)
        found[order.id] = tuple(Served.of(line, closed=False) for line in lines)
    return found


def _as_told(order: Priced, row: OrderRow) -> Priced:
    return replace(
        order,
        amount_fen=row.amount_fen,
        planned_minutes=row.planned_minutes,
        billed_minutes=row.billed_minutes,
    )


def together(amount_fen: int, parts: Sequence[Served]) -> Split | None:
    """The split of the whole amount; ``None`` where nobody has a part of it."""
    if not parts:
        return None
    shares = {part.share_bp for part in parts}
    companions = sum(part.companion_fen for part in parts)
    return Split(shares.pop() if len(shares) == 1 else None, companions, amount_fen - companions)


def in_words(amount_fen: int, parts: Sequence[Served]) -> str:
    """Each party's share in a sentence, what is left to the studio, and how far it is to the next
    steps."""
    split = together(amount_fen, parts)
    if split is None:
        return ""
    several = len(parts) > 1
    lines = (part.text if several else part.explanation for part in parts)
    ahead = (
        f"{part.companion} {part.next_step}" if several else part.next_step
        for part in parts
        if part.next_step
    )
    return "; ".join((*lines, margin(split.studio_fen), *ahead))
