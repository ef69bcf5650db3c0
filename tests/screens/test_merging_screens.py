"""Two records made one on the screen: picked, previewed, merged, undone; the list of pairs; the
hint while a new customer is typed. By keyboard only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from crm_tui.app import ConsoleApp
from crm_tui.core.language import set_language
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer
from crm_tui.screens.customers import CustomersScreen
from crm_tui.screens.dialogs.merge import MergeDialog
from crm_tui.screens.dialogs.merge_pick import MergePick
from crm_tui.screens.duplicates_hint import NewCustomerDialog
from crm_tui.screens.duplicates_list import DuplicatesDialog
from crm_tui.services.customers import actions
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.desk import MANAGER
from tests.screens.console import console, opens, screen_text, settled, toasts, until

FIRST = NewCustomer(
    "小鱼干12", "曾小贤", {IdentityKind.PHONE: "13800138000"}, city="杭州", note="只要女陪"
)
SECOND = NewCustomer(
    "小鱼干", "曾小贤", {IdentityKind.PHONE: "13800138001", IdentityKind.WECHAT: "wxid_ab12cd"},
    city="上海",
)  # fmt: skip


@pytest.fixture
def people(sqlite_store: Store) -> Iterator[tuple[Store, int, int]]:
    with sqlite_store.write(MANAGER) as work:
        first, second = actions.add(work, FIRST), actions.add(work, SECOND)
        actions.add(work, NewCustomer("北岸", "李四", {IdentityKind.PHONE: "15911112222"}))
    yield sqlite_store, first, second


async def look_up(app: ConsoleApp, pilot: Pilot[None], words: str, no: str) -> CustomersScreen:
    await pilot.press("3", *words)
    screen = app.place
    assert isinstance(screen, CustomersScreen)
    await until(pilot, lambda: screen.profile is not None and screen.profile.no == no)
    await pilot.press("enter")
    await settled(pilot)
    return screen


def merged_into(store: Store, customer_id: int) -> int | None:
    with store.read() as work:
        return work.session.get_one(Customer, customer_id).merged_into_id


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_likely_duplicate_is_picked_previewed_merged_and_undone(
    people: tuple[Store, int, int], size: tuple[int, int]
) -> None:
    store, first, second = people
    async with console(store, size=size) as (app, pilot):
        await look_up(app, pilot, "c000001", "C000001")
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MergePick) and app.screen.found.total)
        await settled(pilot)
        assert "C000002" in screen_text(app)
        await pilot.press("enter")
        await opens(pilot, MergeDialog)
        dialog = app.screen
        assert isinstance(dialog, MergeDialog)
        shown = screen_text(app)
        assert "identities 2" in shown and "杭州" in shown and "上海" in shown
        dialog.query_one("#fields").move_to("city")  # type: ignore[attr-defined]
        await pilot.press("right")
        assert dialog.choose == {"city": "other"}
        await pilot.press("enter")
        await until(pilot, lambda: merged_into(store, second) == first)
        await until(pilot, lambda: "C000002 went into C000001" in toasts(app))
        with store.read() as work:
            assert work.session.get_one(Customer, first).city == "上海"
        await pilot.press("u")
        await until(pilot, lambda: merged_into(store, second) is None)
        with store.read() as work:
            assert work.session.get_one(Customer, first).city == "杭州"


async def test_the_other_one_is_looked_up_and_may_be_the_one_who_stays(
    people: tuple[Store, int, int],
) -> None:
    store, first, _second = people
    async with console(store) as (app, pilot):
        await look_up(app, pilot, "c000001", "C000001")
        await pilot.press("M")
        await opens(pilot, MergePick)
        await pilot.press(*"beian")
        await until(pilot, lambda: "C000003" in screen_text(app))
        await pilot.press("enter")
        await opens(pilot, MergeDialog)
        await pilot.press("s")
        await until(pilot, lambda: "C000001 小鱼干12" in screen_text(app).split("goes into")[0])
        await pilot.press("enter")
        await until(pilot, lambda: merged_into(store, first) == 3)
        await pilot.press("colon", *"unmerge", "enter")
        await until(pilot, lambda: merged_into(store, first) is None)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_list_of_pairs_merges_and_judges(
    people: tuple[Store, int, int], size: tuple[int, int]
) -> None:
    store, first, second = people
    async with console(store, size=size) as (app, pilot):
        await pilot.press("colon", *"duplicates", "enter")
        await opens(pilot, DuplicatesDialog)
        dialog = app.screen
        assert isinstance(dialog, DuplicatesDialog)
        await until(pilot, lambda: dialog.pairs.total == 1)
        await until(pilot, lambda: "phones one" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: dialog.pairs.total == 0)
        await pilot.press("u")
        await until(pilot, lambda: dialog.pairs.total == 1)
        await pilot.press("enter")
        await opens(pilot, MergeDialog)
        await pilot.press("enter")
        await until(pilot, lambda: merged_into(store, second) == first)
        await until(pilot, lambda: dialog.pairs.total == 0)
        assert app.screen is dialog
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.place)


async def test_who_is_entered_a_second_time_is_told_and_opened(
    people: tuple[Store, int, int],
) -> None:
    store, _first, second = people
    async with console(store) as (app, pilot):
        await look_up(app, pilot, "beian", "C000003")
        await pilot.press("c")
        await opens(pilot, NewCustomerDialog)
        dialog = app.screen
        assert isinstance(dialog, NewCustomerDialog)
        dialog.form.row("nick").query_one(Input).value = "小鱼干"
        dialog.form.row("phone").query_one(Input).value = "13800138011"
        await until(pilot, lambda: dialog.alike)
        assert dialog.alike[0].customer.id == second
        await until(pilot, lambda: "! C000002 小鱼干" in screen_text(app))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.screen is app.place)
        await until(pilot, lambda: app.place.profile and app.place.profile.id == second)


WORDS = {
    "en": ("goes into", "only one set", "identities 2", "Likely duplicates · 1 pair"),
    "zh": ("并入", "只有一边填了", "账号 2", "疑似重复 · 1 对"),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_preview_and_list_speak_both_languages_and_fit(
    people: tuple[Store, int, int], language: str, size: tuple[int, int]
) -> None:
    store, _first, _second = people
    set_language(language)
    goes, only_one, identities, likely = WORDS[language]
    async with console(store, size=size) as (app, pilot):
        await pilot.press("colon", *"duplicates", "enter")
        await until(pilot, lambda: likely in screen_text(app))
        await pilot.press("enter")
        await opens(pilot, MergeDialog)
        await until(pilot, lambda: identities in screen_text(app))
        await settled(pilot)
        shown = screen_text(app)
        assert goes in shown and only_one in shown
        lines = shown.splitlines()
        assert len(lines) == size[1]
        assert all(cell_len(line) == size[0] for line in lines), "wide characters are aligned"
