"""What the board and the lists read: the right rows, and no more queries for more of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import PayChannel, Presence
from crm_tui.models import Companion
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import reads as suggestions
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.orders.rules import Purchase
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=12)


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(store.dialect.engine, "before_cursor_execute", note)
    yield said
    event.remove(store.dialect.engine, "before_cursor_execute", note)


def test_the_board_shows_what_is_open_and_todays_end_most_urgent_first(desk: Desk) -> None:
    yesterday = desk.order_in(S.COMPLETED, companion=0)
    desk.wait(24 * 60)
    done = desk.order_in(S.COMPLETED, companion=0)
    gone = desk.order_in(S.CANCELLED)
    unpaid = desk.order_in(S.UNPAID, companion=1)
    serving = desk.order_in(S.SERVING, companion=2)
    late = desk.order()
    desk.wait(4)
    offered = desk.order_in(S.OFFERED, companion=3)
    fresh = desk.order()
    with desk.store.read() as work:
        rows = reads.board(work)
        counts = reads.counts(work)
        elsewhere = reads.board(work, store_id=2)
    assert [row.no for row in rows] == [late, offered, fresh, serving, unpaid, done, gone]
    assert yesterday not in {row.no for row in rows}
    due = {row.no: row.due_at for row in rows}
    now = desk.clock.now()
    assert due[late] == now - timedelta(minutes=1)
    assert due[serving] == now + timedelta(minutes=56)
    assert counts.by_status == {
        S.PENDING: 2,
        S.OFFERED: 1,
        S.ACCEPTED: 0,
        S.SERVING: 1,
        S.CONFIRMING: 0,
        S.UNPAID: 1,
    }
    assert (counts.completed_today, counts.gross_fen, counts.companions_online) == (1, 4500, 12)
    assert elsewhere == []


def test_more_orders_take_no_more_queries(desk: Desk) -> None:
    def queries() -> tuple[int, int, int]:
        with desk.store.read() as work, counted(desk.store) as said:
            reads.board(work)
            board = len(said)
            reads.find(work)
            found = len(said) - board
            suggestions.suggest(work, first)
            return board, found, len(said) - board - found

    first = desk.order()
    for index, status in enumerate((S.OFFERED, S.SERVING, S.COMPLETED)):
        desk.order_in(status, companion=index)
    few = queries()
    for index in range(3, 10):
        desk.order_in((S.OFFERED, S.SERVING, S.UNPAID)[index % 3], companion=index)
    assert queries() == few
    board, found, suggested = few
    assert board <= 9 and found <= 6 and suggested <= 20


def test_orders_are_found_by_state_day_and_people(desk: Desk) -> None:
    old = desk.order_in(S.COMPLETED, companion=0)
    desk.wait(24 * 60)
    handed = desk.order_in(S.SERVING, companion=0)
    desk.do(orders.hand_over, handed, desk.companions[1])
    free = desk.order()
    with desk.store.read() as work:

        def numbers(**which: object) -> list[str]:
            found = reads.find(work, **which)  # type: ignore[arg-type]
            many = reads.how_many(
                work, **{name: value for name, value in which.items() if name != "limit"}
            )  # type: ignore[arg-type]
            assert many >= len(found)
            return [row.no for row in found]

        assert numbers() == [free, handed, old]
        assert numbers(limit=2) == [free, handed]
        assert numbers(status=S.PENDING) == [free]
        assert numbers(day=date(2026, 9, 21)) == [old]
        assert numbers(companion_id=desk.companions[0]) == [handed, old]
        assert numbers(companion_id=desk.companions[1]) == [handed]
        assert numbers(customer_id=desk.customer, status=S.COMPLETED) == [old]
        assert numbers(customer_id=999) == []
        ids = [row.id for row in reads.find(work)]
        assert [row.id for row in reads.by_ids(work, [ids[2], 999, ids[0]])] == [ids[2], ids[0]]
        assert [row.no for row in reads.find(work, limit=None)] == [free, handed, old]


def test_first_orders_renewals_and_repurchases_are_told_by_the_system(desk: Desk) -> None:
    first = desk.order_in(S.COMPLETED, companion=0)
    desk.wait(60)
    renewal = desk.order_in(S.COMPLETED, companion=0)
    desk.wait(60)
    other = desk.order_in(S.ACCEPTED, companion=1)
    kinds = [desk.detail(no).purchase for no in (first, renewal, other)]
    assert kinds == [Purchase.FIRST, Purchase.RENEWAL, Purchase.REPURCHASE]


def test_an_order_that_waits_has_no_split(desk: Desk) -> None:
    detail = desk.detail(desk.order())
    assert (detail.split, detail.explanation) == (None, "")


def test_what_was_paid_before_the_share_changed_is_split_as_agreed(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    with desk.store.write(MANAGER) as work:
        companion = work.session.get(Companion, desk.companions[0])
        assert companion is not None
        companion.share_bp, companion.presence = 5000, Presence.RESTING
    desk.do(orders.pay, no, PayChannel.CASH, 4500)
    split = desk.detail(no).split
    assert split is not None and split.share_bp == 8000


def test_the_document_of_an_order_is_json_with_times_on_the_wall(desk: Desk) -> None:
    no = desk.order()
    desk.do(dispatch.offer, no)
    with desk.store.read() as work:
        zone = work.calendar().zone
    told = reads.document(desk.row(no), zone)
    assert told["created_at"] == "2026-09-21T23:04:11+08:00"
    assert told["due_at"] == "2026-09-21T23:05:11+08:00"
    assert (told["status"], told["paused"], told["companion"]) == ("offered", False, None)
