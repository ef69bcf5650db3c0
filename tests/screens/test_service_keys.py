"""The keys of the service: a lost connection, hand-over, renewal, a report sent back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus as S
from crm_tui.screens.dialogs.assign import AssignDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.rows import OrderRow
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def shown(app: object) -> S | None:
    """Where the order under the cursor stands on the screen."""
    row: OrderRow | None = app.place.order()  # type: ignore[attr-defined]
    return row.status if row else None


async def test_an_order_is_disconnected_handed_over_and_renewed_by_keys(
    desk: Desk, clock: FixedClock
) -> None:
    no = desk.order_in(S.SERVING)
    async with console(desk.store, size=(120, 36)) as (app, pilot):
        clock.advance(timedelta(minutes=20))
        await pilot.press("d")
        await until(pilot, lambda: "Cut off" in screen_text(app))
        clock.advance(timedelta(minutes=5))
        await pilot.press("d")
        await until(pilot, lambda: toasts(app)[-1] == f"{no} connected again")

        await pilot.press("H")
        await opens(pilot, AssignDialog)
        assert "鹿鹿00 hands over to" in screen_text(app)
        await until(pilot, lambda: "net 30.00 × 80% (part of ¥45.00" in screen_text(app))
        await pilot.press(*"02", "enter")
        await until(pilot, lambda: shown(app) is S.ACCEPTED)
        await pilot.press("s")
        await until(pilot, lambda: shown(app) is S.SERVING)

        await pilot.press("R")
        await until(pilot, lambda: "Renewal" in screen_text(app))
        await settled(pilot)
        assert "[鹿鹿02]" in screen_text(app)
        second = "O0921-002"
        assert f"{second} goes on from {no}" in toasts(app)[-1]
        await pilot.press("u")
        await until(pilot, lambda: desk.row(second).status is S.CANCELLED)
        await pilot.press("R")
        await until(pilot, lambda: "O0921-003" in screen_text(app))

        clock.advance(timedelta(minutes=40))
        await pilot.press("f")
        await until(pilot, lambda: "60 measured, 60 by the rule" in screen_text(app))
        await settled(pilot)
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "O0921-003 begins at once" in text
        assert "鹿鹿00 20 min" in text and "鹿鹿02 40 min" in text and "studio: ¥9.00" in text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: desk.row("O0921-003").status is S.SERVING)


async def test_a_report_is_sent_back_with_a_reason(desk: Desk) -> None:
    no = desk.order_in(S.CONFIRMING)
    async with console(desk.store) as (_app, pilot):
        await pilot.press("S")
        await opens(pilot, FormDialog)
        await pilot.press(*"too early", "ctrl+s")
        await until(pilot, lambda: desk.row(no).status is S.SERVING)
    assert desk.detail(no).history[-1].text == "reopened (too early)"


async def test_of_several_one_is_chosen_to_leave(desk: Desk) -> None:
    no = desk.order(places=2)
    for who in desk.companions[:2]:
        desk.do(orders.assign, no, who)
    async with console(desk.store, size=(120, 36)) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: "Who leaves" in screen_text(app))
        await pilot.press(*"鹿鹿01", "enter")
        await until(pilot, lambda: "鹿鹿01 is free again" in screen_text(app))
        await pilot.press(*"ill", "ctrl+s")
        await until(pilot, lambda: desk.row(no).companion == "鹿鹿00")
        await until(pilot, lambda: "1/2 鹿鹿00" in screen_text(app))
        await pilot.press("i")
        await until(pilot, lambda: "withdrew (ill)" in screen_text(app))
