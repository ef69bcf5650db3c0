"""The offer ladder by keyboard: from the offer to the acceptance by the second tier (N4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.config import Config
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import OrderStatus
from crm_tui.models import Companion, CompanionLevel
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.ladder import LadderDialog
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """Companions 0 and 1 are of the top tier, 2 of the second, 3 of the last."""
    desk = open_desk(sqlite_store, clock, companions=4)
    with sqlite_store.write(MANAGER) as work:
        levels = {one.code: one.id for one in work.session.exec(select(CompanionLevel)).all()}
        codes = ("devil", "devil", "god", "tech")
        for companion_id, code in zip(desk.companions, codes, strict=True):
            work.session.get_one(Companion, companion_id).level_id = levels[code]
    return desk


async def test_by_keys_from_the_offer_to_the_second_tier(desk: Desk, clock: FixedClock) -> None:
    set_language("zh")
    no = desk.order()
    async with console(desk.store, size=(80, 24), config=Config(language="zh")) as (app, pilot):
        await until(pilot, lambda: no in screen_text(app))
        await pilot.press("L")
        await until(pilot, lambda: "还没有问过任何人" in screen_text(app))
        await until(pilot, lambda: "按 o 发抢单" in screen_text(app))
        await settled(pilot)
        assert "另有 2 人合适" in screen_text(app)

        await pilot.press("o")
        await until(pilot, lambda: "第 1/3 档 · 2 人待答 1:00 · 下一档 0:20" in screen_text(app))
        await until(pilot, lambda: "2  大神  另有 1 人合适, 0:20 后问" in screen_text(app))
        clock.advance(timedelta(seconds=7))
        await until(pilot, lambda: "2 人待答 0:53 · 下一档 0:13" in screen_text(app))

        for count, reason in enumerate(("忙", "价格太低"), 1):
            await pilot.press("D")
            await opens(pilot, FormDialog)
            await pilot.press(*reason, "ctrl+s")
            await opens(pilot, LadderDialog)
            await until(pilot, lambda n=count: f"已谢绝 {n}" in screen_text(app))
            await pilot.press("j" if count == 1 else "k")
        await until(pilot, lambda: "第 2/3 档 · 1 人待答" in screen_text(app))
        await until(pilot, lambda: "价格太低" in screen_text(app))

        await pilot.press("A")
        await until(pilot, lambda: f"鹿鹿00 没有 {no} 的待接派单" in toasts(app)[-1])
        await pilot.press("G", "A")
        await until(pilot, lambda: "第 1 轮已结束" in screen_text(app))
        assert desk.row(no).companion == "鹿鹿02"
        await pilot.press("escape", "u")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.PENDING)


async def test_the_ladder_follows_what_others_do_and_keeps_its_order(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store, size=(120, 30)) as (app, pilot):
        await until(pilot, lambda: no in screen_text(app))
        await pilot.press("o")
        await until(pilot, lambda: "2 asked 1/3" in screen_text(app))
        await pilot.press("o")
        await opens(pilot, LadderDialog)
        desk.order()
        await pilot.press("w")
        await until(pilot, lambda: "tier 2 of 3 · 3 to answer" in screen_text(app))
        desk.do(dispatch.decline, no, desk.companions[2], "吃饭")
        await until(pilot, lambda: "tier 3 of 3" in screen_text(app))
        await until(pilot, lambda: "all tiers are asked" in screen_text(app))
        await until(pilot, lambda: "吃饭" in screen_text(app))
        await pilot.press("O")
        await until(pilot, lambda: "o offers it again" in screen_text(app))
        await pilot.press("o")
        await until(pilot, lambda: "Round 2" in screen_text(app))
        assert desk.row(no).open_offers == 2
        await pilot.press("w", "w")
        await until(pilot, lambda: any("No further tier" in toast for toast in toasts(app)))
