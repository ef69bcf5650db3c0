"""Which customers are of a value tier, asked of the whole base at once.

The rule stays in :mod:`rfm`: the database only says between which edges each customer lies, and
:func:`rfm.by_bands` says what tier customers between those edges are of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlmodel import SQLModel

from crm_tui.core.words import OrderStatus, Segment, Word
from crm_tui.models import STUDIO
from crm_tui.services.customers.rfm import WINDOW_DAYS, Edges, by_bands
from crm_tui.storage.store import ReadWork

_ORDERS = SQLModel.metadata.tables["orders"]
_CUSTOMERS = SQLModel.metadata.tables["customer"]


def in_segments(work: ReadWork, wanted: Collection[Word]) -> ColumnElement[bool]:
    """The customers whose tier is one of these now."""
    edges = Edges.of(work.setting("customers.rfm_edges", STUDIO))
    calendar, now = work.calendar(), work.clock.now()
    today = calendar.day_of(now)
    completed = (_ORDERS.c.status == OrderStatus.COMPLETED, _ORDERS.c.completed_at <= now)
    lately = _ORDERS.c.completed_at >= calendar.starts(today - timedelta(days=WINDOW_DAYS))
    last = func.max(_ORDERS.c.completed_at)
    since = [calendar.starts(today - timedelta(days=int(days))) for days in edges.recency_days]
    spent = func.coalesce(func.sum(case((lately, _ORDERS.c.amount_fen))), 0)
    bands = (
        _band(last, since),
        _band(func.count(case((lately, 1))), edges.frequency),
        _band(spent, edges.money_fen),
        case((func.count() == 1, 0), else_=1),
    )
    customer = _ORDERS.c.customer_id
    meant = [each for each, found in by_bands(edges).items() if found.segment in wanted]
    ways: list[ColumnElement[bool]] = []
    if meant:
        number = bands[0] * 1000 + bands[1] * 100 + bands[2] * 10 + bands[3]
        codes = [r * 1000 + f * 100 + m * 10 + n for r, f, m, n in meant]
        of_them = select(customer).where(*completed).group_by(customer).having(number.in_(codes))
        ways.append(_CUSTOMERS.c.id.in_(of_them))
    if Segment.PROSPECT in wanted:
        ways.append(_CUSTOMERS.c.id.not_in(select(customer).where(*completed)))
    return or_(false(), *ways)


def _band(value: Any, edges: Sequence[Any]) -> Any:
    """Which of the edges, the best first, the value reaches; their number where it reaches none."""
    reached = [(value >= edge, place) for place, edge in enumerate(edges)]
    return case(*reached, else_=len(edges))
