"""The 360° screen: all that is known of one customer, by keyboard only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind, OrderStatus, Role, Stance, TaskKind
from crm_tui.models import Order
from crm_tui.screens import desk as console_desk
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.detail import DetailDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.person import PersonScreen
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import reads
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.customers.stances import set_stance
from crm_tui.services.duplicates import actions as duplicates
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def define(desk: Desk, definition: Definition) -> None:
    with desk.store.write(MANAGER) as work:
        fields.define(work, "customer", definition)


@asynccontextmanager
async def person(
    desk: Desk, role: Role = Role.MANAGER, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Any, Pilot[None], PersonScreen]]:
    """The console of somebody with ``role``, at the desk's customer."""
    actor = Actor("li", role)
    app = ConsoleApp(lambda: console_desk.Desk(desk.store, desk.store.feed(), actor), Config())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.studio is not None)
        app.go_to(Visit("person", desk.customer))
        await until(pilot, lambda: isinstance(app.place, PersonScreen) and app.place.worth)
        await settled(pilot)
        assert isinstance(app.place, PersonScreen)
        yield app, pilot, app.place


async def test_enter_on_a_match_opens_the_person_and_escape_goes_back(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"xyg", "enter")
        await until(pilot, lambda: app.place.profile is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "person")
        await until(pilot, lambda: "1 order" in screen_text(app))
        assert app.place.customer_in_hand().nick == "小鱼干12"
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "customers")
        assert app.place.query_one("#matches").cursor_key == desk.customer
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: app.current_mode == "person")
        assert app.place.customer_in_hand().id == desk.customer


async def test_everything_known_is_on_one_screen(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.COMPLETED)
    waiting = desk.order()
    define(desk, Definition("birthday", "Birthday", "date"))
    desk.do(
        customers.edit, desk.customer, {"phone": "13800138000", "custom.birthday": "1999-09-09"}
    )
    desk.do(set_stance, desk.customer, desk.companions[1], Stance.PREFERRED)
    desk.do(set_stance, desk.customer, desk.companions[2], Stance.REFUSED, "quarrel")
    desk.do(tasks.add, NewTask("Ask why", desk.customer, kind=TaskKind.COMPLAINT))
    desk.do(interactions.note, NewInteraction(desk.customer, "likes the evening"))
    async with person(desk) as (app, pilot, _screen):
        shown = screen_text(app)
        for text in (
            "小鱼干12", "New customer R5 F1 M1", "138****8000", "1999-09-09", "鹿鹿01", "quarrel",
            "¥45.00", "Complaint: Ask why", waiting, no,
        ):  # fmt: skip
            assert text in shown, text
        assert "13800138000" not in shown
        await pilot.press("l")
        await until(pilot, lambda: "likes the evening" in screen_text(app))
        await pilot.press("h", "enter")
        await opens(pilot, DetailDialog)


@pytest.mark.parametrize(
    ("role", "first"),
    [(Role.DISPATCHER, "open"), (Role.OPERATOR, "timeline"), (Role.FINANCE, "payments")],
)
async def test_each_role_begins_with_what_it_looks_for(desk: Desk, role: Role, first: str) -> None:
    async with person(desk, role) as (app, _pilot, screen):
        assert screen.section == first
        assert app.focused is screen.table(first)


async def test_where_it_is_narrow_every_section_is_a_key_away(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    async with person(desk, Role.OPERATOR, (80, 24)) as (app, pilot, screen):
        seen = []
        for _step in range(6):
            visible = [name for name in ("facts", "open", "timeline", "orders", "payments", "tasks")
                       if screen.table(name).is_on_screen]  # fmt: skip
            assert visible == [screen.section]
            seen.append(screen.section)
            await pilot.press("tab")
            await settled(pilot)
        assert sorted(seen) == ["facts", "open", "orders", "payments", "tasks", "timeline"]
        await pilot.press("p")
        await settled(pilot)
        assert "Completed" in screen_text(app) and "1 order" in screen_text(app)


async def test_a_click_on_a_heading_does_the_same_as_its_key(desk: Desk) -> None:
    async with person(desk, Role.OPERATOR) as (_app, pilot, screen):
        line = screen.query_one("#headings").render().plain
        await pilot.click("#headings", offset=(line.index("Payments") + 2, 0))
        await settled(pilot)
        assert screen.section == "payments"


async def test_a_field_is_edited_from_where_it_stands_and_keeps_what_was_typed(desk: Desk) -> None:
    define(desk, Definition("level", "Level", "integer"))
    who = desk.do(customers.add, NewCustomer("别人", identities={IdentityKind.QQ: "1234567"}))
    assert who != desk.customer
    desk.do(customers.edit, desk.customer, {"city": "上海"})
    async with person(desk) as (app, pilot, screen):
        await pilot.press("p")
        screen.table("facts").move_to("city")
        await pilot.press("e")
        await opens(pilot, FormDialog)
        form = app.screen.form
        await until(pilot, lambda: app.focused is form.row("city").query_one(Input))
        form.row("custom-level").query_one(Input).focus()
        await pilot.press(*"abc")
        await settled(pilot)
        assert "a whole number" in screen_text(app), "said while it is typed"
        await pilot.press("backspace", "backspace", "backspace", "7")
        form.row("qq").fill("1234567")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "别人" in screen_text(app))
        assert form.row("custom-level").text == "7", "a refusal keeps what was typed"
        form.row("qq").fill("")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is screen)
        await until(pilot, lambda: screen.facts.get("custom.level") is not None)
        with desk.store.read() as work:
            assert reads.person(work, desk.customer).fields[0].value == 7
        await pilot.press("u")
        await until(pilot, lambda: screen.facts.get("custom.level") is None)


