"""The board of any past minute is the board that was seen then, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, update

from crm_tui.core.actor import Actor
from crm_tui.core.clock import BusinessCalendar, FixedClock
from crm_tui.core.errors import Invalid
from crm_tui.core.words import OrderStatus, Role
from crm_tui.models import Order
from crm_tui.services.demo.live import Live
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.replay.reads import board_at
from crm_tui.services.replay.rules import Happened, moment, standing
from crm_tui.storage.store import Store
from tests.desk import open_desk

STEPS = 100
SEEN = (
    "no",
    "status",
    "version",
    "companion",
    "planned_minutes",
    "billed_minutes",
    "amount_fen",
    "paid_fen",
    "tip_fen",
    "open_offers",
    "served_minutes",
    "running_since",
    "started_at",
    "finished_at",
    "completed_at",
    "due_at",
    "clock",
    "stopped_by",
    "companions",
)
SHANGHAI = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
"""23:04:11 in Shanghai."""


def seen(rows: list[OrderRow]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in SEEN} for row in rows]


def test_every_moment_of_an_evening_is_shown_as_it_was(store: Store, clock: FixedClock) -> None:
    open_desk(store, clock, companions=6)
    store.random = Random(6)
    live = Live(store)
    boards = {}
    for _step in range(STEPS):
        clock.advance(timedelta(seconds=30 + store.random.random() * 150))
        live.step()
        with store.read() as work:
            boards[clock.now()] = seen(reads.board(work))
        clock.advance(timedelta(seconds=1))
    told = {row["status"] for board in boards.values() for row in board}
    assert len(told) >= 6, "the evening had little in it"
    with store.read() as work:
        for at in list(boards)[:: STEPS // 30]:
            past = board_at(work, at)
            assert by_number(seen(past.rows)) == by_number(boards[at]), at


def by_number(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["no"]: row for row in rows}


def test_counts_are_those_of_the_moment(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    desk.order_in(OrderStatus.SERVING, 1)
    before = clock.now()
    clock.advance(timedelta(minutes=5))
    desk.order()
    desk.do(orders.cancel, desk.order(), "no time")
    with store.read() as work:
        past, present = board_at(work, before), board_at(work, clock.now())
    assert (past.completed_today, past.gross_fen) == (1, 4500)
    assert past.by_status[OrderStatus.PENDING] == 0
    assert present.by_status[OrderStatus.PENDING] == 1
    assert [row.status for row in past.rows] == [OrderStatus.SERVING, OrderStatus.COMPLETED]
    assert len(present.rows) == 4


def test_an_imported_order_is_told_by_its_times(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    no = desk.order_in(OrderStatus.COMPLETED)
    with store.write(Actor("wang", Role.MANAGER)) as work:
        began = clock.now() - timedelta(hours=3)
        times = {name: began + timedelta(minutes=step) for step, name in enumerate(MILESTONES)}
        work.session.exec(update(Order).where(col(Order.no) == no).values(**times))
    with store.read() as work:
        statuses = [
            board_at(work, began + timedelta(minutes=step)).rows[0].status for step in range(5)
        ]
    assert statuses == [
        OrderStatus.PENDING,
        OrderStatus.ACCEPTED,
        OrderStatus.SERVING,
        OrderStatus.CONFIRMING,
        OrderStatus.COMPLETED,
    ]


MILESTONES = ("created_at", "accepted_at", "started_at", "finished_at", "completed_at")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-09-21T22:14", "2026-09-21T22:14:00+08:00"),
        ("2026-09-21T22:14:30+09:00", "2026-09-21T22:14:30+09:00"),
        ("22:14", "2026-09-21T22:14:00+08:00"),
        ("05:00", "2026-09-21T05:00:00+08:00"),
        ("-10m", "2026-09-21T22:54:11+08:00"),
        ("10分钟前", "2026-09-21T22:54:11+08:00"),
        ("昨天", "2026-09-20T06:00:00+08:00"),
    ],
)
def test_a_moment_is_said_in_many_ways(text: str, meant: str) -> None:
    assert moment(text, NOW, SHANGHAI) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "+5m", "2026-09-22T00:00", "9月31日", "9999-12-31T23:59", "0001-01-01T00:00"],
)
def test_what_is_no_past_moment_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        moment(text, NOW, SHANGHAI)


def test_events_that_say_nothing_of_a_status_do_not_matter() -> None:
    edited = Happened(NOW, "order.note", {"note": 1})
    assert standing([edited]) is None
    due = (NOW + timedelta(minutes=3)).isoformat()
    said = {"status": "pending", "version": 1, "due_at": due}
    stood = standing([Happened(NOW, "order.created", said), edited])
    assert stood is not None
    assert (stood.status, stood.due_at) == (OrderStatus.PENDING, NOW + timedelta(minutes=3))
