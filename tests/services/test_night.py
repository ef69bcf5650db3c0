"""A short night in each regime: whatever happens, the promises of dispatch hold."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import select

from bench.night import GRAB, PLAN, Scale, night
from bench.night_crowd import Temper, comes, learned
from crm_tui.core.words import OfferState, OrderStatus
from crm_tui.models import Assignment, Event, Offer, Order
from crm_tui.services.orders.rules import TRANSITIONS
from crm_tui.storage.store import ReadWork

REGIMES = [PLAN, GRAB] if os.environ.get("CRM_TUI_LONG_TESTS") else [PLAN]


def no_two_at_once(stretches: Iterable[tuple[Hashable, datetime, datetime | None]]) -> bool:
    """No two stretches of the same one overlap, and all have ended."""
    of: defaultdict[Hashable, list[tuple[datetime, datetime]]] = defaultdict(list)
    for whose, begun, ended in stretches:
        if ended is None:
            return False
        of[whose].append((begun, ended))
    return all(
        first[1] <= second[0] for each in of.values() for first, second in pairwise(sorted(each))
    )


def moves(work: ReadWork) -> Counter[tuple[OrderStatus, OrderStatus]]:
    """How often the log tells of each move from one status to another."""
    told: defaultdict[int, list[OrderStatus]] = defaultdict(list)
    events = select(Event.entity_id, Event.data).where(Event.entity == "order").order_by(Event.seq)
    for order_id, data in work.session.exec(events):
        if "status" in data:
            told[order_id].append(OrderStatus(data["status"]))
    return Counter(pair for each in told.values() for pair in pairwise(each))


@pytest.mark.parametrize("regime", REGIMES)
def test_nobody_twice_no_place_twice_and_every_offer_ends(tmp_path: Path, regime: str) -> None:
    begun = night(tmp_path, 5, regime, Scale(orders=24, companions=12, customers=40))
    told = begun.run()
    assert told.orders == 24 and told.accepted > 8 and told.offers_taken >= told.accepted
    with begun.store.read() as work:
        rows = work.session.exec(select(Assignment)).all()
        assert no_two_at_once((one.companion_id, one.accepted_at, one.ended_at) for one in rows)
        assert no_two_at_once(
            ((one.order_id, one.place), one.accepted_at, one.ended_at) for one in rows
        )
        offers = work.session.exec(select(Offer)).all()
        numbers = {one.id: one.no for one in work.session.exec(select(Order))}
        wanted = [begun.want_of[numbers[one.order_id]] for one in offers]
        assert all(
            begun.able[one.companion_id].may(want) for one, want in zip(offers, wanted, strict=True)
        ), "who is asked might be asked, as far as the simulation knows"
        assert OfferState.OPEN not in {one.state for one in offers}
        won = Counter((one.round_id, one.place) for one in offers if one.place is not None)
        assert set(won.values()) == {1}
        left = {OrderStatus.COMPLETED, OrderStatus.CANCELLED}
        assert set(work.session.exec(select(Order.status))) <= left
        assert all(to == at or to in TRANSITIONS[at] for at, to in moves(work))
    begun.store.close()


def test_who_is_often_asked_in_vain_comes_less_often_if_they_mind() -> None:
    temper = Temper(0, 3600, None, notices=0.8, looks=10, declines=0, withdraws=0)
    trust = 1.0
    for _look in range(30):
        trust = learned(trust, found=False)
    assert comes(temper, trust, wariness=0) == 0.8
    assert comes(temper, trust, wariness=1) < comes(temper, trust, wariness=0.5) < 0.2
    assert learned(trust, found=True) > trust
