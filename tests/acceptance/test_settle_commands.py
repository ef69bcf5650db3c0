"""``money settle`` as people and scripts run it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import Store
from tests.command import Answer, assert_clear, assert_clear_json, crm
from tests.desk import open_desk


@pytest.fixture
def studio(sqlite_store: Store, sqlite_url: str, clock: FixedClock) -> str:
    """A studio with two orders whose freeze is over long ago."""
    desk = open_desk(sqlite_store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    return sqlite_url


def _asked(answer: Answer) -> Any:
    assert answer.code == 0, answer
    return answer.document


def _settle(database: str, *words: object) -> Any:
    return _asked(crm(database, "money", "settle", *words, "--json"))


def test_a_batch_is_drafted_adjusted_approved_and_paid(studio: str, tmp_path: Path) -> None:
    period = ("--from", "2026-09-01", "--to", "2026-09-30")
    tried = _settle(studio, "draft", *period, "--dry-run")
    assert tried["dry_run"] and tried["batch"]["payable_fen"] == 7_200
    drafted = _settle(studio, "draft", *period, "--key", "september")["batch"]
    assert _settle(studio, "draft", *period, "--key", "september")["batch"] == drafted
    no = drafted["no"]
    assert (drafted["state"], drafted["orders"], drafted["companions"]) == ("draft", 2, 2)

    given = ("P0", "--amount-fen", "-600", "--reason", "lost headset")
    adjusted = _settle(studio, "adjust", *given)["adjustment"]
    _settle(studio, "drop", adjusted["id"])
    _settle(studio, "adjust", *given, "--key", "headset")
    _settle(studio, "adjust", *given, "--key", "headset")
    shown = _settle(studio, "show", no)
    assert [each["payable_fen"] for each in shown["lines"]] == [3_600, 3_000]
    assert [each["reason"] for each in shown["adjustments"]] == ["lost headset"]

    refused = assert_clear_json(crm(studio, "money", "settle", "pay", no, "--json"))
    assert (refused["code"], refused["allowed"]) == ("not_allowed", ["approved", "cancelled"])
    assert _settle(studio, "approve", no)["batch"]["state"] == "approved"
    paid = _settle(studio, "pay", no, "--channel", "wechat", "--key", "out")["batch"]
    assert _settle(studio, "pay", no, "--channel", "wechat", "--key", "out")["batch"] == paid
    assert_clear(crm(studio, "money", "settle", "cancel", no, "--reason", "late"))
    assert _settle(studio, "verify", no) == {"no": no, "ok": True, "differences": []}

    told = _settle(studio, "statement", no, "P0")
    assert [item["share_fen"] for item in told["items"]] == [3_600]
    file = tmp_path / "p0.xlsx"
    assert _settle(studio, "statement", no, "P0", "--to", file)["rows"] == 1
    assert file.stat().st_mode & 0o077 == 0
    assert [each["state"] for each in _settle(studio, "list")["batches"]] == ["paid"]
    assert [each for each in diagnose(studio) if not each.ok] == []


def test_what_people_read_says_the_same(studio: str, tmp_path: Path) -> None:
    def said(*words: object) -> str:
        answer = crm(studio, "money", "settle", *words)
        assert answer.code == 0, answer
        return answer.out

    assert "Nothing was settled yet." in said("list")
    assert "To pay ¥72.00" in said("draft", "--from", "2026-09-01", "--to", "2026-09-30")
    no = crm(studio, "money", "settle", "list", "--json").document["batches"][0]["no"]
    assert "鹿鹿00" in said("show", no)
    statement = said("statement", no, "鹿鹿00")
    assert "O0921-001" in statement and "net 45.00 × 80% (agreed share) = 36.00" in statement
    assert no in said("renew", no)
    assert "Only tried: nothing was changed." in said("approve", no, "--dry-run")
    said("approve", no)
    assert_clear(crm(studio, "money", "settle", "payout-file", no, "--to", tmp_path / "a.csv"))
    assert "is what the books say" in said("verify", no)
    assert "Cancelled" in said("cancel", no, "--reason", "wrong month")


def test_nothing_to_settle_is_said(sqlite_store: Store, sqlite_url: str) -> None:
    today = date(2026, 9, 21) + timedelta(days=1)
    assert_clear(crm(sqlite_url, "money", "settle", "draft", "--to", today))
    assert_clear(crm(sqlite_url, "money", "settle", "show", "S1"))
