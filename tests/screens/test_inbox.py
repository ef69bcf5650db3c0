"""The inbox and the key ``n`` by keyboard only, on what the store holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import AlarmKind, Cause, OrderStatus, PayChannel, Role, TaskKind, TaskState
from crm_tui.models import Operator
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.inbox import InboxScreen
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.inbox import actions, reads
from crm_tui.services.inbox.rules import Waiting
from crm_tui.services.orders import actions as orders
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks import reads as task_reads
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until
from tests.screens.snapshots import assert_as_kept, comes_to_look_as_kept


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """An evening in which something waits in every corner."""
    desk = open_desk(sqlite_store, clock, companions=5)
    desk.actor = MANAGER
    with desk.store.write(MANAGER) as work:
        for login in ("li", "wang"):
            work.session.add(Operator(login=login, role=Role.MANAGER, created_at=clock.now()))
    rated = desk.order_in(OrderStatus.CONFIRMING)
    desk.do(orders.pay, rated, PayChannel.CASH, 4500)
    desk.do(orders.confirm, rated, 1, "一直在吃东西")
    desk.order_in(OrderStatus.SERVING)
    desk.wait(57)
    desk.order_in(OrderStatus.UNPAID, companion=1)
    desk.order_in(OrderStatus.CONFIRMING, companion=2)
    desk.order_in(OrderStatus.ACCEPTED, companion=3)
    late = desk.order()
    soon = clock.now() + timedelta(minutes=40)
    complaint = NewTask("说陪玩迟到", desk.customer, kind=TaskKind.COMPLAINT, due_at=soon)
    desk.do(tasks.add, complaint)
    desk.wait(4)
    desk.do(raise_alarm, AlarmKind.RESPONSE, "order", desk.row(late).id, "first")
    desk.order()
    return desk


def waiting(desk: Desk) -> dict[Cause, Waiting]:
    with desk.store.read() as work:
        return {each.thing.cause: each for each in reversed(reads.waiting(work, "li"))}


def inbox_of(app: ConsoleApp) -> InboxScreen:
    screen = app.place
    assert isinstance(screen, InboxScreen)
    return screen


async def look(app: ConsoleApp, pilot: Pilot[None]) -> InboxScreen:
    await pilot.press("5")
    await until(pilot, lambda: app.place.PLACE == "inbox" and inbox_of(app).source.total)
    await settled(pilot)
    return inbox_of(app)


async def stand_on(screen: InboxScreen, pilot: Pilot[None], cause: Cause) -> Waiting:
    """Move the cursor to the thing that waits for this cause."""
    key = next(each.key for each in screen.source.shown() if each.thing.cause is cause)
    screen.show_record(key)
    await pilot.pause()
    entry = screen.entry()
    assert entry is not None and entry.key == key
    return entry


async def fill(app: ConsoleApp, pilot: Pilot[None], key: str, *typed: str) -> None:
    """Open a form by its key, type into its first field, and save it."""
    await pilot.press(key)
    await opens(pilot, FormDialog)
    await pilot.press(*typed, "ctrl+s")
    await until(pilot, lambda: app.screen is app.place)
    await settled(pilot)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_it_looks_as_kept(desk: Desk, language: str) -> None:
    set_language(language)
    with desk.store.read() as work:
        task = next(each for each in reads.waiting(work) if each.thing.cause is Cause.TASK)
    desk.do(actions.hand_over, task.thing, "wang")
    async with console(desk.store, size=(80, 24), config=Config(language=language)) as opened:
        app, pilot = opened
        screen = await look(app, pilot)
        assert "O0921-005" in screen_text(app), "the late order is on top"
        assert screen.entry() == screen.source.shown()[0]
        assert_as_kept(app, f"inbox-{language}-80x24")
        await pilot.resize_terminal(120, 36)
        await settled(pilot)
        await comes_to_look_as_kept(app, pilot, f"inbox-{language}-120x36")


async def test_things_are_put_off_handed_over_and_done_and_all_of_it_undone(desk: Desk) -> None:
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        screen = await look(app, pilot)
        first = screen.entry()
        assert first is not None and first.alarms == (AlarmKind.RESPONSE,)
        await pilot.press("d")
        assert "waits until it is given to a companion" in toasts(app)[-1]
        await fill(app, pilot, "z", *"+10min")
        await until(pilot, lambda: screen.source.shown()[-1].key == first.key)
        await pilot.press("u")
        await until(pilot, lambda: screen.source.shown()[0].key == first.key)
        screen.show_record(first.key)
        await fill(app, pilot, "h", *"wang")
        await until(pilot, lambda: screen.source.shown()[-1].owner == "wang")
        await pilot.press("u", "m")
        await until(pilot, lambda: waiting(desk)[Cause.TO_DISPATCH].owner == "li")

        task = await stand_on(screen, pilot, Cause.TASK)
        await fill(app, pilot, "d", *"gave him a voucher")
        await until(pilot, lambda: screen.source.get(task.key) is None)
        with desk.store.read() as work:
            row = task_reads.one(work, task.thing.id)
        assert (row.state, row.outcome) == (TaskState.DONE, "gave him a voucher")
        await pilot.press("u")
        await until(pilot, lambda: screen.source.get(task.key))

        rating = await stand_on(screen, pilot, Cause.LOW_RATING)
        await pilot.press("d")
        await opens(pilot, FormDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Expected: why nothing is to be done" in screen_text(app))
        await pilot.press("escape")
        await fill(app, pilot, "T", *"ask why")
        await until(pilot, lambda: screen.source.get(rating.key) is None)


async def test_it_is_filtered_live_and_opens_things_at_their_place(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        screen = await look(app, pilot)
        await pilot.press("slash", *"cause:unpaid", "enter")
        await until(pilot, lambda: screen.source.count() == 1)
        entry = screen.entry()
        assert entry is not None and entry.thing.cause is Cause.UNPAID
        await pilot.press("enter")
        await until(pilot, lambda: app.place.PLACE == "board")
        await until(pilot, lambda: app.place.cursor_visit().key == entry.thing.id)
        desk.do(orders.pay, entry.ref, PayChannel.CASH, 4500)
        await pilot.press("5")
        await until(pilot, lambda: screen.source.get(entry.key) is None)


async def test_next_walks_through_what_waits_from_any_screen(desk: Desk) -> None:
    things = waiting(desk)
    first, unpaid = things[Cause.TO_DISPATCH], things[Cause.UNPAID]
    with desk.store.read() as work:
        order = reads.waiting(work, "li")
    async with console(desk.store) as (app, pilot):
        await pilot.press("8", "n")
        await until(pilot, lambda: app.place.cursor_visit() == Visit("dispatch", first.thing.id))
        assert "the customer waits for an answer" in toasts(app)[-1]
        visited = [first.key]
        assert order[-1].owner == "wang", "which is passed over"
        for expected in order[1:-1]:
            await pilot.press("n")
            on_order = expected.thing.entity == "order"
            key = expected.thing.id if on_order else expected.key
            await until(pilot, lambda key=key: app.place.cursor_visit().key == key)
            visited.append(expected.key)
        assert len(visited) == len(set(visited)) == len(order) - 1
        await pilot.press("n")
        await until(pilot, lambda: app.place.cursor_visit().key == first.thing.id)
        assert unpaid.key in visited

        for each in order:
            if each.key != unpaid.key:
                rest = desk.clock.now() + timedelta(hours=1)
                desk.do(actions.snooze, each.thing, rest)
        desk.do(actions.hand_over, unpaid.thing, "wang")
        await pilot.press("8", "n")
        await until(pilot, lambda: app.place.cursor_visit().key == unpaid.thing.id)
        assert toasts(app)[-1].endswith("wang sees to it")


async def test_an_empty_inbox_says_so(sqlite_store: Store) -> None:
    async with console(sqlite_store, size=(80, 24)) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "Nothing waits. T adds a task." in screen_text(app))
        await pilot.press("n", "z")
        await until(pilot, lambda: "Nothing waits." in toasts(app))
        assert "There is nothing under the cursor." in toasts(app)
        await fill(app, pilot, "T", *"buy tea")
        await until(pilot, lambda: inbox_of(app).source.total == 1)
