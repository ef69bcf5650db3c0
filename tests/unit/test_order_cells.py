"""How the board's line of counts gives way where it is narrow."""

from __future__ import annotations

from crm_tui.core.words import OrderStatus
from crm_tui.screens.order_cells import counted
from crm_tui.services.orders.reads import BoardCounts


def _line(room: int) -> str:
    by_status = {OrderStatus.PENDING: 4, OrderStatus.OFFERED: 0, OrderStatus.SERVING: 21}
    counts = BoardCounts(
        by_status=by_status, completed_today=118, gross_fen=938250, companions_online=3
    )
    return counted(counts, room).plain


def test_everything_is_shown_where_there_is_room() -> None:
    assert _line(120) == (
        "To dispatch 4   Offered 0   Serving 21   Completed today 118   Income ¥9,382.50"
    )


def test_states_without_orders_go_before_the_day_does() -> None:
    assert _line(70) == "To dispatch 4   Serving 21   Completed today 118   Income ¥9,382.50"
    assert _line(50) == "Completed today 118   Income ¥9,382.50"
    assert _line(10) == "Completed today 118 Income ¥9,382.50"
