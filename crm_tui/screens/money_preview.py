"""What each party of an order would get, in a line, before anything is committed (N3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import OrderStatus
from crm_tui.services.orders.billing import apportion, margin, preview, split

if TYPE_CHECKING:
    from crm_tui.services.orders.rows import OrderRow


def preview_line(row: OrderRow, companion: str, share_bp: int, beside_bp: Sequence[int]) -> str:
    """What comes of giving ``row``'s order, or what is left of its service, to ``companion`` with
    the share ``share_bp``; ``beside_bp`` are the shares of those who have a place already."""
    if row.status is OrderStatus.SERVING:
        return _of_the_rest(row, companion, share_bp)
    if row.places > 1:
        return _of_the_places(row, [*beside_bp, share_bp])
    parts = split(row.amount_fen, share_bp)
    return _("{companion}: ¥{theirs} ({share}%), {studio}, of ¥{amount}").format(
        companion=companion,
        theirs=yuan(parts.companion_fen),
        share=f"{share_bp / 100:g}",
        studio=margin(parts.studio_fen),
        amount=yuan(row.amount_fen),
    )


def _of_the_rest(row: OrderRow, companion: str, share_bp: int) -> str:
    """Of one place of the order, by the minutes that are left of those planned."""
    left = max(row.planned_minutes - row.served_minutes, 0)
    amount = row.amount_fen // row.places
    rest = apportion(amount, [row.served_minutes, left])[1] if left else 0
    return _("{companion}: ¥{theirs} ({share}%) of ¥{amount} for the rest, {minutes} min").format(
        companion=companion,
        theirs=yuan(split(rest, share_bp).companion_fen),
        share=f"{share_bp / 100:g}",
        amount=yuan(rest),
        minutes=left,
    )


def _of_the_places(row: OrderRow, shares_bp: Sequence[int]) -> str:
    parts = preview(row.amount_fen, row.places, shares_bp)
    return _("{count} of {places} places filled then: ¥{theirs} to companions, {studio}").format(
        count=len(shares_bp),
        places=row.places,
        theirs=yuan(parts.companion_fen),
        studio=margin(parts.studio_fen),
    )
