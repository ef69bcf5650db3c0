"""The page of split rules by keyboard only: a version tried on last month before it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.widgets import Input

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderKind, OrderStatus
from crm_tui.models import MAIN_STORE
from crm_tui.screens import order_price
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.rule_effect import RuleEffectDialog
from crm_tui.screens.split_rule_form import SplitRuleForm
from crm_tui.services.money.splits.in_force import own_versions, stores, versions
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock, companions=2)


async def test_a_new_version_is_tried_on_last_month_before_it_is_kept(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    desk.clock.advance(timedelta(days=20))
    async with console(desk.store, size=(120, 36)) as (app, pilot):
        await pilot.press("8", "S")
        await until(pilot, lambda: "the beginning" in screen_text(app))
        await settled(pilot)
        assert "in force" in screen_text(app)
        await pilot.press("p")
        await opens(pilot, RuleEffectDialog)
        assert "companions 0.00, studio 0.00" in screen_text(app)
        await pilot.press("escape", "c")
        await opens(pilot, SplitRuleForm)
        form = app.screen
        assert isinstance(form, SplitRuleForm)
        form.form.row("share").fill("most")
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert app.screen is form
        form.form.row("share").fill("50% 5200:60%")
        form.form.row("exceptions").fill("legend=80%")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "levels.legend" in screen_text(app))
        assert form.form.row("share").query_one(Input).value == "50% 5200:60%"
        form.form.row("exceptions").fill("大神=80%")
        form.form.row("note").fill("autumn")
        await pilot.press("ctrl+s")
        await opens(pilot, RuleEffectDialog)
        assert "companions −13.50, studio +13.50" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "from ¥5,200 60%" in screen_text(app))
        await settled(pilot)
        assert "autumn" in screen_text(app)
        await until(pilot, lambda: app.screen is app.place)
        await pilot.press("s")
        await opens(pilot, FormDialog)
        chooser = app.screen
        assert isinstance(chooser, FormDialog)
        with desk.store.read() as work:
            (name,) = stores(work).values()
        chooser.form.row("store").fill(name)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: f"{name} has no rule of its own" in screen_text(app))
        await pilot.press("c")
        await opens(pilot, SplitRuleForm)
        own = app.screen
        assert isinstance(own, SplitRuleForm)
        own.form.row("share").fill("70%")
        await pilot.press("ctrl+s")
        await opens(pilot, RuleEffectDialog)
        await pilot.press("enter")
        await until(pilot, lambda: name in screen_text(app) and "70%" in screen_text(app))
    with desk.store.read() as work:
        assert [(one.version, one.made_by) for one in versions(work)] == [(2, "li"), (1, "")]
        assert [one.version for one in own_versions(work, MAIN_STORE)] == [2]


def test_the_order_form_tells_who_gets_what_of_the_price(desk: Desk) -> None:
    form: dict[str, object] = dict.fromkeys(order_price.FIELDS) | {"minutes": 90}
    with desk.store.read() as work:
        assert order_price.price_line(form, work) == "Price ¥67.50, at ¥45.00 an hour"
        named = form | {"companion": desk.companions[0], "price": 5000, "kind": OrderKind.VOICE}
        assert order_price.price_line(named, work).splitlines() == [
            "Price ¥50.00, as agreed",
            "鹿鹿00: net 50.00 × 80% (agreed share) = 40.00 · studio: ¥10.00",
        ]
