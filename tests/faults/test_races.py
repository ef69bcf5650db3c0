"""Many processes at the same orders: exactly one wins, the others are told, nothing is locked."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from sqlmodel import col, func, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import (
    Account,
    DispatchMode,
    OfferState,
    OrderStatus,
    PayChannel,
    PaymentKind,
)
from crm_tui.models import Assignment, Event, Offer, Order, Payment
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import offers
from crm_tui.services.dispatch.offers import Addressee
from crm_tui.services.dispatch.tiers import Tier
from crm_tui.services.money import balances
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.moves import hold, move
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import MANAGER, Desk, open_desk
from tests.racers import (
    Attempt,
    accept_on,
    accept_together,
    careless,
    claim_on,
    refund_together,
    run_race,
)

RACERS = 8
LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
CLAIMERS = 16 if LONG else 4
CLAIMS = 10_000 if LONG else 120


def test_of_eight_processes_that_accept_the_same_order_exactly_one_wins(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk = open_desk(store, clock, companions=RACERS * 6)
    numbers = []
    for heat in range(6):
        no = desk.order()
        field = desk.companions[heat * RACERS : (heat + 1) * RACERS]
        desk.do(dispatch.offer, no, field)
        numbers.append((no, field))
    attempts = [[(no, field[racer]) for no, field in numbers] for racer in range(RACERS)]

    outcomes = run_race(accept_together, store_url, clock, attempts)

    for heat, (no, field) in enumerate(numbers):
        told = [outcome[heat] for outcome in outcomes]
        assert Counter(told) == {"won": 1, "taken": RACERS - 1}
        row = desk.row(no)
        assert (row.status, row.companion_id) == (OrderStatus.ACCEPTED, field[told.index("won")])
        states = Counter(line.state for line in desk.detail(no).offers)
        assert states == {OfferState.ACCEPTED: 1, OfferState.LOST: RACERS - 1}


def test_the_same_refund_by_several_processes_is_booked_once(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    same, others = (desk.order_in(OrderStatus.COMPLETED) for _ in range(2))

    outcomes = run_race(refund_together, store_url, clock, [[(same, 1), (others, 0)]] * 3)

    assert [told[0] for told in outcomes] == ["won"] * 3
    assert Counter(told[1] for told in outcomes) == {"won": 1, "refused": 2}
    assert desk.row(same).paid_fen == desk.row(others).paid_fen == 1500
    with store.read() as work:
        assert balances.replay_differences(work) == []
        assert balances.balance(work, Account.REFUNDS) == 2 * 600
        given = select(func.count()).where(Payment.kind == PaymentKind.REFUND)
        assert work.session.exec(given).one() == 2


@pytest.mark.slow
def test_many_processes_claim_the_same_orders_and_each_goes_to_one_companion(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    total = CLAIMS // CLAIMERS
    desk = open_desk(store, clock, companions=CLAIMERS * total)
    numbers = [desk.order() for _ in range(total)]

    outcomes = run_race(claim_on, store_url, clock, _from_everywhere(desk, numbers))

    told = Counter(outcome for each in outcomes for outcome in each)
    assert told == {"won": total, "taken": total * (CLAIMERS - 1)}
    with store.read() as work:
        per_order = work.session.exec(
            select(Assignment.order_id, func.count()).group_by(col(Assignment.order_id))
        ).all()
        assert sorted(count for _order, count in per_order) == [1] * total
        accepted = work.session.exec(
            select(func.count()).where(Order.status == OrderStatus.ACCEPTED, Order.version == 2)
        ).one()
        assigned = work.session.exec(
            select(func.count()).where(Event.kind == "order.assigned")
        ).one()
        assert (accepted, assigned) == (total, total)


@pytest.mark.slow
def test_many_processes_accept_offers_and_each_place_has_one_winner(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    """Every third order wants three companions; whoever is late is told that it is taken."""
    total = CLAIMS // CLAIMERS
    desk = open_desk(store, clock, companions=CLAIMERS * total)
    places = [3 if number % 3 == 0 else 1 for number in range(total)]
    numbers = [desk.order(places=each) for each in places]
    attempts = _from_everywhere(desk, numbers)
    _offer(desk, attempts)

    outcomes = run_race(accept_on, store_url, clock, attempts)

    told = Counter(outcome for each in outcomes for outcome in each)
    assert told == {"won": sum(places), "taken": CLAIMERS * total - sum(places)}
    with store.read() as work:
        winners = work.session.exec(
            select(Offer.order_id, Offer.place).where(Offer.state == OfferState.ACCEPTED)
        ).all()
        bound = work.session.exec(select(Assignment.order_id, Assignment.place)).all()
        states = Counter(work.session.exec(select(Offer.state)).all())
    assert Counter(winners) == Counter(bound)
    assert max(Counter(bound).values()) == 1
    assert states == {
        OfferState.ACCEPTED: sum(places),
        OfferState.LOST: CLAIMERS * total - sum(places),
    }


def _offer(desk: Desk, attempts: list[list[Attempt]]) -> None:
    """Offer every order to all who will want it, without ranking 10,000 companions 625 times."""
    asked: dict[str, list[Addressee]] = {}
    for no, companion_id in chain.from_iterable(attempts):
        asked.setdefault(no, []).append(Addressee(companion_id))
    until = desk.clock.now() + timedelta(minutes=1)
    with desk.store.write(desk.actor) as work:
        for no, addressees in asked.items():
            held = move(work, hold(work, no), OrderStatus.OFFERED)
            named = tuple(one.companion_id for one in addressees)
            opened = offers.open_round(
                work, held.store_id, held.id, DispatchMode.GRAB, (Tier(60, named=named),)
            )
            offers.ask(work, opened, 1, addressees, until, None)


def _from_everywhere(desk: Desk, numbers: list[str]) -> list[list[Attempt]]:
    """For each claimer all orders, each with a companion of its own, begun at different ones."""
    people = iter(desk.companions)
    attempts = [[(no, next(people)) for no in numbers] for _ in range(CLAIMERS)]
    return [tries[shift:] + tries[:shift] for shift, tries in enumerate(attempts)]


def test_the_race_is_one_that_can_be_lost(sqlite_url: str, clock: FixedClock) -> None:
    """The control: who looks first and acts later is not the only winner."""
    store = open_studio(sqlite_url, clock=clock)
    desk = open_desk(store, clock)
    no = desk.order()
    outcomes = run_race(careless, sqlite_url, clock, [[(no, 1)], [(no, 2)]])
    assert outcomes == [["won"], ["won"]]
    assert desk.row(no).version == 3
    store.close()


@pytest.mark.parametrize(
    ("before", "act", "loser"),
    [
        (OrderStatus.ACCEPTED, lambda work, no: orders.start(work, no), "not_allowed"),
        (OrderStatus.SERVING, lambda work, no: orders.finish(work, no), "not_allowed"),
        (OrderStatus.CONFIRMING, lambda work, no: orders.confirm(work, no), "not_allowed"),
        (OrderStatus.OFFERED, lambda work, no: dispatch.recall(work, no), "not_allowed"),
        (OrderStatus.PENDING, lambda work, no: orders.cancel(work, no, ""), "not_allowed"),
        (
            OrderStatus.PENDING,
            lambda work, no: orders.pay(work, no, PayChannel.WECHAT, 4500, "wx-1"),
            "refused",
        ),
        (
            OrderStatus.PENDING,
            lambda work, no: orders.pay(work, no, PayChannel.WECHAT, 100, "wx-1"),
            "duplicate",
        ),
        (
            OrderStatus.PENDING,
            lambda work, no: orders.pay(work, no, PayChannel.CASH, 100, expected_version=1),
            "conflict",
        ),
    ],
)
def test_the_same_key_pressed_on_two_consoles_acts_once(
    store: Store,
    store_url: str,
    clock: FixedClock,
    before: OrderStatus,
    act: Callable[[UnitOfWork, str], Any],
    loser: str,
) -> None:
    no = open_desk(store, clock).order_in(before)
    start, outcomes = threading.Barrier(2), []

    def console() -> None:
        own = open_studio(store_url, clock=clock)
        try:
            start.wait()
            own.perform(MANAGER, lambda work: act(work, no))
            outcomes.append("done")
        except CrmError as error:
            outcomes.append(error.code)
        finally:
            own.close()

    consoles = [threading.Thread(target=console) for _ in range(2)]
    for thread in consoles:
        thread.start()
    for thread in consoles:
        thread.join()
    assert sorted(outcomes) == sorted(["done", loser])


def test_an_answer_and_the_expiry_of_the_same_offer_agree(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    """While one console holds the order, another's expiry leaves it alone or waits for it."""
    desk = open_desk(store, clock)
    no = desk.order()
    desk.do(dispatch.offer, no, desk.companions[:2])
    other, expired = open_studio(store_url, clock=clock), []
    expiry = threading.Thread(
        target=lambda: expired.append(other.perform(MANAGER, dispatch.expire_due))
    )
    with store.write(MANAGER) as work:
        dispatch.accept(work, no, desk.companions[0])
        desk.wait(5)
        expiry.start()
    expiry.join()
    other.close()
    assert expired == [[]]
    with store.read() as work:
        states = work.session.exec(select(Offer.state).order_by(col(Offer.id))).all()
    assert states == [OfferState.ACCEPTED, OfferState.LOST]
    assert desk.row(no).status is OrderStatus.ACCEPTED
