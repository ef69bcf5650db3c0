"""Filters, saved views, export and bulk actions on lists: by keyboard only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind
from crm_tui.screens.customers import CustomersScreen
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.verdicts import VerdictDialog
from crm_tui.screens.frame import FilterBar
from crm_tui.screens.order_list import OrderList
from crm_tui.screens.prompt import Prompt, PromptInput
from crm_tui.services.bulk import reads as bulk
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import lookup
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.views import reads as views
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock, tmp_path: Path, monkeypatch: Any) -> Desk:
    monkeypatch.setenv("CRM_TUI_EXPORTS", str(tmp_path / "exports"))
    return open_desk(sqlite_store, clock)


def add_customers(desk: Desk, count: int) -> list[int]:
    """Customers of whom every second one lives in Hangzhou."""
    with desk.store.write(desk.actor) as work:
        return [
            customers.add(
                work,
                NewCustomer(
                    nick=f"Guest{n:03}",
                    city="Hangzhou" if n % 2 else "Shanghai",
                    identities={IdentityKind.PHONE: str(13800000000 + n)},
                ),
            )
            for n in range(count)
        ]


def bar(screen: Any) -> str:
    return str(screen.query_one(FilterBar).content)


async def type_line(pilot: Any, line: str) -> None:
    """Put a line into the prompt and submit it."""
    pilot.app.screen.query_one(PromptInput).value = line
    await settled(pilot)
    await pilot.press("enter")
    await settled(pilot)


async def test_a_board_filter_says_where_it_is_wrong_and_offers_what_may_follow(
    desk: Desk,
) -> None:
    desk.order(minutes=60)
    desk.order(minutes=120)
    async with console(desk.store) as (app, pilot):
        screen = app.place
        assert isinstance(screen, OrderList)
        await pilot.press("slash")
        await settled(pilot)
        assert "status:" in screen_text(app)
        line = screen.query_one(PromptInput)
        line.value = "minutes:>=2h taken:today"
        await settled(pilot)
        assert "1/2" in bar(screen)
        line.value = "minutes:>=2h or ("
        await settled(pilot)
        assert "Character 18" in bar(screen)
        line.value = "cs2 st"
        await settled(pilot)
        await pilot.press("tab")
        assert line.value == "cs2 status:"
        await settled(pilot)
        await pilot.press("tab")
        assert line.value == 'cs2 status:"To dispatch" '
        await type_line(pilot, "minutes:<2h")
        await pilot.press("slash")
        screen.query_one(PromptInput).value = ""
        await settled(pilot)
        assert screen.query_one(Prompt)._completion.values[0] == "minutes:<2h"


async def test_today_moves_on_with_the_business_day(desk: Desk, clock: FixedClock) -> None:
    from datetime import timedelta

    desk.order(minutes=60)
    async with console(desk.store) as (app, pilot):
        screen = app.place
        assert isinstance(screen, OrderList)
        await pilot.press("slash")
        await type_line(pilot, "taken:today")
        assert "1/1" in bar(screen)
        clock.advance(timedelta(days=1))
        screen.reload()
        await until(pilot, lambda: "0/1" in bar(screen))


async def test_a_view_is_saved_used_renamed_removed_and_brought_back(desk: Desk) -> None:
    desk.order(minutes=60)
    async with console(desk.store) as (app, pilot):
        screen = app.place
        assert isinstance(screen, OrderList)
        await pilot.press("at")
        await settled(pilot)
        assert "No view is saved here yet" in toasts(app)[-1]
        await pilot.press("slash")
        await type_line(pilot, "status:completed")
        await pilot.press("colon")
        await type_line(pilot, "view-save done")
        await until(pilot, lambda: "done" in screen.views)
        await pilot.press("escape", "at")
        await settled(pilot)
        assert "@done" in screen_text(app)
        await type_line(pilot, "@done or status:pending")
        assert "1/1" in bar(screen)
        await pilot.press("colon")
        await type_line(pilot, "view-rename done finished")
        await until(pilot, lambda: "finished" in screen.views)
        await pilot.press("colon")
        await type_line(pilot, "view finished")
        assert "0/1" in bar(screen)
        await pilot.press("colon")
        await type_line(pilot, "view-remove finished")
        await until(pilot, lambda: not screen.views)
        await pilot.press("u")
        await until(pilot, lambda: "finished" in screen.views)
    with desk.store.read() as work:
        assert [view.filter for view in views.views_of(work, "li", "board")] == ["status:completed"]


async def test_a_line_with_a_field_lists_customers_page_by_page(desk: Desk) -> None:
    ids = add_customers(desk, 500)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, CustomersScreen)
        lookup_line = screen.query_one("#lookup", Input)
        lookup_line.value = "city:hangz"
        await until(pilot, lambda: "250" in bar(screen))
        assert screen.matches.total == 200
        await pilot.press("enter", "G")
        await until(pilot, lambda: screen.matches.total == 250)
        assert [hit.id for hit in screen.matches.shown()] == [
            each for each in reversed(ids) if each % 2 == ids[1] % 2
        ]
        lookup_line.value = "city:hangz or"
        await until(pilot, lambda: "Character" in bar(screen))
        lookup_line.value = "Guest003"
        await until(pilot, lambda: screen.matches.total == 1)
        assert bar(screen) == ""
        await pilot.press("F")
        await settled(pilot)
        assert screen.query_one(PromptInput).value == "Guest003 ", "a field goes after the words"
        screen.query_one(PromptInput).value = "cit"
        await settled(pilot)
        await pilot.press("tab")
        assert screen.query_one(PromptInput).value == "city:"


async def test_many_are_tagged_after_a_look_and_undone_as_one(desk: Desk) -> None:
    ids = add_customers(desk, 20)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, CustomersScreen)
        screen.query_one("#lookup", Input).value = "city:hangzhou"
        await until(pilot, lambda: screen.matches.total == 10)
        await pilot.press("enter", "b")
        await opens(pilot, FormDialog)
        await pilot.press(*"+VIP", "ctrl+s")
        await opens(pilot, VerdictDialog)
        assert "10 change" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        with desk.store.read() as work:
            assert bulk.runs(work) == []
        await pilot.press("space", "space", "colon")
        await type_line(pilot, "bulk +VIP")
        await opens(pilot, VerdictDialog)
        assert "2 change" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: any("2 done" in said for said in toasts(app)))
        with desk.store.read() as work:
            assert sum("VIP" in hit.tags for hit in lookup.hits(work, ids)) == 2
        await settled(pilot)
        await pilot.press("u")
        await until(pilot, lambda: any("2 undone" in said for said in toasts(app)))
    with desk.store.read() as work:
        assert not any("VIP" in hit.tags for hit in lookup.hits(work, ids))
        (run,) = bulk.runs(work)
        assert run.undone_at is not None


async def test_what_is_shown_is_exported_with_phones_masked(desk: Desk, tmp_path: Path) -> None:
    add_customers(desk, 6)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, CustomersScreen)
        screen.query_one("#lookup", Input).value = "city:hangzhou"
        await until(pilot, lambda: screen.matches.total == 3)
        await pilot.press("enter", "x")
        await opens(pilot, FormDialog)
        assert "3 rows as shown" in screen_text(app)
        file = app.screen.query_one("#field-file Input", Input)
        assert file.value == str(tmp_path / "exports" / "Customers-2026-09-21.xlsx")
        file.value = str(tmp_path / "exports" / "mine.json")
        app.screen.query_one("#field-whole Input", Input).value = "yes"
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert "why the numbers are needed" in screen_text(app)
        app.screen.query_one("#field-whole Input", Input).value = "no"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("3 rows written" in said for said in toasts(app)))
    told = json.loads((tmp_path / "exports" / "mine.json").read_text("utf-8"))
    assert {row["city"] for row in told} == {"Hangzhou"}
    assert all("****" in row["phone"] for row in told)


async def test_a_list_of_orders_is_exported_as_it_is_filtered(desk: Desk, tmp_path: Path) -> None:
    desk.order(minutes=60)
    no = desk.order(minutes=120)
    async with console(desk.store) as (app, pilot):
        await pilot.press("slash")
        await type_line(pilot, "minutes:2h")
        await pilot.press("x")
        await opens(pilot, FormDialog)
        app.screen.query_one("#field-file Input", Input).value = str(tmp_path / "o.json")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("1 row written" in said for said in toasts(app)))
        await pilot.press("8", "x")
        await settled(pilot)
        assert "no list to export" in toasts(app)[-1]
    assert [row["no"] for row in json.loads((tmp_path / "o.json").read_text("utf-8"))] == [no]
