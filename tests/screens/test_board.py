"""The order board: live rows, keys, the command line, the filter, dialogs, undo."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crm_tui.config import Config
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.screens.board import BoardScreen
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.prompt import Prompt
from crm_tui.services.clocks.actions import raise_due
from crm_tui.services.orders import actions as orders
from crm_tui.storage.feed import FeedState
from crm_tui.storage.store import Store
from crm_tui.widgets.record_table import RecordTable
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def board_of(app: object) -> BoardScreen:
    place = app.place  # type: ignore[attr-defined]
    assert isinstance(place, BoardScreen)
    return place


async def test_the_board_shows_orders_the_most_urgent_first(desk: Desk) -> None:
    later = desk.order()
    desk.wait(1)
    serving = desk.order_in(OrderStatus.SERVING)
    async with console(desk.store) as (app, _pilot):
        text = screen_text(app)
        assert text.index(later) < text.index(serving)
        assert "小鱼干12" in text
        assert "To dispatch 1" in text and "Serving 1" in text
        assert board_of(app).order().no == later


async def test_what_another_process_does_appears_and_the_cursor_stays(desk: Desk) -> None:
    mine = desk.order_in(OrderStatus.SERVING)
    async with console(desk.store) as (app, pilot):
        board = board_of(app)
        assert board.order().no == mine
        theirs = desk.order()
        await until(pilot, lambda: theirs in screen_text(app))
        assert board.order().no == mine, "the cursor is on another record"
        assert screen_text(app).index(theirs) < screen_text(app).index(mine)
        desk.do(orders.finish, mine, 60)
        await until(pilot, lambda: board.order().status is OrderStatus.CONFIRMING)


async def test_one_order_goes_through_its_life_by_keys(desk: Desk, clock: FixedClock) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        board = board_of(app)

        async def comes_to(status: OrderStatus) -> None:
            await until(pilot, lambda: board.order() and board.order().status is status)

        await pilot.press("a")
        await until(pilot, lambda: app.screen is not board)
        await pilot.press("enter")
        await comes_to(OrderStatus.ACCEPTED)
        await pilot.press("s")
        await comes_to(OrderStatus.SERVING)
        clock.advance(timedelta(minutes=20))
        await pilot.press("p")
        await until(pilot, lambda: board.order().paused)
        await pilot.press("p")
        await until(pilot, lambda: not board.order().paused)
        await pilot.press("f")
        await opens(pilot, FormDialog)
        await pilot.press(*"60", "enter")
        await comes_to(OrderStatus.CONFIRMING)
        assert app.screen is board, "the dialog is still there"
        await pilot.press("c")
        await comes_to(OrderStatus.UNPAID)
        await pilot.press("dollar_sign")
        await opens(pilot, FormDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.COMPLETED)
    detail = desk.detail(no)
    assert detail.order.paid_fen == detail.order.amount_fen == 4500
    assert {line.actor for line in detail.history[1:]} == {"li"}


async def test_a_key_that_cannot_act_says_why(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("f")
        await settled(pilot)
        assert toasts(app)[-1] == f"{no} is To dispatch; “Finish” needs: Serving."
        assert desk.row(no).status is OrderStatus.PENDING


async def test_undo_takes_back_by_the_opposite_action(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("u")
        assert "nothing of yours" in toasts(app)[-1]
        await pilot.press("a")
        await until(pilot, lambda: app.screen is not app.place)
        await pilot.press("enter")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.ACCEPTED)
        await settled(pilot)
        await pilot.press("u")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.PENDING)
    assert [line.kind for line in desk.detail(no).history][-1] == "order.released"


async def test_a_dialog_keeps_to_the_order_it_was_opened_on(desk: Desk) -> None:
    mine = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("X")
        await opens(pilot, FormDialog)
        assert mine in screen_text(app) and "ends here" in screen_text(app)
        desk.do(orders.assign, mine, desk.companions[0])
        other = desk.order()
        await until(pilot, lambda: board_of(app).source.total == 2)
        await pilot.press(*"no time", "ctrl+s")
        await until(pilot, lambda: desk.row(mine).status is OrderStatus.CANCELLED)
        assert desk.row(other).status is OrderStatus.PENDING


async def test_a_dialog_keeps_what_was_typed_when_it_fails(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("dollar_sign")
        await opens(pilot, FormDialog)
        form = app.screen.form
        form.row("amount").fill("999")
        form.row("ref").fill("4200001")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "owes" in screen_text(app))
        assert (form.row("amount").text, form.row("ref").text) == ("999", "4200001")
        assert desk.row(no).paid_fen == 0
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.place)


async def test_the_command_line_completes_and_acts_on_the_order_named(desk: Desk) -> None:
    first, second = desk.order(), desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("colon", *"assig", "tab")
        prompt = app.place.query_one(Prompt)
        await settled(pilot)
        await pilot.press(*second[:-1])
        await until(pilot, lambda: second in prompt._completion.values)
        await pilot.press("down") if prompt._completion.values[0] != second else None
        await pilot.press("tab", *"鹿鹿01", "enter")
        await until(pilot, lambda: desk.row(second).companion == "鹿鹿01")
        assert desk.row(first).status is OrderStatus.PENDING
        await pilot.press("colon", *"nonsense", "enter")
        assert "nonsense" in toasts(app)[-1]
        assert isinstance(app.focused, RecordTable)


async def test_the_filter_narrows_and_escape_widens(desk: Desk) -> None:
    pending, serving = desk.order(), desk.order_in(OrderStatus.SERVING)
    async with console(desk.store) as (app, pilot):
        await pilot.press("slash", *"status:serv")
        await settled(pilot)
        assert "/status:serv   1/2" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert serving in screen_text(app)
        assert board_of(app).source.count() == 1
        await pilot.press("slash", *" colour:red")
        await settled(pilot)
        assert "There is no field" in screen_text(app)
        await pilot.press("enter", "escape")
        await settled(pilot)
        assert board_of(app).source.count() == 2
        assert pending in screen_text(app)


async def test_a_new_order_is_taken_down_with_look_up_and_price(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("N")
        await opens(pilot, FormDialog)
        await until(pilot, lambda: "Price ¥" in screen_text(app))
        form = app.screen.form
        await pilot.press(*"小鱼")
        await until(pilot, lambda: form.row("customer")._suggestions)
        await pilot.press("enter")
        await pilot.press(*"王者")
        await until(pilot, lambda: form.row("game")._suggestions)
        await pilot.press("enter")
        form.row("minutes").fill("1.5h")
        form.row("price").fill("12.345")
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, FormDialog), "a wrong price was taken"
        form.row("price").fill("88")
        await pilot.press("ctrl+s")
        board = app.place
        await until(pilot, lambda: app.screen is board and board.order())
        row = board.order()
        assert (row.customer, row.game, row.planned_minutes) == ("小鱼干12", "王者荣耀", 90)
        assert row.amount_fen == 8800


async def test_offers_go_out_are_declined_accepted_and_recalled(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        board = board_of(app)
        await pilot.press("o")
        await until(pilot, lambda: board.order().open_offers == 3)
        await pilot.press("D")
        await until(pilot, lambda: app.screen is not board)
        await pilot.press("enter")
        await opens(pilot, FormDialog)
        await pilot.press(*"busy today", "ctrl+s")
        await until(pilot, lambda: board.order().open_offers == 2)
        await pilot.press("O")
        await until(pilot, lambda: board.order().status is OrderStatus.PENDING)
        await pilot.press("o")
        await until(pilot, lambda: board.order().open_offers == 2)
        await pilot.press("A")
        await until(pilot, lambda: app.screen is not board)
        await pilot.press("enter")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.ACCEPTED)


async def test_language_changes_at_once_and_the_cursor_stays(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TUI_CONFIG", str(tmp_path / "config.toml"))
    desk.order()
    second = desk.order()
    async with console(desk.store) as (app, pilot):
        board_of(app).show_record(desk.row(second).id)
        await pilot.press("colon", *"lang zh", "enter")
        await until(pilot, lambda: "订单板" in screen_text(app))
        await settled(pilot)
        assert board_of(app).order().no == second
        assert "待派单" in screen_text(app)
        await until(pilot, (tmp_path / "config.toml").exists)
        await pilot.press("colon", *"theme light", "enter")
        await settled(pilot)
        assert app.theme == "textual-light"


async def test_a_remapped_key_acts_and_a_clash_is_reported(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.ACCEPTED)
    config = Config(keys={"order.start": "b", "order.assign": "f"})
    async with console(desk.store, config=config) as (app, pilot):
        assert any("f is both" in text for text in toasts(app))
        await pilot.press("b")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.SERVING)


async def test_help_lists_keys_and_why_not(desk: Desk) -> None:
    desk.order()
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await pilot.press("question_mark")
        await settled(pilot)
        text = screen_text(app)
        assert "Assign" in text and ":assign [order] [companion]" in text
        await pilot.press("escape", "S")
        await settled(pilot)
        assert toasts(app), "a key that can't act says why"


async def test_an_alarm_is_said_on_every_screen_and_rings_if_wished(
    desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = desk.order()
    clock.advance(timedelta(minutes=4))
    desk.do(raise_due)
    no = desk.order()
    async with console(desk.store, config=Config(bell=True)) as (app, pilot):
        rung: list[bool] = []
        monkeypatch.setattr(app, "bell", lambda: rung.append(True))
        await until(pilot, lambda: app.late == 1)
        app._keep_up()
        await pilot.press("4")
        assert toasts(app) == [], "what was told before is no news"
        clock.advance(timedelta(minutes=4))
        expected = [f"{no}: the customer waits for an answer"]
        await until(pilot, lambda: expected[0] in "\n".join(toasts(app)))
        assert f"{old}: unanswered for long; a manager has a task" in "\n".join(toasts(app))
        assert rung == [True]
        await until(pilot, lambda: "!2 late" in screen_text(app))
        await pilot.press("1")
        await settled(pilot)
        assert "!answer 1:00" in screen_text(app)


async def test_the_response_clock_stands_while_the_customer_is_asked(
    desk: Desk, clock: FixedClock
) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        assert "answer 3:00" in screen_text(app)
        await pilot.press("K")
        await until(pilot, lambda: toasts(app) == [f"{no} the customer is asked"])
        await until(pilot, lambda: "asked" in screen_text(app).partition(no)[2].partition("│")[0])
        clock.advance(timedelta(minutes=30))
        await pilot.press("K")
        await until(pilot, lambda: toasts(app)[-1] == f"{no} the customer has answered")
        await until(pilot, lambda: "answer 3:00" in screen_text(app))


async def test_a_lost_store_is_said_in_the_header(desk: Desk) -> None:
    desk.order()
    async with console(desk.store) as (app, pilot):
        assert "data 0" in screen_text(app)
        app.desk.feed.stop()
        app.desk.feed.state = FeedState.LOST
        await until(pilot, lambda: "! stale since 23:04:11" in screen_text(app))


async def test_many_changes_at_once_all_arrive(desk: Desk) -> None:
    numbers = [desk.order() for _ in range(30)]
    async with console(desk.store) as (app, pilot):
        for no in numbers:
            desk.do(orders.cancel, no, "storm")
        source = board_of(app).source
        await until(
            pilot, lambda: {row.status for row in source.records()} == {OrderStatus.CANCELLED}
        )
        assert source.total == 30
