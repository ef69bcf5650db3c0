"""Custom fields as columns of a file, on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.actor import Actor
from crm_tui.models import Companion, Customer, FieldUniqueValue, Order
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.imports import actions, undo
from crm_tui.services.imports.headers import Entity
from crm_tui.storage.store import Store
from tests.workbooks import csv_file

CHOICES = {"choices": ["E", "I"]}
HEADERS = ["昵称", "手机", "生日", "押金", "member_no", "喜好"]
ANNA = ["安娜", "13800138000", "1999年9月3日", "¥1,200", "M1", "唱歌"]


@pytest.fixture
def studio(store: Store, manager: Actor) -> Store:
    definitions = (
        Definition("birthday", "生日", "date"),
        Definition("deposit", "押金", "money"),
        Definition("member_no", "会员号", "text", unique=True),
        Definition("likes", "喜好", "choice", options={"choices": ["唱歌", "游戏"]}),
        Definition("count_no", "序号", "auto_number", options={"prefix": "K", "digits": 3}),
    )
    with store.write(manager) as work:
        for definition in definitions:
            fields.define(work, "customer", definition)
    return store


def take_in(store: Store, actor: Actor, folder: Path, *rows: list[str]) -> Any:
    file = csv_file(folder / "people.csv", [HEADERS, *rows])
    with store.write(actor) as work:
        return actions.import_file(work, file, Entity.CUSTOMERS)


def custom_of(store: Store, nick: str) -> dict[str, Any]:
    with store.read() as work:
        return work.session.exec(select(Customer.custom).where(col(Customer.nick) == nick)).one()


def test_columns_are_read_by_their_definitions(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    told = take_in(studio, manager, tmp_path, ANNA)
    assert told["inserted"] == 1
    assert told["columns"]["生日"] == "custom.birthday"
    assert custom_of(studio, "安娜") == {
        "birthday": "1999-09-03",
        "deposit": 120_000,
        "member_no": "M1",
        "likes": "唱歌",
        "count_no": "K001",
    }


def test_a_bad_value_rejects_its_row_and_says_why(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    told = take_in(
        studio,
        manager,
        tmp_path,
        ANNA,
        ["贝拉", "13800138001", "昨天", "", "", ""],
        ["西西", "13800138002", "", "很多", "", ""],
        ["黛西", "13800138003", "", "", "M1", ""],
        ["艾米", "13800138004", "", "", "", "睡觉"],
        ["菲菲", "13800138005", "", "", "", ""],
    )
    assert (told["inserted"], told["rejected"]) == (2, 4)
    assert [(row["row"], row["column"], row["value"], row["code"]) for row in told["rejects"]] == [
        (3, "生日", "昨天", "bad_date"),
        (4, "押金", "很多", "bad_amount"),
        (5, "member_no", "M1", "field_taken"),
        (6, "喜好", "睡觉", "field_value"),
    ]


def test_the_same_file_again_changes_nothing_and_another_updates(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    take_in(studio, manager, tmp_path, ANNA)
    assert take_in(studio, manager, tmp_path, ANNA)["unchanged"] == 1
    told = take_in(studio, manager, tmp_path, [*ANNA[:2], "", "", "M2", "游戏"])
    assert told["updated"] == 1
    assert custom_of(studio, "安娜")["member_no"] == "M2"
    assert custom_of(studio, "安娜")["birthday"] == "1999-09-03"
    with studio.write(manager) as work:
        undo.undo(work, told["batch"])
    assert custom_of(studio, "安娜")["member_no"] == "M1"
    other = ["贝拉", "13800138001", "", "", "M2", ""]
    assert take_in(studio, manager, tmp_path, other)["inserted"] == 1


def test_an_undone_import_frees_its_unique_values(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    told = take_in(studio, manager, tmp_path, ANNA)
    with studio.write(manager) as work:
        undo.undo(work, told["batch"])
    with studio.read() as work:
        assert work.session.exec(select(FieldUniqueValue)).all() == []
    assert take_in(studio, manager, tmp_path, ANNA)["inserted"] == 1


ORDERS = ["单号", "下单时间", "客户", "游戏", "时长", "金额", "段位截图", "工单"]


def test_orders_bring_their_fields_and_an_undone_file_gives_them_back(
    store: Store, manager: Actor, tmp_path: Path
) -> None:
    with store.write(manager) as work:
        fields.define(work, "order", Definition("proof", "段位截图", "text"))
        fields.define(work, "order", Definition("ticket", "工单", "text", unique=True))
    take_in(store, manager, tmp_path, ["安娜", "13800138000"])

    def bring(*rows: list[str]) -> Any:
        file = csv_file(tmp_path / "orders.csv", [ORDERS, *rows])
        with store.write(manager) as work:
            return actions.import_file(work, file, Entity.ORDERS)

    def known() -> dict[str, tuple[Any, Any]]:
        with store.read() as work:
            rows = work.session.exec(select(Order.no, Order.custom)).all()
        return {no: (custom.get("proof"), custom.get("ticket")) for no, custom in rows}

    first = bring(
        ["X1", "2026/9/3", "安娜", "王者荣耀", "1", "45", "a.png", "T1"],
        ["X2", "2026/9/3", "安娜", "王者荣耀", "2", "90", "", "T1"],
        ["X3", "2026/9/3", "安娜", "王者荣耀", "3", "135", "c.png", ""],
    )
    assert (first["inserted"], first["rejected"]) == (2, 1)
    assert first["rejects"][0]["code"] == "field_taken"
    assert known() == {"X1": ("a.png", "T1"), "X3": ("c.png", None)}

    same = ["X1", "2026/9/3", "安娜", "王者荣耀", "1", "45", "a.png", "T1"]
    assert bring(same)["unchanged"] == 1
    second = bring(
        [*same[:6], "b.png", "T2"], ["X4", "2026/9/3", "安娜", "王者荣耀", "1", "45", "", "T1"]
    )
    assert (second["updated"], second["inserted"]) == (1, 1)
    assert known()["X1"] == ("b.png", "T2")

    with store.write(manager) as work:
        undo.undo(work, second["batch"])
    assert known() == {"X1": ("a.png", "T1"), "X3": ("c.png", None)}
    assert bring(["X5", "2026/9/3", "安娜", "王者荣耀", "1", "45", "", "T2"])["inserted"] == 1
    assert bring(["X6", "2026/9/3", "安娜", "王者荣耀", "1", "45", "", "T1"])["rejected"] == 1


def test_fields_of_companions_are_read_changed_and_undone(
    store: Store, manager: Actor, tmp_path: Path
) -> None:
    with store.write(manager) as work:
        fields.define(work, "companion", Definition("mbti", "性格", "choice", options=CHOICES))
        fields.define(work, "companion", Definition("staff", "工牌", "text", unique=True))

    def bring(*rows: list[str]) -> Any:
        file = csv_file(tmp_path / "crew.csv", [["昵称", "游戏", "性格", "工牌"], *rows])
        with store.write(manager) as work:
            return actions.import_file(work, file, Entity.COMPANIONS)

    def of(nick: str) -> dict[str, Any]:
        with store.read() as work:
            return work.session.exec(select(Companion.custom).where(Companion.nick == nick)).one()

    told = bring(
        ["鹿鹿", "王者荣耀", "E", "7"], ["鹿鹿", "英雄联盟", "", ""], ["木子", "王者荣耀", "X", ""],
        ["阿May", "王者荣耀", "I", "7"],
    )  # fmt: skip
    assert told["columns"]["性格"] == "custom.mbti"
    assert (told["inserted"], told["merged"], told["rejected"]) == (1, 1, 2)
    assert {each["code"] for each in told["rejects"]} == {"field_value", "field_taken"}
    assert of("鹿鹿") == {"mbti": "E", "staff": "7"}
    changed = bring(["鹿鹿", "王者荣耀", "I", ""])
    assert changed["updated"] == 1 and of("鹿鹿") == {"mbti": "I", "staff": "7"}
    with store.write(manager) as work:
        undo.undo(work, changed["batch"])
    assert of("鹿鹿") == {"mbti": "E", "staff": "7"}
    with store.write(manager) as work:
        undo.undo(work, told["batch"])
    assert bring(["阿May", "王者荣耀", "I", "7"])["inserted"] == 1
