"""Undoing an import: everything that is only its own goes; what others built on stays, with why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotFound
from crm_tui.core.words import OrderStatus, Role
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import reads as customer_reads
from crm_tui.services.imports import actions, undo
from crm_tui.services.imports.headers import Entity
from crm_tui.services.money import balances
from crm_tui.services.money.members import actions as members
from crm_tui.services.money.members.rules import Parts
from crm_tui.services.money.settlement import actions as settlement
from crm_tui.services.money.settlement import drafting
from crm_tui.services.orders import actions as order_actions
from crm_tui.services.orders import history
from crm_tui.services.upkeep.checks import money
from crm_tui.services.upkeep.doctor import findings
from crm_tui.services.upkeep.findings import examine
from crm_tui.storage.store import Store
from tests.workbooks import csv_file

PEOPLE = ["昵称", "手机", "微信号", "标签", "备注"]
ANNA = ["安娜", "13800138000", "wx_anna", "话少", ""]
SALES = ["单号", "下单时间", "客户微信", "游戏", "陪玩师", "时长", "金额", "状态", "评分"]
SOLD = ["N1", "2026-09-20 21:00", "wx_anna", "王者荣耀", "阿布", "2小时", 90, "已完成", 5]
PENDING = [*SOLD[:4], "", *SOLD[5:7], "待派单", ""]
MONEY = ["订单号", "支付时间", "金额", "支付方式", "交易单号"]


class Desk:
    """Imports rows as CSV files, and undoes them."""

    def __init__(self, store: Store, actor: Actor, folder: Path) -> None:
        self.store = store
        self.actor = actor
        self.folder = folder

    def take_in(self, entity: str, headers: list[Any], *rows: list[Any]) -> str:
        path = csv_file(self.folder / f"{entity}.csv", [headers, *rows])
        with self.store.write(self.actor) as work:
            batch: str = actions.import_file(work, path, Entity(entity))["batch"]
        return batch

    def undo(self, batch: str) -> dict[str, Any]:
        with self.store.write(self.actor) as work:
            return undo.undo(work, batch)

    def profile(self, ref: str) -> Any:
        with self.store.read() as work:
            return customer_reads.profile(work, customer_reads.resolve(work, ref))

    def standing(self) -> dict[str, int]:
        """The balances that are not zero; money by channel."""
        with self.store.read() as work:
            assert balances.replay_differences(work) == []
            assert [rule.name for rule in money.RULES if not examine(rule, work).ok] == []
            found = balances.balances(work)
        by_channel = {name: fen for row in found for name, fen in row.channels if fen}
        return by_channel | {
            row.account.value: row.balance_fen
            for row in found
            if row.balance_fen and not row.channels
        }

    def order(self, no: str) -> Any:
        with self.store.read() as work:
            return history.detail(work, no).order


@pytest.fixture
def desk(store: Store, manager: Actor, tmp_path: Path) -> Desk:
    return Desk(store, manager, tmp_path)


def why(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(kept["entity"], kept["code"]) for kept in answer["kept"]]


def test_an_update_is_put_back(desk: Desk) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    second = desk.take_in(
        "customers", PEOPLE, ["安娜娜", "13800138000", "wx_two", "夜猫子", "新备注"]
    )
    assert desk.profile("wx_two").nick == "安娜娜"
    assert desk.undo(second)["restored"] == {"customer": 1}
    profile = desk.profile("13800138000")
    assert (profile.nick, profile.note) == ("安娜", "")
    assert {tag.name for tag in profile.tags} == {"话少"}
    with pytest.raises(NotFound):
        desk.profile("wx_two")


def test_what_later_imports_refer_to_stays(desk: Desk) -> None:
    people = desk.take_in("customers", PEOPLE, ANNA, ["贝拉", "13800138001", "", "", ""])
    sold = desk.take_in("orders", SALES, SOLD)
    answer = desk.undo(people)
    assert answer["undone"]["customer"] == 1
    assert why(answer) == [("customer", "in_use"), ("tag", "in_use")]
    assert desk.undo(sold)["undone"] == {"order": 1, "companion": 1}


def test_an_order_that_was_worked_on_stays(desk: Desk) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    sold = desk.take_in("orders", SALES, PENDING)
    with desk.store.write(desk.actor) as work:
        order_actions.cancel(work, "N1", "不要了")
    answer = desk.undo(sold)
    assert why(answer) == [("order", "changed_since")]
    assert desk.order("N1").status is OrderStatus.CANCELLED


def test_a_customer_that_was_edited_stays(desk: Desk) -> None:
    people = desk.take_in("customers", PEOPLE, ANNA)
    with desk.store.write(desk.actor) as work:
        customer_id = customer_reads.resolve(work, "wx_anna")
        customers.edit(work, customer_id, {"note": "重要"})
    assert why(desk.undo(people)) == [("customer", "changed_since"), ("tag", "in_use")]
    assert desk.profile("wx_anna").note == "重要"


def test_an_order_that_a_later_file_carried_on_goes_back(desk: Desk) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    first = desk.take_in("orders", SALES, PENDING)
    second = desk.take_in("orders", SALES, SOLD)
    assert why(desk.undo(first)) == []
    assert desk.undo(second)["kept"] != []


def test_undone_in_turn_nothing_is_left_of_two_files(desk: Desk) -> None:
    people = desk.take_in("customers", PEOPLE, ANNA)
    first = desk.take_in("orders", SALES, PENDING)
    second = desk.take_in("orders", SALES, SOLD)
    assert desk.standing() == {"other": 9000, "companion_payable": -7200, "revenue": -1800}
    assert desk.undo(second)["restored"] == {"order": 1}
    assert desk.order("N1").status is OrderStatus.PENDING
    assert desk.standing() == {}
    assert desk.profile("wx_anna").stats.orders == 0
    assert desk.undo(first)["undone"] == {"order": 1}
    assert desk.undo(people)["undone"] == {"customer": 1, "tag": 1}


def test_payments_are_taken_back_from_their_order(desk: Desk) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    desk.take_in("orders", SALES, [*SOLD[:7], "待支付", ""])
    part = ["N1", "2026-09-21 10:00", 30, "微信", "A1"]
    rest = ["N1", "2026-09-21 11:00", 60, "微信", "A2"]
    paid = desk.take_in("payments", MONEY, part, rest)
    assert desk.order("N1").status is OrderStatus.COMPLETED
    earned = {"companion_payable": -7200, "revenue": -1800}
    assert desk.standing() == {"wechat": 9000, **earned}
    assert desk.undo(paid)["undone"] == {"payment": 2}
    order = desk.order("N1")
    assert (order.status, order.paid_fen) == (OrderStatus.UNPAID, 0)
    assert desk.standing() == {}
    assert desk.profile("wx_anna").stats.orders == 0


def test_the_books_follow_what_a_later_file_knows_better(desk: Desk) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    desk.take_in("orders", SALES, SOLD)
    told = desk.take_in("payments", MONEY, ["N1", "2026-09-21 10:00", 90, "支付宝", "A1"])
    earned = {"companion_payable": -7200, "revenue": -1800}
    assert desk.standing() == {"alipay": 9000, **earned}
    desk.undo(told)
    assert desk.standing() == {"other": 9000, **earned}
    desk.take_in("orders", SALES, [*SOLD[:6], 120, *SOLD[7:]])
    assert desk.standing() == {"other": 12000, "companion_payable": -9600, "revenue": -2400}


def test_an_order_that_somebody_was_paid_for_stays(desk: Desk, clock: FixedClock) -> None:
    desk.take_in("customers", PEOPLE, ANNA)
    sold = desk.take_in("orders", SALES, SOLD)
    clock.advance(timedelta(days=9))
    no = drafting.draft(desk.store, desk.actor)["no"]
    with desk.store.write(Actor("zhao", Role.ADMIN)) as work:
        settlement.approve(work, no)
    assert why(desk.undo(sold))[0] == ("order", "in_use")
    assert desk.standing() == {"other": 9000, "settled_payable": -7200, "revenue": -1800}


def test_an_unknown_import_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.undo("ffffffffffffffff")


def test_the_books_agree_after_every_step(desk: Desk) -> None:
    def sound() -> list[str]:
        return [finding.name for finding in findings(desk.store) if not finding.ok]

    desk.take_in("customers", PEOPLE, ANNA, ["安娜小号", "13800138000", "", "", ""])
    desk.take_in("orders", SALES, PENDING, ["N2", *SOLD[1:]])
    second = desk.take_in("orders", SALES, SOLD)
    assert sound() == []
    desk.undo(second)
    assert sound() == []


def test_a_balance_that_was_brought_along_goes_with_its_import(desk: Desk) -> None:
    headers = ["昵称", "手机", "余额", "赠送余额"]
    anna, bert = ["安娜", "13800138000", "¥1,200.00", 60], ["阿北", "13900139000", 80, ""]
    batch = desk.take_in("customers", headers, anna, bert, ["小周", "13700137000", "", ""])
    assert desk.profile("13800138000").member.balance == Parts(120_000, 6_000)
    with desk.store.write(desk.actor) as work:
        actions.import_file(
            work,
            csv_file(desk.folder / "again.csv", [headers, ["安娜", "13800138000", 999, ""]]),
            Entity.CUSTOMERS,
        )
        members.pay_out(work, desk.profile("13900139000").id, 1_000)
    assert desk.profile("13800138000").member.balance == Parts(120_000, 6_000)
    answer = desk.undo(batch)
    assert answer["undone"]["customer"] == 2
    assert why(answer) == [("customer", "in_use")]
    assert desk.profile("13900139000").member.balance == Parts(7_000, 0)
    assert [each.detail for each in findings(desk.store) if not each.ok] == []
