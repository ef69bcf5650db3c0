"""Fields, tags and stances by keyboard only, on what the store holds."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import Stance
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.fields import FieldsScreen
from crm_tui.screens.tags import TagsScreen
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import reads, stances
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields import reads as field_reads
from crm_tui.services.fields.rules import Definition
from crm_tui.services.tags import actions as tags
from crm_tui.services.tags import reads as tag_reads
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock, companions=2)
    desk.actor = MANAGER
    return desk


async def fill(pilot: Pilot[None], **texts: str) -> None:
    """Put texts into the form that is open, and hand it over."""
    dialog = pilot.app.screen
    assert isinstance(dialog, FormDialog)
    for name, text in texts.items():
        dialog.form.row(name).fill(text)
    await pilot.press("ctrl+s")
    await settled(pilot)


def definitions(desk: Desk, entity: str = "customer", **more: Any) -> dict[str, Definition]:
    with desk.store.read() as work:
        found = field_reads.definitions(work, entity, **more)
    return {each.key: each for each in found}


def tag_names(desk: Desk) -> list[str]:
    with desk.store.read() as work:
        return [row.name for row in tag_reads.tags(work)]


def worn(desk: Desk) -> list[str]:
    with desk.store.read() as work:
        return [tag.name for tag in reads.profile(work, desk.customer).tags]


async def test_a_field_is_defined_changed_archived_and_moved(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("8")
        await settled(pilot)
        await pilot.press("F")
        await settled(pilot)
        assert isinstance(app.place, FieldsScreen)
        await until(pilot, lambda: "No fields are defined" in screen_text(app))
        await pilot.press("c")
        await settled(pilot)
        await fill(pilot, key="level", label="会员", kind="One choice", choices="银、金")
        await until(pilot, lambda: "会员" in screen_text(app))
        await pilot.press("c")
        await settled(pilot)
        await fill(pilot, key="fee", label="费用", kind="money", seen_by="Manager")
        await until(pilot, lambda: "费用" in screen_text(app))
        assert definitions(desk)["level"].choices == ("银", "金")
        assert definitions(desk)["fee"].seen_by == ("manager",)

        await pilot.press("K")
        await until(pilot, lambda: list(definitions(desk)) == ["fee", "level"])
        await pilot.press("e")
        await settled(pilot)
        await fill(pilot, label="年费", required="yes")
        await until(pilot, lambda: "年费" in screen_text(app))
        assert definitions(desk)["fee"].required
        await pilot.press("A")
        await until(pilot, lambda: "fee" not in definitions(desk))
        await until(pilot, lambda: "archived" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "fee" in definitions(desk))


async def test_a_change_that_values_stand_against_is_refused_in_the_form(desk: Desk) -> None:
    level = Definition("level", "会员", "choice", options={"choices": ["银", "金"]})
    desk.do(fields.define, "customer", level)
    desk.do(customers.edit, desk.customer, {"custom.level": "银"})
    async with console(desk.store) as (app, pilot):
        await pilot.press("8", "F")
        await until(pilot, lambda: "会员" in screen_text(app))
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await fill(pilot, choices="金")
        await until(pilot, lambda: "1 stored value stands against it" in screen_text(app))
        assert isinstance(app.screen, FormDialog)
        await pilot.press("escape")
        assert definitions(desk)["level"].choices == ("银", "金")


async def test_tags_are_made_renamed_merged_and_removed(desk: Desk) -> None:
    desk.do(customers.tag, desk.customer, ["VIP"])
    async with console(desk.store) as (app, pilot):
        await pilot.press("8", "T")
        await until(pilot, lambda: "#VIP" in screen_text(app))
        screen = app.place
        assert isinstance(screen, TagsScreen)
        await settled(pilot)
        await pilot.press("e")
        await settled(pilot)
        await fill(pilot, name="贵宾", colour="red", group="价值")
        await until(pilot, lambda: "#贵宾" in screen_text(app))
        assert worn(desk) == ["贵宾"]
        await pilot.press("u")
        await until(pilot, lambda: worn(desk) == ["VIP"])

        await pilot.press("c")
        await settled(pilot)
        await fill(pilot, name="鱼", rule="nick:鱼")
        await until(pilot, lambda: "鱼" in worn(desk))
        await until(pilot, lambda: "by its rule: nick:鱼" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: any("+0 -0" in said for said in toasts(app)))
        desk.do(tags.add, "大客户")
        await until(pilot, lambda: "大客户" in screen_text(app))
        place = next(row.id for row in screen.source.shown() if row.name == "VIP")
        screen.show_record(place)
        await pilot.press("M")
        await settled(pilot)
        await pilot.press(*"大客户")
        await until(pilot, lambda: app.screen.query("OptionList.open"))
        await pilot.press("enter", "ctrl+s")
        await until(pilot, lambda: sorted(worn(desk)) == ["大客户", "鱼"])
        await until(pilot, lambda: screen.source.total == 2)
        screen.show_record(next(row.id for row in screen.source.shown() if row.name == "大客户"))
        await pilot.press("D")
        await settled(pilot)
        await fill(pilot, name="wrong")
        assert "大客户" in tag_names(desk)
        await fill(pilot, name="大客户")
        await until(pilot, lambda: tag_names(desk) == ["鱼"])


async def test_a_companion_is_preferred_and_refused_by_key(desk: Desk) -> None:
    def kept() -> list[tuple[str, str]]:
        with desk.store.read() as work:
            rows = stances.stances_of(work, desk.customer)
        return [(row.companion, row.stance.value) for row in rows]

    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"鱼")
        await until(pilot, lambda: getattr(app.place, "profile", None) is not None)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("w")
        await settled(pilot)
        await pilot.press(*"鹿鹿01")
        await until(pilot, lambda: app.screen.query("OptionList.open"))
        await pilot.press("enter")
        await settled(pilot)
        await fill(pilot, stance="Refused")
        await until(pilot, lambda: "why the two are kept apart" in screen_text(app))
        await fill(pilot, reason="吵架")
        await until(pilot, lambda: kept() == [("鹿鹿01", "refused")])
        await until(pilot, lambda: not isinstance(app.screen, FormDialog))
        await pilot.press("u")
        await until(pilot, lambda: kept() == [])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_pages_fit_in_both_languages(
    desk: Desk, language: str, size: tuple[int, int]
) -> None:
    set_language(language)
    desk.do(fields.define, "order", Definition("mood", "心情", "rating", required=True))
    desk.do(tags.add, "夜猫子", colour="purple", group="习惯")
    async with console(desk.store, size=size) as (app, pilot):
        await pilot.press("8", "F")
        await until(pilot, lambda: "心情" in screen_text(app))
        await pilot.press("T")
        await until(pilot, lambda: "#夜猫子" in screen_text(app))
        await pilot.press("c")
        await settled(pilot)
        assert app.screen.query_one(Input).has_focus
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.place.PLACE == "fields")


async def test_the_suggestion_says_who_is_preferred(desk: Desk) -> None:
    desk.do(stances.set_stance, desk.customer, desk.companions[1], Stance.PREFERRED)
    desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "preferred by the customer" in screen_text(app))


async def test_an_order_form_asks_for_the_studios_own_fields(desk: Desk) -> None:
    choices = Definition("mood", "心情", "choice", required=True, options={"choices": ["好", "差"]})
    desk.do(fields.define, "order", choices)
    desk.do(fields.define, "order", Definition("boss", "介绍人", "customer"))
    async with console(desk.store) as (app, pilot):
        await pilot.press("N")
        await until(pilot, lambda: app.screen.query("#field-custom-mood"))
        await pilot.press(*"鱼干")
        await until(pilot, lambda: app.screen.query("OptionList.open"))
        await pilot.press("enter", *"王者")
        await until(pilot, lambda: app.screen.query("OptionList.open"))
        await pilot.press("enter")
        await settled(pilot)
        await fill(pilot)
        assert isinstance(app.screen, FormDialog)
        await fill(pilot, **{"custom-mood": "好", "custom-boss": "小鱼干12"})
        await until(pilot, lambda: not isinstance(app.screen, FormDialog))
        with desk.store.read() as work:
            (found,) = field_reads.of_record(work, "order", 1, None)[:1]
            (_mood, boss) = field_reads.of_record(work, "order", 1, None)
        assert (found.value, boss.value) == ("好", "C1")
        await until(pilot, lambda: app.place.order() is not None)
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "心情: 好" in screen_text(app))


async def test_a_customers_own_fields_are_changed_in_their_form(desk: Desk) -> None:
    desk.do(fields.define, "customer", Definition("second", "备用手机", "phone"))
    desk.do(fields.define, "customer", Definition("level", "会员", "rating", default="3"))
    desk.do(customers.edit, desk.customer, {"custom.second": "13800138000"})
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"鱼")
        await until(pilot, lambda: getattr(app.place, "profile", None) is not None)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query("#field-custom-second"))
        await settled(pilot)
        assert "138****8000" in screen_text(app)
        await fill(pilot, **{"custom-level": "5"})
        await until(pilot, lambda: not isinstance(app.screen, FormDialog))
        with desk.store.read() as work:
            second, level = field_reads.of_record(work, "customer", desk.customer, None)
        assert (second.value, level.value) == ("138****8000", 5)


async def test_a_console_sees_the_day_begin_for_tags_with_rules(desk: Desk) -> None:
    desk.do(tags.add, "来过", rule="added:>=-7d")
    assert worn(desk) == ["来过"]
    desk.wait(60 * 24 * 9)
    async with console(desk.store) as (app, pilot):
        app._keep_up()
        await until(pilot, lambda: worn(desk) == [])
