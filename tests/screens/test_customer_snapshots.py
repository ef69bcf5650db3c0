"""Both screens that show a customer, as they look: in both languages, at both sizes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import (
    ContactChannel,
    ContactDirection,
    OrderStatus,
    Role,
    Stance,
    TaskKind,
)
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Desk as ConsoleDesk
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.customers.stances import set_stance
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import screen_text, settled, until
from tests.screens.snapshots import assert_as_kept

SIZES = [(80, 24), (120, 36)]


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """An evening with one customer about whom much is known, and others of like name."""
    desk = open_desk(sqlite_store, clock)
    for nick in ("小鱼儿", "小鱼精[VIP]"):
        desk.do(customers.add, NewCustomer(nick))
    with desk.store.write(MANAGER) as work:
        fields.define(work, "customer", Definition("birthday", "生日", "date"))
    desk.do(
        customers.edit,
        desk.customer,
        {
            "name": "曾小贤", "gender": "male", "city": "杭州", "phone": "13800138000",
            "wechat": "wxid_zeng", "custom.birthday": "1999-09-09",
            "note": "晚上九点以后才有空，喜欢声音好听的；打王者和蛋仔，不打英雄联盟。",
        },
    )  # fmt: skip
    desk.do(customers.tag, desk.customer, ["大客户", "夜猫子"])
    desk.order_in(OrderStatus.COMPLETED)
    desk.wait(90)
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    contact = (ContactChannel.WECHAT, ContactDirection.INBOUND)
    desk.do(interactions.note, NewInteraction(desk.customer, "问周末有没有空位", *contact))
    desk.wait(2)
    desk.do(set_stance, desk.customer, desk.companions[0], Stance.PREFERRED)
    desk.do(set_stance, desk.customer, desk.companions[2], Stance.REFUSED, "吵过架")
    due = clock.now() + timedelta(minutes=40)
    complaint = NewTask("说陪玩迟到", desk.customer, kind=TaskKind.COMPLAINT, due_at=due)
    desk.do(tasks.add, complaint)
    desk.order_in(OrderStatus.SERVING)
    desk.wait(5)
    return desk


def console_for(desk: Desk, role: Role) -> Any:
    actor = Actor("li", role)
    return ConsoleApp(lambda: ConsoleDesk(desk.store, desk.store.feed(), actor), Config())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_customers(desk: Desk, language: str, size: tuple[int, int]) -> None:
    set_language(language)
    app = console_for(desk, Role.OPERATOR)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.studio is not None)
        await pilot.press("3", *"xyg")
        await until(pilot, lambda: "¥90.00" in screen_text(app))
        await settled(pilot)
        assert_as_kept(app, f"customers-{language}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_person(desk: Desk, language: str, size: tuple[int, int]) -> None:
    set_language(language)
    app = console_for(desk, Role.OPERATOR)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.studio is not None)
        app.go_to(Visit("person", desk.customer))
        await until(pilot, lambda: app.place.PLACE == "person" and app.place.worth)
        await settled(pilot)
        assert_as_kept(app, f"person-{language}-{size[0]}x{size[1]}")
