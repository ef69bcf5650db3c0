"""What leaves a settlement: the companion's statement, and the file that the bank takes."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, update

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import OrderStatus, PayChannel, Role
from crm_tui.models import Companion
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.definition import Definition
from crm_tui.services.money.settlement import actions, drafting, payout_file, statement
from crm_tui.storage.store import Store
from tests.desk import open_desk

OWNER = Actor("owner", Role.ADMIN)


def _settled(store: Store, clock: FixedClock) -> tuple[str, list[int]]:
    """A batch with one order of ¥45.00 that was completed, and an adjustment."""
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    clock.advance(timedelta(days=7))
    desk.actor = OWNER
    desk.do(actions.adjust, desk.companions[0], -600, "=cmd() headset")
    desk.do(actions.adjust, desk.companions[1], 100, "helped out")
    no = str(drafting.draft(store, OWNER, date(2026, 9, 1), date(2026, 9, 27))["no"])
    return no, desk.companions


def _cells(file: Path) -> list[list[Any]]:
    """What the sheet holds, in a file that has no formula."""
    with ZipFile(file) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    return CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()


def test_a_statement_tells_every_order_and_how_it_comes_about(
    store: Store, clock: FixedClock, tmp_path: Path
) -> None:
    no, (lu, bei, _idle) = _settled(store, clock)
    with store.read() as work:
        told = statement.of_companion(work, no, lu)
        document = statement.document(work, told)
    (item,) = told.items
    assert (item.order, item.amount_fen, item.fen) == ("O0921-001", 4_500, 3_600)
    assert item.free_on == date(2026, 9, 28) and not item.frozen
    assert "36.00" in item.explanation
    assert document["line"]["payable_fen"] == 3_000
    assert document["items"][0]["order"] == "O0921-001"
    json.dumps(document)

    file = tmp_path / "statement.xlsx"
    assert statement.write(store, OWNER, no, lu, file, key="s1")["rows"] == 1
    rows = _cells(file)
    assert ["To pay", 30.0] in [row[:2] for row in rows]
    assert ["=cmd() headset", -6.0] in [row[:2] for row in rows]
    assert any("O0921-001" in row and 36.0 in row for row in rows)
    file.unlink()
    assert statement.write(store, OWNER, no, lu, file, key="s1")["rows"] == 1
    assert not file.exists(), "a repeated key writes nothing"

    with pytest.raises(CrmError, match="xlsx"):
        statement.write(store, OWNER, no, lu, tmp_path / "statement.txt")
    with pytest.raises(CrmError, match="no companion"), store.read() as work:
        statement.of_companion(work, no, 9_999)
    with pytest.raises(CrmError, match="roles"):
        statement.write(store, Actor("li", Role.DISPATCHER), no, bei, file)


def test_what_is_frozen_still_stands_apart(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    no = str(drafting.draft(store, OWNER, date(2026, 9, 1), date(2026, 9, 21))["no"])
    with store.read() as work:
        told = statement.of_companion(work, no, desk.companions[0])
    assert [item.frozen for item in told.items] == [True]
    assert (told.line.frozen_fen, told.line.payable_fen) == (3_600, 0)


def test_the_payout_file_pays_who_has_an_account_and_tells_who_has_not(
    store: Store, clock: FixedClock, tmp_path: Path
) -> None:
    no, (lu, _bei, _idle) = _settled(store, clock)
    file = tmp_path / "payout.csv"
    with pytest.raises(CrmError, match="Draft"):
        payout_file.write(store, OWNER, no, PayChannel.BANK, file)
    with store.write(OWNER) as work:
        actions.approve(work, no)
        for key, label in (
            ("account", "收款账号"),
            ("holder", "收款户名"),
            ("openid", "微信OpenID"),
        ):
            fields.define(work, "companion", Definition(key=key, label=label, kind="text"))
    with pytest.raises(CrmError, match="收款账号"):
        payout_file.write(store, OWNER, no, PayChannel.BANK, file)
    with store.write(OWNER) as work:
        known = {"account": "6222020200112233445", "holder": "=王鹿鹿"}
        work.session.exec(update(Companion).where(col(Companion.id) == lu).values(custom=known))

    told = payout_file.write(store, OWNER, no, PayChannel.BANK, file)
    assert (told["rows"], told["total_fen"]) == (1, 3_000)
    assert [each["payable_fen"] for each in told["left_out"]] == [100]
    assert told["left_out"][0]["why"] == "account number, account holder"
    with file.open(encoding="utf-8-sig") as stream:
        header, row = csv.reader(stream)
    assert header == ["序号", "收款账号", "收款户名", "开户行", "金额", "用途"]
    assert row[:5] == ["1", "6222020200112233445", "'=王鹿鹿", "", "30.00"]

    sheet = tmp_path / "payout.xlsx"
    payout_file.write(store, OWNER, no, PayChannel.BANK, sheet)
    assert _cells(sheet)[1][1:5] == ["6222020200112233445", "=王鹿鹿", "", 30.0]
    with pytest.raises(CrmError, match="bank, wechat, alipay"):
        payout_file.write(store, OWNER, no, PayChannel.CASH, file)
    with pytest.raises(CrmError, match="csv"):
        payout_file.write(store, OWNER, no, PayChannel.BANK, tmp_path / "a.json")
