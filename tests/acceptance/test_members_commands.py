"""Stored value and levels as scripts use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import assert_clear_json, crm

PHONE = "13800138000"


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A studio with one customer, and 5 % on top-ups of ¥500."""
    file = tmp_path / "studio.db"
    steps = json.dumps([{"from_fen": 50_000, "bonus_bp": 500}])
    for words in (
        ("init",),
        ("customers", "add", "--nick", "北岸", "--phone", PHONE),
        ("settings", "set", "members.bonus_steps", steps),
    ):
        assert crm(file, *words).code == 0
    return file


def test_a_balance_is_topped_up_once_spent_and_given_back(studio: Path) -> None:
    silver = ("members", "set-level", "Silver", "--threshold-fen", 50_000, "--discount-bp", 500)
    assert crm(studio, *silver, "--json").document["levels"][0]["name"] == "Silver"
    top_up = ("members", "top-up", PHONE, "--amount-fen", 50_000, "--channel", "wechat")
    tried = crm(studio, *top_up, "--dry-run", "--json").document
    assert tried["dry_run"] and tried["member"]["balance_fen"] == 52_500
    first = crm(studio, *top_up, "--ref", "42", "--key", "k", "--json").document
    assert crm(studio, *top_up, "--ref", "42", "--key", "k", "--json").document == first
    assert (first["amount_fen"], first["bonus_fen"]) == (50_000, 2_500)
    again = assert_clear_json(crm(studio, *top_up, "--ref", "42", "--json"))
    assert again["code"] == "duplicate" and "42" in again["message"]

    new = ("orders", "new", "--customer", PHONE, "--game", "王者荣耀", "--minutes", 60)
    order = crm(studio, *new, "--json").document["order"]
    assert (order["amount_fen"], order["discount_bp"]) == (4_275, 500)
    pay = ("orders", "pay", order["no"], "--channel", "balance", "--amount-fen", 4_275)
    assert crm(studio, *pay).code == 0
    member = crm(studio, "members", "balance", PHONE, "--json").document["member"]
    assert (member["paid_fen"], member["bonus_fen"], member["level"]) == (45_725, 2_500, "Silver")

    more = crm(studio, "members", "refund", PHONE, "--amount-fen", 45_726, "--json")
    assert assert_clear_json(more)["paid_fen"] == 45_725
    back = crm(studio, "members", "refund", PHONE, "--amount-fen", 45_725, "--json").document
    assert (back["amount_fen"], back["bonus_fen"]) == (-45_725, -2_500)
    told = crm(studio, "members", "liability", "--json").document
    assert told["balance_fen"] == 0 and told["customers"] == []
    shown = crm(studio, "customers", "show", PHONE, "--json").document
    assert [each["stored"] for each in shown["payments"]] == ["stored_refund", None, "top_up"]
    assert shown["member"]["balance_fen"] == 0
    assert crm(studio, "doctor").code == 0


def test_a_minor_is_refused(studio: Path) -> None:
    assert crm(studio, "customers", "edit", PHONE, "--minor").code == 0
    top_up = ("members", "top-up", PHONE, "--amount-fen", 100, "--channel", "cash")
    assert assert_clear_json(crm(studio, *top_up, "--json"))["reason"] == "minor"
