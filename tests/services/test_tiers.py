"""The tier of a customer follows from the orders, on the business days of the studio."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotFound
from crm_tui.core.words import OrderStatus, Segment
from crm_tui.services.customers.rfm import Tier
from crm_tui.services.customers.tiers import tier_of, tiers_of
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


def _tier(desk: Desk) -> Tier:
    with desk.store.read() as work:
        return tier_of(work, desk.customer)


def test_a_tier_follows_the_orders_and_the_days(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    assert _tier(desk) == Tier(Segment.PROSPECT)
    desk.order_in(OrderStatus.COMPLETED)
    assert _tier(desk) == Tier(Segment.NEW, 5, 1, 1)
    desk.order_in(OrderStatus.CANCELLED)
    desk.order_in(OrderStatus.COMPLETED)
    assert _tier(desk) == Tier(Segment.ACTIVE, 5, 2, 1)
    for _ in range(7):
        desk.order_in(OrderStatus.COMPLETED)
    assert _tier(desk) == Tier(Segment.HIGH_POTENTIAL, 5, 5, 2)
    clock.advance(timedelta(days=31))
    assert _tier(desk) == Tier(Segment.TO_WAKE, 2, 5, 2)
    clock.advance(timedelta(days=59))
    assert _tier(desk) == Tier(Segment.TO_WAKE, 1, 5, 2)
    clock.advance(timedelta(days=1))
    assert _tier(desk) == Tier(Segment.LOST, 1, 1, 1)


def test_the_past_is_seen_as_it_was(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    first = clock.now()
    desk.order_in(OrderStatus.COMPLETED)
    clock.advance(timedelta(days=70))
    desk.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        assert tier_of(work, desk.customer, first).segment is Segment.NEW
        assert tier_of(work, desk.customer, first - timedelta(1)).segment is Segment.PROSPECT
        assert tier_of(work, desk.customer).segment is Segment.ACTIVE


def test_the_day_begins_when_the_studios_does(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)  # 23:04 in Shanghai
    desk.order_in(OrderStatus.COMPLETED)
    clock.advance(timedelta(days=7, hours=2))  # after midnight, before 06:00
    assert _tier(desk).r == 5
    with store.write(MANAGER) as work:
        set_setting(work, "store.business_day_start", "00:00")
    assert _tier(desk).r == 4


def test_edges_are_a_setting(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    edges = '{"recency_days": [1, 2, 3, 4], "frequency": [1, 0, 0, 0], "money_yuan": [40, 3, 2, 1]}'
    with store.write(MANAGER) as work:
        set_setting(work, "customers.rfm_edges", edges)
    assert _tier(desk) == Tier(Segment.HIGH_VALUE, 5, 5, 5)


def test_strangers_have_none(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    with store.read() as work:
        assert set(tiers_of(work, [desk.customer, 999])) == {desk.customer}
        with pytest.raises(NotFound):
            tier_of(work, 999)
