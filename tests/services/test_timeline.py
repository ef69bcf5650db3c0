"""One timeline of a customer over all sources, in pages, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import (
    ContactChannel,
    ContactDirection,
    IdentityKind,
    OrderStatus,
    PayChannel,
    Role,
    TaskKind,
)
from crm_tui.models import MAIN_STORE, Order, Payment
from crm_tui.services.customers import actions, reads, timeline
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.customers.timeline import Entry, Source
from crm_tui.services.duplicates import actions as duplicates
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def page(desk: Desk, role: Role | None = None, **asked: Any) -> list[Entry]:
    with desk.store.read() as work:
        return timeline.page(work, desk.customer, role=role, **asked)


def whole(desk: Desk, at_once: int) -> list[Entry]:
    """The timeline as somebody who scrolls reads it."""
    entries = page(desk, limit=at_once)
    while more := page(desk, limit=at_once, before=entries[-1].mark):
        entries += more
    return entries


def test_all_that_happened_stands_on_one_line_of_time(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.COMPLETED)
    desk.wait(1)
    contact = NewInteraction(
        desk.customer, "要鹿鹿", ContactChannel.WECHAT, ContactDirection.INBOUND
    )
    desk.do(interactions.note, contact)
    desk.wait(1)
    desk.do(tasks.add, NewTask("回访", desk.customer, kind=TaskKind.COMPLAINT))
    desk.wait(1)
    desk.do(actions.edit, desk.customer, {"city": "杭州", "phone": "13800138000", "minor": True})
    desk.do(actions.tag, desk.customer, ["VIP"])
    told = page(desk)
    assert [entry.mark.source for entry in told] == [
        Source.EVENT, Source.EVENT, Source.TASK, Source.INTERACTION, Source.PAYMENT, Source.ORDER,
    ]  # fmt: skip
    assert [entry.what for entry in told] == [
        "Tags +VIP",
        "changed: City 杭州 · Phone 138****8000 · Minor yes",
        "Complaint · 回访 · To do",
        "WeChat · From the customer · 要鹿鹿",
        f"Payment · ¥45.00 · Cash · {no}",
        f"{no} · Completed · ¥45.00 · 王者荣耀 · 鹿鹿00 · 60 min · Companionship",
    ]
    assert {entry.actor for entry in told[:5]} == {"li"}
    assert told[-1].order_no == no


def test_pages_neither_lose_nor_repeat_what_happened_at_one_instant(desk: Desk) -> None:
    for _round in range(7):
        desk.order_in(OrderStatus.COMPLETED)
        desk.do(tasks.add, NewTask("x", desk.customer))
        desk.do(interactions.note, NewInteraction(desk.customer, "x"))
        desk.do(actions.edit, desk.customer, {"note": f"{_round}"})
    at_once = page(desk, limit=1000)
    assert len(at_once) == 7 * 5
    for length in (1, 2, 3, 5, 34):
        assert whole(desk, length) == at_once


def test_what_is_told_again_is_told_as_it_is_now(desk: Desk) -> None:
    task = desk.do(tasks.add, NewTask("回访", desk.customer))
    (before,) = (each for each in page(desk) if each.mark.source is Source.TASK)
    desk.do(tasks.done, task, "送了券")
    with desk.store.read() as work:
        (after,) = timeline.told(work, [before.mark])
    assert (after.mark, after.what) == (before.mark, "Follow-up · 回访 · Done · 送了券")


def test_a_changed_value_stands_with_what_it_was(desk: Desk) -> None:
    who = desk.do(actions.add, NewCustomer("甲", identities={IdentityKind.QQ: "1234567"}))
    desk.do(actions.edit, who, {"nick": "乙"})
    with desk.store.read() as work:
        told = [entry.what for entry in timeline.page(work, who)]
    assert told == [
        "changed: Nickname 甲 > 乙",
        "customer added: Nickname 甲 · QQ 1234567 · Source Other",
    ]


@contextmanager
def counting(store: Store) -> Iterator[list[int]]:
    """Statements, and the rows that they gave, while the block runs."""
    counted = [0, 0]

    def executed(*_args: Any) -> None:
        counted[0] += 1

    sqlalchemy_event.listen(store.dialect.engine, "after_cursor_execute", executed)
    try:
        yield counted
    finally:
        sqlalchemy_event.remove(store.dialect.engine, "after_cursor_execute", executed)


def heavy(desk: Desk, orders: int) -> int:
    """A customer with so many completed orders, each paid."""
    who: int = desk.do(actions.add, NewCustomer(f"常客{orders}"))
    now = desk.clock.now() - timedelta(days=300)
    with desk.store.write(desk.actor) as work:
        ids = work.reserve_ids(Order, orders)
        rows = [
            {
                "id": order_id, "store_id": MAIN_STORE, "no": f"X{order_id}", "customer_id": who,
                "game_id": desk.game, "status": OrderStatus.COMPLETED, "amount_fen": 4500,
                "paid_fen": 4500, "created_at": now + timedelta(minutes=place),
                "completed_at": now + timedelta(minutes=place + 60), "billed_minutes": 60,
            }
            for place, order_id in enumerate(ids)
        ]  # fmt: skip
        work.session.connection().execute(insert(Order), rows)
        paid = [
            {
                "store_id": MAIN_STORE, "order_id": row["id"], "customer_id": who,
                "channel": PayChannel.CASH, "amount_fen": 4500, "paid_at": row["completed_at"],
            }
            for row in rows
        ]  # fmt: skip
        work.session.connection().execute(insert(Payment), paid)
    return who


def test_a_customer_with_many_orders_opens_with_as_many_statements(desk: Desk) -> None:
    few, many = heavy(desk, 60), heavy(desk, 2_000)
    taken = {}
    for who in (few, many):
        with counting(desk.store) as counted, desk.store.read() as work:
            reads.person(work, who)
            reads.open_orders(work, who)
            assert len(reads.orders(work, who)) == 50
            assert len(timeline.page(work, who)) == 50
        taken[who] = counted[0]
    assert taken[few] == taken[many]


def test_a_merge_stands_on_the_timeline_with_what_became_of_the_other(desk: Desk) -> None:
    other = desk.do(actions.add, NewCustomer("小鱼干", identities={IdentityKind.QQ: "1234567"}))
    desk.do(actions.edit, other, {"note": "old friend"})
    desk.wait(1)
    with desk.store.write(MANAGER) as work:
        duplicates.merge(work, desk.customer, other)
    told = [entry.what for entry in page(desk)]
    assert told[0].startswith("C000001 merged into it")
    assert "changed: Note old friend" in told, "what happened to the other is told here now"


def test_a_field_that_a_role_may_not_see_is_not_told_to_it(desk: Desk) -> None:
    with desk.store.write(MANAGER) as work:
        fields.define(work, "customer", Definition("debt", "Debt", "text", seen_by=("manager",)))
    with desk.store.write(MANAGER) as work:
        actions.edit(work, desk.customer, {"custom.debt": "secret"})
    assert "changed: Debt secret" in [entry.what for entry in page(desk, Role.MANAGER)]
    assert "secret" not in repr(page(desk, Role.OPERATOR)) + repr(page(desk))
    with desk.store.read() as work:
        assert reads.person(work, desk.customer, Role.OPERATOR).fields == ()
