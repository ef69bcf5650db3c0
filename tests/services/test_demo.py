"""The demo studio: the same from the same seed, sound, alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Refused
from crm_tui.core.ids import SeededIds
from crm_tui.core.words import Account, OfferState, OrderStatus
from crm_tui.models import Companion, Customer, CustomerIdentity, Offer, Order
from crm_tui.models.contacts import Interaction
from crm_tui.models.every import METADATA
from crm_tui.services.customers.lookup import find
from crm_tui.services.demo import build, people
from crm_tui.services.demo.build import SMALL
from crm_tui.services.demo.live import Live
from crm_tui.services.demo.place import ready
from crm_tui.services.interactions import templates
from crm_tui.services.money import balances
from crm_tui.services.orders import reads as orders
from crm_tui.services.orders.rules import OPEN
from crm_tui.services.replay.reads import board_at
from crm_tui.services.tasks import reads as tasks
from crm_tui.services.upkeep.doctor import findings
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.postgres_server import PostgresServer

EVENING = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def studio(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A small demo studio that is looked at and not changed, on each engine in turn."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as surroundings, ExitStack() as after:
        surroundings.setenv("CRM_TUI_DATA", str(folder))
        url = str(folder / "studio.db")
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = after.enter_context(server.database())
        store = open_studio(url, clock=FixedClock(EVENING), ids=SeededIds(7), random=Random(7))
        after.callback(store.close)
        build.build(store, SMALL)
        yield store


@pytest.fixture
def lively(store: Store) -> Store:
    """A small demo studio in which something happens, on each engine in turn."""
    build.build(store, SMALL)
    return store


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order of its primary key."""
    with store.read() as work:
        connection = work.session.connection()
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in METADATA.sorted_tables
        }


def test_the_same_seed_and_clock_make_the_same_studio(tmp_path: Path) -> None:
    def made(name: str, seed: int) -> dict[str, list[tuple[Any, ...]]]:
        clock = FixedClock(EVENING)
        store = open_studio(tmp_path / name, clock=clock, ids=SeededIds(seed), random=Random(seed))
        build.build(store, SMALL)
        everything = content(store)
        store.close()
        return everything

    one = made("one.db", 5)
    assert one == made("two.db", 5)
    assert one["orders"] != made("three.db", 6)["orders"]


def test_the_doctor_is_content(studio: Store) -> None:
    assert [finding for finding in findings(studio) if not finding.ok] == []


def test_some_customers_have_topped_up(studio: Store) -> None:
    with studio.read() as work:
        assert balances.subjects(work, Account.STORED)


def test_the_evening_has_open_orders_in_every_state(studio: Store) -> None:
    with studio.read() as work:
        board = orders.board(work)
        counts = orders.counts(work)
        now = work.clock.now()
    assert all(counts.by_status.values())
    assert counts.completed_today > 0
    served = [row for row in board if row.status is OrderStatus.SERVING]
    assert any(row.due_at and row.due_at < now for row in served), "one overruns"
    assert any(row.paused for row in served)
    offered = [row for row in board if row.status is OrderStatus.OFFERED]
    assert all(row.due_at and row.due_at > now and row.open_offers for row in offered)
    open_now = [row for row in board if row.companion_id and row.status in OPEN]
    bound = [row.companion_id for row in open_now if row.finished_at is None]
    assert len(bound) == len(set(bound))


