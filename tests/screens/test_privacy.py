"""A customer's own data by keyboard: seen with a reason, forgotten after two questions."""

from __future__ import annotations

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer
from crm_tui.screens.customer_privacy import IdentitiesDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until

PHONE = "13800138000"


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock)
    new = NewCustomer("曾老板[VIP]", identities={IdentityKind.PHONE: PHONE})
    desk.customer = desk.do(customers.add, new)
    return desk


@pytest.mark.parametrize(("language", "size"), [("en", (120, 36)), ("zh", (80, 24))])
async def test_a_phone_is_seen_in_full_for_a_reason(
    desk: Desk, language: str, size: tuple[int, int]
) -> None:
    set_language(language)
    async with console(desk.store, size=size) as (app, pilot):
        await pilot.press("3", *"zlb", "enter")
        await settled(pilot)
        assert PHONE not in screen_text(app)
        await pilot.press("U")
        await opens(pilot, FormDialog)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, FormDialog)
        await pilot.press(*"call back", "ctrl+s")
        await opens(pilot, IdentitiesDialog)
        assert PHONE in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert PHONE not in screen_text(app)


async def test_erasing_takes_the_number_twice(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"zlb", "enter")
        await settled(pilot)
        await pilot.press("colon", *"erase", "enter")
        await opens(pilot, FormDialog)
        await pilot.press(*"wants to go", "enter", *"C9", "ctrl+s")
        await pilot.pause()
        first = app.screen
        assert isinstance(first, FormDialog)
        await pilot.press("backspace", "backspace", *"c000001", "ctrl+s")
        await until(pilot, lambda: app.screen is not first and isinstance(app.screen, FormDialog))
        await pilot.press(*"C000001", "ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, FormDialog))
        with desk.store.read() as work:
            gone = work.session.get(Customer, desk.customer)
            assert gone is not None and gone.erased_at is not None and gone.nick == "C000001"


async def test_open_orders_are_told_before_anything_is_asked(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"zlb", "enter")
        await settled(pilot)
        await pilot.press("colon", *"erase", "enter")
        await until(pilot, lambda: any(no in said for said in toasts(app)))
        assert not isinstance(app.screen, FormDialog)
