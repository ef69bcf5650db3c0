"""Rows against what is stored: found again, folded, updated, refused; on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.words import OrderStatus
from crm_tui.services.customers import lookup
from crm_tui.services.customers import reads as customer_reads
from crm_tui.services.imports import actions
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.verdict import OnConflict
from crm_tui.services.orders import actions as order_actions
from crm_tui.services.orders import history
from crm_tui.storage.store import Store
from tests.workbooks import csv_file

PEOPLE = ["昵称", "姓名", "手机", "微信号", "性别", "标签", "备注"]
ANNA = ["安娜", "王安", "13800138000", "wx_anna", "女", "话少", ""]
SALES = [
    "单号",
    "下单时间",
    "客户微信",
    "客户昵称",
    "游戏",
    "陪玩师",
    "时长",
    "单价",
    "金额",
    "打赏",
    "支付方式",
    "状态",
    "评分",
]
SOLD = [
    "N1",
    "2026-09-20 21:00",
    "wx_anna",
    "安娜",
    "王者荣耀",
    "阿布",
    "2小时",
    45,
    90,
    5.2,
    "微信",
    "已完成",
    5,
]


class Desk:
    """Imports rows as CSV files."""

    def __init__(self, store: Store, actor: Actor, folder: Path) -> None:
        self.store = store
        self._actor = actor
        self._folder = folder

    def take_in(
        self, entity: str, headers: list[Any], *rows: list[Any], conflict: str = "update"
    ) -> Any:
        path = csv_file(self._folder / f"{entity}.csv", [headers, *rows])
        options = actions.Options(OnConflict(conflict))
        with self.store.write(self._actor) as work:
            return actions.import_file(work, path, Entity(entity), options)

    def people(self, *rows: list[Any], conflict: str = "update") -> Any:
        return self.take_in("customers", PEOPLE, *rows, conflict=conflict)

    def sold(self, *rows: list[Any], conflict: str = "update") -> Any:
        return self.take_in("orders", SALES, *rows, conflict=conflict)

    def find(self, query: str) -> list[str]:
        with self.store.read() as work:
            return [hit.nick for hit in lookup.find(work, query)]

    def profile(self, ref: str) -> Any:
        with self.store.read() as work:
            return customer_reads.profile(work, customer_reads.resolve(work, ref))

    def order(self, no: str) -> Any:
        with self.store.read() as work:
            return history.detail(work, no)


@pytest.fixture
def desk(store: Store, manager: Actor, tmp_path: Path) -> Desk:
    return Desk(store, manager, tmp_path)


def outcome(verdict: dict[str, Any]) -> dict[str, int]:
    names = ("inserted", "updated", "unchanged", "merged", "skipped", "rejected")
    return {name: verdict[name] for name in names if verdict[name]}


def codes(verdict: dict[str, Any]) -> list[tuple[int, str]]:
    return [(reject["row"], reject["code"]) for reject in verdict["rejects"]]


def test_the_same_person_in_two_rows_folds_into_the_first(desk: Desk) -> None:
    again = ["安娜小号", "", "138-0013-8000", "", "男", "夜猫子", "补充"]
    assert outcome(desk.people(ANNA, again)) == {"inserted": 1, "merged": 1}
    assert desk.find("安娜小号") == ["安娜"]
    profile = desk.profile("13800138000")
    assert profile.nick == "安娜"
    assert profile.gender.value == "female"
    assert profile.note == "补充"
    assert {tag.name for tag in profile.tags} == {"话少", "夜猫子"}
    assert outcome(desk.people(ANNA, again)) == {"unchanged": 1, "merged": 1}


def test_blank_cells_take_nothing_away_and_new_ones_update(desk: Desk) -> None:
    desk.people(ANNA)
    assert outcome(desk.people(["安娜", "", "", "WX_Anna", "", "", ""])) == {"unchanged": 1}
    assert outcome(desk.people(["安娜娜", "", "13800138000", "", "", "", ""])) == {"updated": 1}
    profile = desk.profile("wx_anna")
    assert (profile.nick, profile.name) == ("安娜娜", "王安")
    assert desk.find("安娜娜") == ["安娜娜"]


def test_what_is_there_can_be_left_or_refused(desk: Desk) -> None:
    desk.people(ANNA)
    other = ["安娜娜", *ANNA[1:]]
    assert outcome(desk.people(other, conflict="skip")) == {"skipped": 1}
    assert codes(desk.people(other, conflict="reject")) == [(2, "exists")]
    assert outcome(desk.people(ANNA, conflict="reject")) == {"unchanged": 1}
    assert desk.profile("wx_anna").nick == "安娜"


def test_identities_of_two_people_in_one_row_are_refused(desk: Desk) -> None:
    desk.people(ANNA, ["贝拉", "", "13800138001", "wx_bela", "", "", ""])
    verdict = desk.people(["谁", "", "13800138000", "wx_bela", "", "", ""])
    assert codes(verdict) == [(2, "conflicting_identities")]


def test_people_without_an_id_are_told_apart_by_nickname(desk: Desk) -> None:
    assert outcome(desk.people(["无名", "", "", "", "", "", ""])) == {"inserted": 1}
    assert outcome(desk.people(["无名", "", "", "", "", "", ""])) == {"unchanged": 1}
    assert codes(desk.people(["", "", "", "", "女", "", ""])) == [(2, "empty")]


def test_damaged_numbers_store_nothing(desk: Desk) -> None:
    verdict = desk.people(["坏", "", "1.38E+10", "wx_bad", "", "", ""])
    assert codes(verdict) == [(2, "phone_damaged")]
    assert verdict["rejects"][0] | {"reason": ""} == {
        "row": 2,
        "column": "手机",
        "value": "1.38E+10",
        "code": "phone_damaged",
        "reason": "",
    }
    assert desk.find("wx_bad") == []


def test_a_completed_order_brings_payment_tip_rating_and_companion(desk: Desk) -> None:
    desk.people(ANNA)
    verdict = desk.sold(SOLD)
    assert outcome(verdict) == {"inserted": 1}
    assert [note["code"] for note in verdict["notes"]] == ["companion_added"]
    detail = desk.order("N1")
    order = detail.order
    assert (order.status, order.companion, order.billed_minutes) == (
        OrderStatus.COMPLETED,
        "阿布",
        120,
    )
    assert (order.amount_fen, order.paid_fen, order.tip_fen, order.rating) == (9000, 9000, 520, 5)
    assert order.completed_at == order.created_at
    assert {(p.kind.value, p.channel.value, p.amount_fen) for p in detail.payments} == {
        ("payment", "wechat", 9000),
        ("tip", "wechat", 520),
    }
    assert desk.profile("wx_anna").stats.orders == 1


def test_an_unknown_id_is_refused_even_if_the_nickname_fits(desk: Desk) -> None:
    desk.people(ANNA)
    stranger = ["N2", SOLD[1], "wx_stranger", *SOLD[3:]]
    assert codes(desk.sold(stranger)) == [(2, "unknown_customer")]
    assert outcome(desk.sold(["N3", SOLD[1], "", *SOLD[3:]])) == {"inserted": 1}


def test_a_nickname_of_several_decides_nothing(desk: Desk) -> None:
    desk.people(ANNA, ["安娜", "", "13800138001", "", "", "", ""])
    assert codes(desk.sold(["N1", SOLD[1], "", *SOLD[3:]])) == [(2, "ambiguous_customer")]


def test_an_order_without_a_number_is_the_same_order_next_time(desk: Desk) -> None:
    desk.people(ANNA)
    nameless = ["", *SOLD[1:]]
    assert outcome(desk.sold(nameless, nameless)) == {"inserted": 1, "merged": 1}
    assert outcome(desk.sold(nameless)) == {"unchanged": 1}
    dated = ["", "2026-09-20", *SOLD[2:]]
    assert outcome(desk.sold(dated, dated)) == {"inserted": 2}
    assert outcome(desk.sold(dated, dated)) == {"unchanged": 2}


def test_two_rows_with_one_number_that_differ_are_not_guessed_at(desk: Desk) -> None:
    desk.people(ANNA)
    other = [*SOLD]
    other[8] = 100
    assert codes(desk.sold(SOLD, other)) == [(3, "duplicate_order_no")]


def test_a_later_file_carries_an_order_on(desk: Desk) -> None:
    desk.people(ANNA)
    pending = [*SOLD[:5], "", *SOLD[6:9], "", "", "待派单", ""]
    assert outcome(desk.sold(pending)) == {"inserted": 1}
    assert outcome(desk.sold(SOLD)) == {"updated": 1}
    assert desk.order("N1").order.status is OrderStatus.COMPLETED
    assert outcome(desk.sold(SOLD)) == {"unchanged": 1}
    assert desk.profile("wx_anna").stats.orders == 1


def test_an_order_that_was_worked_on_is_not_the_files_any_more(desk: Desk, manager: Actor) -> None:
    desk.people(ANNA)
    pending = [*SOLD[:5], "", *SOLD[6:9], "", "", "待派单", ""]
    desk.sold(pending)
    with desk.store.write(manager) as work:
        order_actions.cancel(work, "N1", "客户不要了")
    verdict = desk.sold(SOLD)
    assert outcome(verdict) == {"skipped": 1}
    assert [note["code"] for note in verdict["notes"]] == ["moved_on"]
    assert desk.order("N1").order.status is OrderStatus.CANCELLED


def test_a_companion_serves_one_order_at_a_time(desk: Desk) -> None:
    desk.people(ANNA)
    serving = [*SOLD[:9], "", "", "服务中", ""]
    second = ["N2", *serving[1:]]
    verdict = desk.sold(serving, second)
    assert outcome(verdict) == {"inserted": 1, "rejected": 1}
    assert codes(verdict) == [(3, "companion_busy")]
    with desk.store.write(Actor("li")) as work:
        order_actions.finish(work, "N1")


def test_an_imported_pending_order_goes_on_by_hand(desk: Desk, manager: Actor) -> None:
    desk.people(ANNA)
    desk.take_in("companions", ["昵称", "擅长游戏"], ["阿布", "王者荣耀"])
    desk.sold([*SOLD[:5], "", *SOLD[6:9], "", "", "待派单", ""])
    with desk.store.write(manager) as work:
        from crm_tui.services.companions import reads as companions

        order_actions.assign(work, "N1", companions.resolve(work, "阿布"))
        order_actions.start(work, "N1")
        order_actions.finish(work, "N1", minutes=120)
    assert desk.order("N1").order.amount_fen == 9000


def test_unknown_states_and_missing_times_are_refused_with_the_cell(desk: Desk) -> None:
    desk.people(ANNA)
    strange = [*SOLD[:11], "神秘状态", ""]
    timeless = ["N2", "", *SOLD[2:]]
    verdict = desk.sold(strange, timeless)
    assert codes(verdict) == [(2, "unknown_status"), (3, "missing_date")]
    assert verdict["rejects"][0]["value"] == "神秘状态"


def test_a_new_game_is_added_and_told(desk: Desk) -> None:
    desk.people(ANNA)
    verdict = desk.sold([*SOLD[:4], "跳舞的线", *SOLD[5:]])
    assert {note["code"] for note in verdict["notes"]} == {"companion_added", "game_added"}
    assert desk.order("N1").order.game == "跳舞的线"


def test_payments_complete_what_the_order_brought(desk: Desk) -> None:
    desk.people(ANNA)
    desk.sold(SOLD)
    headers = ["订单号", "支付时间", "金额", "支付方式", "交易单号", "类型"]
    paid = ["N1", "2026-09-20 23:10", 90, "微信", "4200001", "订单支付"]
    assert outcome(desk.take_in("payments", headers, paid)) == {"updated": 1}
    assert outcome(desk.take_in("payments", headers, paid)) == {"unchanged": 1}
    assert len(desk.order("N1").payments) == 2
    unknown = ["N9", *paid[1:]]
    assert codes(desk.take_in("payments", headers, unknown)) == [(2, "unknown_order")]


def test_a_payment_settles_an_unpaid_order(desk: Desk) -> None:
    desk.people(ANNA)
    desk.sold([*SOLD[:9], "", "", "待支付", ""])
    headers = ["订单号", "支付时间", "金额", "支付方式", "交易单号"]
    paid = ["N1", "2026-09-21 10:00", "¥90.00", "支付宝", "2026092122001"]
    assert outcome(desk.take_in("payments", headers, paid)) == {"inserted": 1}
    order = desk.order("N1").order
    assert (order.status, order.paid_fen) == (OrderStatus.COMPLETED, 9000)
    assert outcome(desk.take_in("payments", headers, paid)) == {"unchanged": 1}
    assert desk.profile("wx_anna").stats.orders == 1


def test_companions_fold_by_phone_and_keep_their_share(desk: Desk) -> None:
    headers = ["昵称", "手机", "擅长游戏", "段位", "单价", "抽成"]
    first = ["阿布", "13900139000", "王者荣耀", "最强王者", "45元/小时", "20%"]
    second = ["阿布", "13900139000", "和平精英", "无敌战神", "", ""]
    assert outcome(desk.take_in("companions", headers, first, second)) == {
        "inserted": 1,
        "merged": 1,
    }
    assert outcome(desk.take_in("companions", headers, first, second)) == {
        "unchanged": 1,
        "merged": 1,
    }
    with desk.store.read() as work:
        from crm_tui.services.companions import reads as companions

        (row,) = companions.roster(work)
    assert (row.rate_fen, row.share_bp) == (4500, 8000)
    assert {skill.game for skill in row.games} == {"王者荣耀", "和平精英"}


def test_two_companions_may_share_a_nickname_but_not_a_phone(desk: Desk) -> None:
    headers = ["昵称", "手机", "擅长游戏"]
    rows = [["阿布", "13900139000", "王者荣耀"], ["阿布", "13900139001", "王者荣耀"]]
    assert outcome(desk.take_in("companions", headers, *rows)) == {"inserted": 2}
    assert outcome(desk.take_in("companions", headers, *rows)) == {"unchanged": 2}
    desk.people(ANNA)
    assert codes(desk.sold(SOLD)) == [(2, "ambiguous_companion")]


def test_customers_are_meant_by_the_studios_own_numbers(desk: Desk) -> None:
    headers = ["会员号", "会员昵称", "手机"]
    people = [["V001", "安娜", "13800138000"], ["V002", "安娜", ""]]
    assert outcome(desk.take_in("customers", headers, *people)) == {"inserted": 2}
    assert outcome(desk.take_in("customers", headers, *people)) == {"unchanged": 2}
    sales = ["单号", "下单时间", "会员号", "会员昵称", "游戏", "陪玩师", "金额", "状态"]
    sold = ["N1", "2026-09-20 21:00", "V001", "安娜", "王者荣耀", "阿布", 90, "已完成"]
    assert outcome(desk.take_in("orders", sales, sold)) == {"inserted": 1}
    unknown = ["N2", "2026-09-20 22:00", "V009", *sold[3:]]
    verdict = desk.take_in("orders", sales, unknown)
    assert codes(verdict) == [(2, "unknown_customer")]
    assert verdict["rejects"][0]["column"] == "会员号"


def test_a_column_of_customers_may_hold_names_or_ids(desk: Desk) -> None:
    desk.people(ANNA)
    sales = ["单号", "下单时间", "老板", "游戏", "陪玩师", "金额", "状态"]
    told = ["2026-09-20 21:00", "安娜", "王者荣耀", "阿布", 90, "已完成"]
    people = ("安娜", "13800138000", "WX_anna", "谁")
    rows = [[f"N{at}", told[0], who, *told[2:]] for at, who in enumerate(people)]
    verdict = desk.take_in("orders", sales, *rows)
    assert outcome(verdict) == {"inserted": 3, "rejected": 1}
    assert codes(verdict) == [(5, "unknown_customer")]


def test_one_column_of_contacts_may_hold_phones_and_wechat_ids(desk: Desk) -> None:
    people = [["安娜", "13800138000"], ["贝拉", "wx_bela"], ["坏", "1.38E+10"], ["错", "12345"]]
    verdict = desk.take_in("customers", ["昵称", "联系方式", "城市"], *people)
    assert outcome(verdict) == {"inserted": 2, "rejected": 2}
    assert codes(verdict) == [(4, "phone_damaged"), (5, "phone_invalid")]
    assert desk.profile("wx_bela").nick == "贝拉"
