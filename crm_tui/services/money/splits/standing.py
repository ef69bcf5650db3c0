"""How a companion stands before an order: the month's turnover, and how long they have been there.

The turnover of a business month is the sum of what their lines of that month are a share of
(``order_split.base_fen``), in every store. Tenure counts from the day on which a companion was
written down, or first accepted an order, whichever came first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar
from crm_tui.models import Assignment, Companion
from crm_tui.models.base import Instant
from crm_tui.models.splits import OrderSplit
from crm_tui.services.money.splits.rules import tenure_months
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Standing:
    """The turnover of the month in fen, and the whole months of tenure."""

    turnover_fen: int = 0
    tenure_months: int = 0


_IDS: Any = bindparam("ids", expanding=True)
_Later = aliased(OrderSplit)
HOLDS = (
    ~select(col(_Later.id))
    .where(col(_Later.order_id) == col(OrderSplit.order_id), col(_Later.seq) > col(OrderSplit.seq))
    .exists()
)
"""No later lines of the same order replace it."""
_TURNOVER = (
    select(col(OrderSplit.companion_id), func.sum(col(OrderSplit.base_fen)))
    .where(
        col(OrderSplit.companion_id).in_(_IDS),
        col(OrderSplit.at) >= bindparam("since", type_=Instant),
        col(OrderSplit.at) <= bindparam("until", type_=Instant),
        col(OrderSplit.order_id) != bindparam("but"),
        HOLDS,
    )
    .group_by(col(OrderSplit.companion_id))
)
_FIRST = (
    select(func.min(col(Assignment.accepted_at)))
    .where(col(Assignment.companion_id) == col(Companion.id))
    .scalar_subquery()
)
_THERE_SINCE = select(col(Companion.id), col(Companion.created_at), _FIRST)
_THEY_SINCE = _THERE_SINCE.where(col(Companion.id).in_(_IDS))


def month_of(day: date) -> date:
    """The first day of the business month that ``day`` belongs to."""
    return day.replace(day=1)


def standings(
    work: ReadWork,
    companion_ids: Collection[int],
    at: datetime,
    calendar: BusinessCalendar,
    but_order: int,
) -> dict[int, Standing]:
    """How each of them stands at ``at``, by ``calendar``, without what ``but_order`` brought."""
    day = calendar.day_of(at)
    asked = {
        "ids": list(companion_ids),
        "since": calendar.starts(month_of(day)),
        "until": at,
        "but": but_order,
    }
    rows: Any = work.session.connection().execute(_TURNOVER, asked)
    turnover: dict[int, int] = {who: int(fen) for who, fen in rows}
    return {
        who: Standing(turnover.get(who, 0), tenure_months(calendar.day_of(since), day))
        for who, since in there_since(work, companion_ids).items()
    }


def there_since(
    work: ReadWork, companion_ids: Collection[int] | None = None
) -> dict[int, datetime]:
    """Since when each of them, or everybody, has been there."""
    connection = work.session.connection()
    rows: Any = (
        connection.execute(_THERE_SINCE)
        if companion_ids is None
        else connection.execute(_THEY_SINCE, {"ids": list(companion_ids)})
    )
    return {who: min(written, first or written) for who, written, first in rows}