async def test_a_form_that_came_late_is_refused(desk: Desk) -> None:
    async with person(desk) as (app, pilot, _screen):
        await pilot.press("e")
        await opens(pilot, FormDialog)
        desk.do(customers.edit, desk.customer, {"city": "北京"})
        app.screen.form.row("city").fill("上海")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen.query_one(".failure").render().plain)
        assert app.screen.form.row("city").text == "上海"
    with desk.store.read() as work:
        assert reads.person(work, desk.customer).city == "北京"


async def test_what_happens_elsewhere_is_shown_at_once(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.CONFIRMING)
    async with person(desk, Role.OPERATOR) as (app, pilot, screen):
        assert "owes ¥45.00" in screen_text(app)
        await pilot.press("h", "l")
        desk.do(interactions.note, NewInteraction(desk.customer, "wants a discount"))
        await until(pilot, lambda: "wants a discount" in screen_text(app))
        task = desk.do(tasks.add, NewTask("call back", desk.customer))
        await until(pilot, lambda: screen.tasks.total == 1)
        desk.do(tasks.done, task, "sent a coupon")
        await until(pilot, lambda: "sent a coupon" in screen_text(app))
        assert screen.orders.window(0, 1)[0].cells[-1] == no
        desk.order()
        await until(pilot, lambda: screen.orders.total == 2)
        assert screen.table("timeline").cursor_key is not None


def many_orders(desk: Desk, count: int) -> None:
    begun = desk.clock.now() - timedelta(days=400)
    with desk.store.write(desk.actor) as work:
        work.session.add_all(
            Order(
                store_id=1,
                no=f"X{number:05}",
                customer_id=desk.customer,
                game_id=desk.game,
                status=OrderStatus.CANCELLED,
                created_at=begun + timedelta(minutes=number),
            )
            for number in range(count)
        )


async def test_older_things_are_read_as_one_scrolls(desk: Desk) -> None:
    many_orders(desk, 700)
    async with person(desk, Role.OPERATOR) as (app, pilot, screen):
        assert screen.timeline.total < 200
        for _press in range(8):
            await pilot.press("G")
            await settled(pilot)
        assert screen.timeline.complete
        assert screen.timeline.total == 700
        assert "X00000" in screen_text(app)
        await pilot.press("h")
        await settled(pilot)
        assert screen.orders.total < 200, "the history has its own pages"


async def test_the_language_changes_under_the_same_customer(desk: Desk) -> None:
    async with person(desk, Role.OPERATOR) as (app, pilot, screen):
        await pilot.press("h")
        app.use_language("zh")
        await until(pilot, lambda: "往来记录" in screen_text(app))
        await until(pilot, lambda: app.focused is screen.table("orders"))
        assert screen.customer_in_hand().id == desk.customer
        assert screen.section == "orders"


async def test_whoever_was_merged_leads_to_the_one_they_are_now(desk: Desk) -> None:
    other = desk.do(customers.add, NewCustomer("小鱼干"))
    async with person(desk) as (app, pilot, screen):
        app.go_to(Visit("person", other))
        await until(pilot, lambda: screen.profile and screen.profile.id == other)
        with desk.store.write(MANAGER) as work:
            duplicates.merge(work, desk.customer, other)
        await until(pilot, lambda: screen.profile and screen.profile.id == desk.customer)
        assert "merged into another customer" in toasts(app)[-1]


async def test_the_customer_of_an_order_is_one_key_away(desk: Desk) -> None:
    desk.order()
    async with console(desk.store) as (app, pilot):
        await until(pilot, lambda: "小鱼干12" in screen_text(app))
        await pilot.press("C")
        await until(pilot, lambda: app.current_mode == "person" and app.place.profile)
        assert app.place.customer_in_hand().id == desk.customer
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "board")


async def test_what_is_shown_can_be_exported(desk: Desk, tmp_path: Path) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    file = tmp_path / "paid.csv"
    async with person(desk, Role.FINANCE) as (app, pilot, screen):
        assert screen.section == "payments"
        await pilot.press("x")
        await opens(pilot, FormDialog)
        app.screen.form.row("file").fill(str(file))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: file.exists() and app.screen is screen)
        await pilot.press("p", "x")
        assert "no list to export" in toasts(app)[-1]
    assert "45.00" in file.read_text("utf-8-sig")


async def test_a_row_or_a_value_is_copied(desk: Desk) -> None:
    no = desk.order()
    async with person(desk, Role.DISPATCHER) as (app, pilot, screen):
        await pilot.press("o", "y")
        assert no in toasts(app)[-1]
        await pilot.press("p")
        screen.table("facts").move_to("nick")
        await pilot.press("y")
        assert toasts(app)[-1].endswith("小鱼干12")


async def test_a_hostile_text_is_shown_harmlessly(desk: Desk) -> None:
    hostile = "[red]\x1b[6n\u202e"
    desk.do(customers.edit, desk.customer, {"nick": hostile, "note": hostile * 20})
    desk.do(interactions.note, NewInteraction(desk.customer, hostile))
    desk.do(tasks.add, NewTask(hostile, desk.customer))
    async with person(desk, Role.OPERATOR) as (app, pilot, _screen):
        await pilot.press("d", "enter")
        await settled(pilot)
        shown = screen_text(app)
        assert "[red]" in shown
        assert not any(ord(char) < 32 or char == "\u202e" for char in shown if char != "\n")