def test_its_past_has_evening_peaks_and_people_who_come_back(studio: Store) -> None:
    with studio.read() as work:
        calendar = work.calendar()
        rows = work.session.connection().execute(
            select(col(Order.created_at), col(Order.customer_id), col(Order.status))
        )
        past = [(calendar.local(at).hour, who, status) for at, who, status in rows]
    evening = sum(hour >= 20 or hour < 2 for hour, _, _ in past)
    assert evening > 0.45 * len(past)
    times = sorted(Counter(who for _, who, _ in past).values(), reverse=True)
    assert sum(times[: len(times) // 5]) > 0.3 * len(past), "a fifth brings a third"
    states = Counter(status for _, _, status in past)
    assert 0 < states[OrderStatus.CANCELLED] < 0.25 * len(past)


def test_its_history_is_in_the_log(studio: Store) -> None:
    from crm_tui.services.orders.history import detail

    with studio.read() as work:
        row = next(row for row in orders.board(work) if row.status is OrderStatus.SERVING)
        told = detail(work, row.no)
    kinds = [entry.kind for entry in told.history]
    assert kinds[0] == "order.created"
    assert "order.started" in kinds
    assert [entry.at for entry in told.history] == sorted(entry.at for entry in told.history)
    assert told.history[0].at == row.created_at


@pytest.mark.parametrize("hour", [0, 3, 9, 15, 21])
def test_whenever_it_is_made_it_is_evening_there(tmp_path: Path, hour: int) -> None:
    clock = FixedClock(datetime(2026, 11, 22, hour, 47, tzinfo=UTC))
    assert ready(tmp_path / "demo.db", size=SMALL, clock=clock)
    store = open_studio(tmp_path / "demo.db", clock=clock)
    with store.read() as work:
        assert work.calendar().local(clock.now()).hour in range(20, 24)
        assert all(orders.counts(work).by_status.values())
    store.close()


def test_it_is_made_anew_on_the_next_day_only(tmp_path: Path) -> None:
    file, clock = tmp_path / "demo.db", FixedClock(EVENING)
    assert ready(file, size=SMALL, clock=clock)
    clock.advance(timedelta(hours=3))
    assert not ready(file, size=SMALL, clock=clock)
    assert ready(file, size=SMALL, clock=clock, reset=True)
    clock.advance(timedelta(hours=24))
    assert ready(file, size=SMALL, clock=clock)
    assert not ready(file, size=SMALL, clock=clock)


def test_a_studio_that_is_no_demo_is_never_touched(tmp_path: Path) -> None:
    file, clock = tmp_path / "studio.db", FixedClock(EVENING)
    store = open_studio(file, clock=clock, ids=SeededIds(3), random=Random(3))
    build.customers(store, 3)
    before = content(store)
    with pytest.raises(Refused):
        ready(file, size=SMALL, clock=clock, reset=True)
    assert content(store) == before
    store.close()


def test_customers_alone_can_be_made_and_are_found(store: Store) -> None:
    progress: list[tuple[int, int]] = []
    build.customers(store, 300, lambda *told: progress.append(told), portion=200)
    assert progress == [(200, 300), (300, 300)]
    with store.read() as work:
        connection = work.session.connection()
        kinds = select(col(CustomerIdentity.normalised), col(CustomerIdentity.customer_id))
        identities = connection.execute(kinds.limit(40)).all()
        for value, customer_id in identities:
            assert find(work, value)[0].id == customer_id
        assert len(set(connection.execute(select(col(Customer.no))).scalars())) == 300
    assert [finding for finding in findings(store) if not finding.ok] == []


def test_a_million_customers_would_all_have_their_own_phone_and_wechat() -> None:
    numbers = range(1, 1_000_001, 97)
    for make in (people.phone, lambda number: people.sign_id("wxid_", number)):
        assert len({make(number) for number in numbers}) == len(numbers)


def test_the_others_move_the_evening_on(lively: Store, clock: FixedClock) -> None:
    live = Live(lively)
    with lively.read() as work:
        before = {row.no: row.status for row in orders.board(work) if row.status in OPEN}
    done = 0
    for _ in range(80):
        clock.advance(timedelta(seconds=live.pause()))
        done += live.step()
    with lively.read() as work:
        after = {row.no: row.status for row in orders.board(work)}
    assert done > 60
    assert set(after) - set(before), "new orders came in"
    moved = [no for no, status in before.items() if after.get(no) is not status]
    assert len(moved) > len(before) / 3
    assert [finding for finding in findings(lively) if not finding.ok] == []


def test_what_somebody_else_was_quicker_to_do_is_left_at_that(
    lively: Store, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on acting on its first look at the board, as if all others were quicker."""
    live = Live(lively)
    moves = [move for move in live._moves() if move.actor.login != "小程序"]
    monkeypatch.setattr(live, "_moves", lambda: iter(moves))
    clock.advance(timedelta(minutes=5))
    answers = [live.step() for _ in range(80)]
    assert {True, False} == set(answers)
    assert [finding for finding in findings(lively) if not finding.ok] == []


def test_the_play_ends_when_it_is_told_to(lively: Store) -> None:
    waits: list[float] = []

    def stopped(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 5

    Live(lively).play(stopped)
    assert len(waits) == 6
    assert all(0 <= seconds <= 8 for seconds in waits)


def test_companions_of_higher_levels_are_rarer_and_hold_higher_ranks() -> None:
    levels = [(3000, 7500), (4500, 7800), (6800, 8000), (9800, 8200)]
    made = people.players(Random(1), range(1, 401), levels, [7, 8, 10, 0], EVENING)
    by_level = Counter(one.level for one in made)
    assert by_level[0] > by_level[1] > by_level[3]
    assert all(one.games for one in made)
    assert all((step is None) == (game == 3) for one in made for game, step in one.games)

    def gap(level: int) -> float:
        tops = [7, 8, 10]
        steps = [
            tops[game] - 1 - step
            for one in made
            if one.level == level
            for game, step in one.games
            if step is not None
        ]
        return sum(steps) / len(steps)

    assert gap(3) < gap(0)


def test_presence_fits_the_orders(studio: Store) -> None:
    with studio.read() as work:
        rows = orders.board(work)
        bound = {row.companion_id for row in rows if row.status is OrderStatus.SERVING}
        said = dict(
            work.session.connection()
            .execute(select(col(Companion.id), col(Companion.presence)))
            .all()
        )
    assert {said[who] for who in bound} == {"idle"}
    assert len(set(said.values())) > 1


def test_contacts_and_tasks_stand_with_those_who_ordered_last(studio: Store) -> None:
    with studio.read() as work:
        noted = work.session.exec(select(Interaction.customer_id).distinct()).all()
        open_now = tasks.open_tasks(work)
        assert len(noted) >= 10
        assert len(templates.listed(work)) == 3
        now = work.clock.now()
        assert any(row.overdue(now) for row in open_now)
        assert any(not row.overdue(now) for row in open_now)


def test_what_it_promised_and_who_won_is_as_the_services_write_it(studio: Store) -> None:
    with studio.read() as work:
        board = orders.board(work)
        then = board_at(work, work.clock.now())
        accepted = select(col(Offer.place)).where(col(Offer.state) == OfferState.ACCEPTED)
        won = {place for (place,) in work.session.connection().execute(accepted.distinct())}
    waiting = {row.no: row.due_at for row in board if row.status is OrderStatus.PENDING}
    assert waiting.items() <= {row.no: row.due_at for row in then.rows}.items()
    assert won == {1}
