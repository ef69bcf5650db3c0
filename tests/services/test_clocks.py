"""Clocks that run out are told of once; the lease says who sees to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Refused, StorageProblem
from crm_tui.core.words import AlarmKind as K
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import Role
from crm_tui.models import Operator
from crm_tui.models.contacts import Task
from crm_tui.services.alarms import reads as alarms
from crm_tui.services.clocks.actions import raise_due
from crm_tui.services.clocks.jobs import JOBS, Done, Job
from crm_tui.services.clocks.reads import run_out
from crm_tui.services.clocks.upkeep import Failed, Standing, Stands, Told, Upkeep
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

CLOCKS = tuple(job for job in JOBS if job.name == "clocks")


def raised(desk: Desk) -> list[tuple[K, str]]:
    """What a look at the clocks tells of now."""
    return [(each.kind, each.no) for each in desk.do(raise_due)]


def since_start(desk: Desk, no: str, minutes: float, *expected: K) -> None:
    """Let time pass, and see that these are told of, once."""
    desk.wait(minutes)
    assert raised(desk) == [(kind, no) for kind in expected]
    assert raised(desk) == []


def test_each_clock_of_an_order_is_told_of_once(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    with store.write(MANAGER) as work:
        work.session.add(Operator(login="wang", role=Role.MANAGER, created_at=clock.now()))
    no = desk.order()
    since_start(desk, no, 2)
    since_start(desk, no, 1, K.RESPONSE)
    since_start(desk, no, 5, K.ESCALATION)
    desk.do(orders.assign, no, desk.companions[0])
    since_start(desk, no, 10, K.START_DELAY)
    desk.do(orders.start, no)
    since_start(desk, no, 49)
    desk.do(orders.pause, no)
    since_start(desk, no, 30)
    desk.do(orders.resume, no)
    since_start(desk, no, 1, K.ENDING)
    desk.do(orders.pause, no)
    desk.do(orders.resume, no)
    since_start(desk, no, 9)
    since_start(desk, no, 6, K.OVERRUN)
    desk.do(orders.disconnect, no)
    since_start(desk, no, 5, K.DISCONNECT)
    desk.do(orders.finish, no, 60)
    assert desk.row(no).clock is K.UNCONFIRMED
    since_start(desk, no, 24 * 60, K.UNCONFIRMED)
    assert desk.row(no).status is S.UNPAID
    since_start(desk, no, 120, K.UNPAID)
    with store.read() as work:
        kinds = [row.kind for row in alarms.of_order(work, desk.row(no).id)]
        task = work.session.exec(select(Task)).one()
        owner = work.session.get(Operator, task.owner_id)
    assert sorted(kinds) == sorted(set(kinds)) and len(kinds) == 8
    assert owner is not None and owner.login == "wang" and no in task.title


def test_connections_lost_at_different_times_are_each_told_of_once(
    store: Store, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    first, second = desk.order(), desk.order()
    for no, companion in zip((first, second), desk.companions, strict=False):
        desk.do(orders.assign, no, companion)
        desk.do(orders.start, no)
    desk.do(orders.disconnect, first)
    desk.wait(1)
    desk.do(orders.disconnect, second)
    since_start(desk, first, 4, K.DISCONNECT)
    since_start(desk, second, 1, K.DISCONNECT)
    with store.read() as work:
        assert run_out(work) == []


def test_a_clock_that_begins_anew_can_run_out_anew(sqlite_store: Store, clock: FixedClock) -> None:
    desk = open_desk(sqlite_store, clock)
    no = desk.order()
    since_start(desk, no, 3, K.RESPONSE)
    for companion in desk.companions[:2]:
        desk.do(orders.assign, no, companion)
        since_start(desk, no, 10, K.START_DELAY)
        desk.do(orders.release, no, "ill")
        since_start(desk, no, 3, K.RESPONSE)


def test_the_response_clock_goes_by_the_hours_of_the_store(
    sqlite_store: Store, clock: FixedClock
) -> None:
    desk = open_desk(sqlite_store, clock)
    with sqlite_store.write(MANAGER) as work:
        set_setting(work, "store.business_hours", "10:00-23:05")
    no = desk.order()  # at 23:04:11
    assert desk.row(no).due_at == clock.now() + timedelta(hours=10, minutes=57, seconds=60)
    since_start(desk, no, 60 * 10 + 57)
    since_start(desk, no, 1, K.RESPONSE)


def test_what_is_found_has_an_index_to_be_found_by(store: Store, clock: FixedClock) -> None:
    """However many orders are closed, a look does not go through them."""
    desk = open_desk(store, clock)
    desk.order_in(S.COMPLETED)
    with store.read() as work:
        assert run_out(work) == []


def test_nobody_is_warned_of_an_end_that_is_there(sqlite_store: Store, clock: FixedClock) -> None:
    desk = open_desk(sqlite_store, clock)
    no = desk.order_in(S.SERVING)
    since_start(desk, no, 60)
    since_start(desk, no, 5, K.OVERRUN)


def test_one_process_has_the_lease_and_another_takes_over_when_it_is_gone(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    other = open_studio(store_url, clock=clock)
    told: list[list[Told]] = [[], []]
    here = Upkeep(store, "console", told[0].append, CLOCKS)
    there = Upkeep(other, "worker", told[1].append, CLOCKS)

    def steps() -> None:
        here.step()
        there.step()

    steps()
    assert told == [[Stands(Standing.HOLDS)], [Stands(Standing.STANDS_BY, here.holder)]]
    no = desk.order()
    for _look in range(46):
        clock.advance(timedelta(seconds=4))
        steps()
    assert [done.ref for done in told[0] if isinstance(done, Done)] == [no]
    clock.advance(timedelta(minutes=5))  # the console has died
    there.step()
    assert [one.what for one in told[1] if isinstance(one, Done)] == ["clock.escalation"]
    steps()
    assert told[0][-1] == Stands(Standing.STANDS_BY, there.holder)
    there.leave()
    here.step()
    assert told[0][-1] == Stands(Standing.HOLDS)
    clock.advance(timedelta(hours=-1))  # the machine's clock was set back: nobody is locked out
    there.step()
    assert there.standing is Standing.HOLDS
    other.close()


def test_one_refusal_does_not_stop_the_others_and_is_told_of(
    sqlite_store: Store, clock: FixedClock
) -> None:
    def act(_work: Any, items: Any) -> list[Done]:
        if 2 in items:
            raise Refused(why="no")
        return [Done("done", str(item)) for item in items]

    told: list[Told] = []
    job = Job("some", timedelta(seconds=1), act, lambda _work: [1, 2, 3])
    upkeep = Upkeep(sqlite_store, "worker", told.append, [job])
    for _second in range(3):
        upkeep.step()
        clock.advance(timedelta(seconds=1))
    assert [one.ref for one in told if isinstance(one, Done)] == ["1", "3"] * 3
    assert [one.job for one in told if isinstance(one, Failed)] == ["some"]


def test_a_lost_database_is_told_of_and_gone_on_from(
    sqlite_store: Store, clock: FixedClock
) -> None:
    reach = [True, False, True]

    def find(_work: Any) -> list[int]:
        if not reach.pop(0):
            raise StorageProblem(database="studio.db", why="gone")
        return []

    told: list[Told] = []
    upkeep = Upkeep(
        sqlite_store,
        "worker",
        told.append,
        [Job("some", timedelta(seconds=1), lambda _work, _items: [], find)],
    )
    for _second in range(3):
        upkeep.step()
        clock.advance(timedelta(seconds=1))
    standings = [one.standing for one in told if isinstance(one, Stands)]
    assert standings == [Standing.HOLDS, Standing.LOST, Standing.HOLDS]
