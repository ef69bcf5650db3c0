"""Settling by keyboard only: draft, adjust, statement, approve, payout file, pay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, SettlementState
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.detail import DetailDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.settlement_statement import StatementDialog
from crm_tui.services.money.settlement import reads
from crm_tui.services.money.settlement.reads import BatchRow
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


async def fill(pilot: Pilot[None], **texts: str) -> None:
    """Put texts into the form that is open, and hand it over."""
    await opens(pilot, FormDialog)
    dialog = pilot.app.screen
    assert isinstance(dialog, FormDialog)
    for name, text in texts.items():
        dialog.form.row(name).fill(text)
    await pilot.press("ctrl+s")
    await settled(pilot)


def _newest(store: Store) -> BatchRow | None:
    with store.read() as work:
        found = reads.newest(work)
    return found[0] if found else None


async def test_a_month_is_settled_by_keyboard(
    sqlite_store: Store, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TUI_EXPORTS", str(tmp_path))
    desk = open_desk(sqlite_store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    clock.advance(timedelta(days=7))

    async with console(sqlite_store) as (app, pilot):
        app.go_to(Visit("settlements"))
        await settled(pilot)
        assert "Nothing was settled yet" in screen_text(app)
        await pilot.press("A")
        await settled(pilot)
        assert "nothing under the cursor" in toasts(app)[-1]

        await pilot.press("c")
        await settled(pilot)
        await fill(pilot, first="2026-09-01", last="2026-09-27")
        await until(pilot, lambda: _newest(sqlite_store))
        await until(pilot, lambda: "72.00" in screen_text(app))
        await pilot.press("P")
        await settled(pilot)
        assert "is Draft; this needs: Approved" in toasts(app)[-1]

        await pilot.press("enter")
        await until(pilot, lambda: "鹿鹿00" in screen_text(app))
        await pilot.press("a")
        await settled(pilot)
        await fill(pilot, amount="-6", reason="lost headset")
        await until(pilot, lambda: "lost headset" in screen_text(app))
        await until(pilot, lambda: "30.00" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "lost headset" not in screen_text(app))

        await pilot.press("enter")
        await opens(pilot, StatementDialog)
        await until(pilot, lambda: "O0921-00" in screen_text(app))
        await pilot.press("enter")
        await opens(pilot, DetailDialog)
        await pilot.press("escape", "x")
        await until(pilot, lambda: "Written to" in toasts(app)[-1])
        assert list(tmp_path.rglob("*-P*.xlsx"))
        await pilot.press("escape")

        batch = _newest(sqlite_store)
        assert batch is not None
        await pilot.press("A")
        await fill(pilot, no=batch.no)
        assert "two people" in screen_text(app)
        with sqlite_store.write(SYSTEM) as work:
            set_setting(work, "money.two_people", "-")
        await fill(pilot, no=batch.no)
        await until(pilot, lambda: "Approved" in screen_text(app))

        await pilot.press("F")
        await fill(pilot)
        await until(pilot, lambda: "收款账号" in screen_text(app))
        await pilot.press("escape", "V")
        await until(pilot, lambda: "is what the books say" in toasts(app)[-1])
        await pilot.press("P")
        await fill(pilot)
        await until(pilot, lambda: "Paid out" in screen_text(app))
        paid = _newest(sqlite_store)
        assert paid is not None and paid.state is SettlementState.PAID
