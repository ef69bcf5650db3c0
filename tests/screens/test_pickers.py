"""Customers and companions looked up inside forms and dialogs, by keyboard only."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from crm_tui.app import ConsoleApp
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.screens.dialogs.assign import AssignDialog
from crm_tui.screens.new_order import NewOrderForm
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, until

HOSTILE = "坏人[/red]\x1b[6n"


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock)
    for nick, name, phone, tags in (
        ("曾老板[VIP]", "", "13800138000", ("大客户",)),
        ("夜猫", "解晓东", "13911112222", ()),
        (HOSTILE, "", "13700001234", ()),
    ):
        identities = {IdentityKind.PHONE: phone}
        desk.do(customers.add, NewCustomer(nick=nick, name=name, identities=identities, tags=tags))
    return desk


async def new_order(app: ConsoleApp, pilot: Pilot[None]) -> NewOrderForm:
    """The new-order form, opened from the board."""
    await pilot.press("N")
    await opens(pilot, NewOrderForm)
    assert isinstance(app.screen, NewOrderForm)
    return app.screen


def options(form: NewOrderForm, name: str) -> OptionList:
    return form.form.row(name).query_one(OptionList)


def line(form: NewOrderForm, name: str, place: int = 0) -> str:
    return str(options(form, name).get_option_at_index(place).prompt)


@pytest.mark.parametrize(
    ("lang", "orders"), [("en", "0 orders"), ("zh", "0 单")], ids=["English", "Chinese"]
)
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["small", "wide"])
async def test_a_customer_is_looked_up_in_the_form(
    desk: Desk, lang: str, orders: str, size: tuple[int, int]
) -> None:
    set_language(lang)
    async with console(desk.store, size=size) as (app, pilot):
        form = await new_order(app, pilot)
        for typed, nick in (("xxd", "夜猫"), ("jxd", "夜猫"), ("8000", "曾老板[VIP]")):
            await pilot.press(*typed)
            await until(
                pilot,
                lambda nick=nick: (
                    options(form, "customer").option_count == 1
                    and line(form, "customer").startswith(nick)
                ),
            )
            await settled(pilot)
            shown = screen_text(app)
            assert "138****8000" in shown or "139****2222" in shown
            assert orders in shown and "13800138000" not in shown
            await pilot.press(*["backspace"] * len(typed))
        await pilot.press(*"zlb")
        await until(pilot, lambda: "大客户" in line(form, "customer"))
        await pilot.press("enter")
        assert form.form.row("customer").text == "曾老板[VIP]"
        assert isinstance(form.form.row("customer").value(), int)


async def test_without_typing_those_heard_of_last_are_offered_and_none_is_taken(
    desk: Desk,
) -> None:
    desk.order()
    async with console(desk.store) as (app, pilot):
        form = await new_order(app, pilot)
        await until(pilot, lambda: options(form, "customer").has_class("open"))
        assert line(form, "customer").startswith("坏人[/red]␛[6n")
        assert options(form, "customer").highlighted is None
        await pilot.press("enter")
        await settled(pilot)
        assert form.form.row("customer").text == "", "Enter alone takes nobody"
        await pilot.press("shift+tab")
        await until(pilot, lambda: options(form, "customer").has_class("open"))
        await pilot.press("down", "down", "enter")
        assert form.form.row("customer").text == "夜猫"


async def test_what_was_typed_is_marked_by_more_than_colour(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"zlb")
        await until(pilot, lambda: "曾老板" in screen_text(app))
        await settled(pilot)
        strips = app.screen._compositor.render_strips()
        marked = [
            segment.text
            for strip in strips
            for segment in strip
            if segment.style and segment.style.bold and segment.style.underline
        ]
        assert "曾老板" in marked


async def test_a_companion_is_looked_up_by_pinyin_initials_and_number(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        form = await new_order(app, pilot)
        form.form.row("companion").query_one("Input").focus()
        await until(pilot, lambda: options(form, "companion").option_count == 3)
        for typed, nick in (("ll02", "鹿鹿02"), ("lulu01", "鹿鹿01"), ("P2", "鹿鹿02")):
            await pilot.press(*typed)
            await until(pilot, lambda nick=nick: line(form, "companion").startswith(nick))
            await until(pilot, lambda: options(form, "companion").option_count == 1)
            await pilot.press(*["backspace"] * len(typed))
        await pilot.press("enter")
        assert form.form.row("companion").text == "", "anybody who fits"


async def test_assigning_looks_among_those_who_fit(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("a")
        await opens(pilot, AssignDialog)
        await pilot.press(*"ll02")
        await until(pilot, lambda: "鹿鹿01" not in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "鹿鹿01" in screen_text(app))
        await pilot.press(*"nobody")
        await until(pilot, lambda: "Nobody like that" in screen_text(app))
        await pilot.press("enter", "escape", *"lulu02", "enter")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.ACCEPTED)
    assert desk.row(no).companion == "鹿鹿02"
