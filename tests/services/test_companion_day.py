"""A companion as a row and one day at a glance, on both engines."""

from __future__ import annotations

from datetime import timedelta

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, Presence
from crm_tui.services.companions import actions, filtering, reads
from crm_tui.services.companions.day import day_of
from crm_tui.services.companions.schedule_actions import set_hours
from crm_tui.services.companions.schedule_words import read_week
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


def test_load_hours_and_credit_stand_in_the_row(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    who, other, third = desk.companions
    desk.do(set_hours, who, read_week("daily 18:00-02:00"))
    desk.do(set_hours, other, read_week("daily 12:00-20:00"))
    no = desk.order(minutes=120)
    ahead = desk.order(start_at=clock.now() + timedelta(hours=5), companion_id=who)
    desk.do(orders.assign, no, who)
    desk.do(orders.start, no)
    desk.wait(30)
    desk.do(orders.pause, no)
    desk.wait(10)
    desk.do(orders.resume, no)
    desk.wait(15.5)
    now = clock.now()
    with store.read() as work:
        row = reads.one(work, who)
        assert (row.load.orders, row.load.minutes(now), row.credit) == (1, 45, 100)
        assert row.load.planned_minutes == 120 + 60
        assert row.load.next_start == desk.row(ahead).start_at
        at_work, gone = row.standing(now), reads.one(work, other).standing(now)
        assert at_work is not None and at_work.works and at_work.until is not None
        assert gone is not None and not gone.works and gone.next_at is not None
        assert reads.one(work, third).standing(now) is None
        spec = filtering.filter_spec(lambda: now)

        def passing(line: str) -> list[int]:
            return [each.id for each in reads.roster(work) if spec.parse(line)(each)]

        assert passing("在班:是 load:>0") == [who] and passing("credit:>=100 works:no") == [other]
        touched = {each.id for each in reads.touched(work, [third], [desk.row(no).id])}
        assert touched == {who, third}


def test_a_day_tells_what_happened_and_what_it_brought(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    who, other, _third = desk.companions
    first = desk.order_in(OrderStatus.ACCEPTED)
    desk.do(orders.start, first)
    desk.wait(40)
    desk.do(orders.hand_over, first, other)
    desk.do(orders.start, first)
    desk.wait(20)
    desk.do(orders.finish, first, 60)
    desk.do(actions.set_presence, who, Presence.RESTING, "dinner")
    asked = desk.order()
    desk.do(actions.set_presence, who, Presence.IDLE)
    desk.do(dispatch.offer, asked, [who])
    desk.do(dispatch.decline, asked, who, "too late")
    told = seen(desk, who)
    assert told[:3] == [
        f"took {first}: 王者荣耀, 小鱼干12",
        f"serves {first}",
        f"{first}: Handed over after 40 min",
    ]
    assert set(told[3:]) == {"Resting: dinner", "Idle", f"asked for {asked}: Declined (too late)"}
    with store.read() as work:
        mine, theirs = day_of(work, who), day_of(work, other)
    assert (mine.finished, mine.gross_fen, mine.earned_fen) == (1, 3000, 2400)
    assert (theirs.finished, theirs.gross_fen, theirs.earned_fen) == (1, 1500, 1200)
    desk.wait(24 * 60)
    assert seen(desk, who) == []


def seen(desk: Desk, who: int) -> list[str]:
    with desk.store.read() as work:
        return [moment.text for moment in day_of(work, who).moments]
