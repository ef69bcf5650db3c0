"""``orders`` and ``dispatch`` as a script calls them: documents, refusals, exit codes, keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from crm_tui.core.clock import SystemClock
from crm_tui.models import Companion, Customer
from crm_tui.services.upkeep.opening import open_studio
from tests.command import Answer, crm
from tests.desk import MANAGER, open_desk

ORDER_KEYS = {
    "no",
    "status",
    "customer",
    "companion",
    "game",
    "kind",
    "mode",
    "planned_minutes",
    "billed_minutes",
    "amount_fen",
    "paid_fen",
    "tip_fen",
    "created_at",
    "due_at",
    "version",
}


Run = Callable[..., Answer]


@pytest.fixture
def run(sqlite_url: str) -> Run:
    """Call ``crm-tui`` on a studio with the customer C1 and the companions P0, P1, P2."""
    store = open_studio(sqlite_url)
    open_desk(store, SystemClock())  # type: ignore[arg-type]
    store.close()
    return partial(crm, sqlite_url)


def new(run: Run, *more: str) -> dict[str, Any]:
    words = ("orders", "new", "--customer", "C1", "--game", "王者荣耀", "--minutes", "60")
    order: dict[str, Any] = run(*words, *more, "--json").document["order"]
    return order


def test_an_order_goes_through_its_whole_life_by_command(run: Run) -> None:
    order = new(run, "--note", "麦克风要好", "--mode", "grab")
    no = order["no"]
    assert set(order) >= ORDER_KEYS
    assert (order["status"], order["mode"], order["amount_fen"]) == ("pending", "grab", 4500)
    assert order["created_at"].endswith("+08:00")

    suggestion = run("dispatch", "suggest", no, "--limit", "2", "--json").document
    assert suggestion["order"] == no
    assert len(suggestion["candidates"]) == 2
    assert set(suggestion["candidates"][0]) >= {"companion", "score", "parts"}

    assert (
        run("orders", "offer", no, "--to", "P0，P1", "--json").document["order"]["open_offers"] == 2
    )
    accepted = run("orders", "accept", no, "鹿鹿01", "--json").document["order"]
    assert (accepted["status"], accepted["companion"]) == ("accepted", "鹿鹿01")
    late = run("orders", "accept", no, "P0", "--json")
    assert late.code == 1
    assert late.document["error"]["code"] == "taken"
    assert late.document["error"]["by"] == "鹿鹿01"

    assert run("orders", "start", no).out.startswith(f"{no} · Serving · 小鱼干12")
    again = run("orders", "start", no, "--json")
    assert again.code == 1
    error = again.document["error"]
    assert (error["code"], error["status"]) == ("not_allowed", "serving")
    assert error["allowed"] == ["pending", "confirming"]

    for verb in (["pause"], ["resume"], ["finish", "--minutes", "90"]):
        assert run("orders", verb[0], no, *verb[1:]).code == 0
    pay = ("orders", "pay", no, "--channel", "wechat", "--ref", "wx-9", "--key", "k1", "--json")
    paid = run(*pay, "--amount-fen", "3000")
    assert paid.document["order"]["paid_fen"] == 3000
    assert run(*pay, "--amount-fen", "3000").document == paid.document
    reused = run(*pay, "--amount-fen", "100").document["error"]
    assert reused["code"] == "conflict"
    assert (
        run("orders", "confirm", no, "--rating", "5", "--json").document["order"]["status"]
        == "unpaid"
    )
    last = run("orders", "pay", no, "--channel", "cash", "--amount-fen", "3750", "--json")
    assert last.document["order"]["status"] == "completed"

    shown = run("orders", "show", no, "--json").document
    assert set(shown) >= {"order", "history", "offers", "sessions", "payments", "split"}
    assert shown["history"][0]["kind"] == "order.created"
    assert [one["amount_fen"] for one in shown["payments"]] == [3000, 3750]
    assert (shown["split"]["companion_fen"], shown["split"]["studio_fen"]) == (5400, 1350)

    tip = ("orders", "tip", no, "--channel", "alipay", "--amount-fen", "1000", "--key", "t1")
    assert run(*tip, "--json").document["order"]["tip_fen"] == 1000
    assert run(*tip, "--json").document["order"]["tip_fen"] == 1000
    back = ("orders", "refund", no, "--amount-fen", "4000", "--reason", "late")
    tried = run(*back, "--dry-run", "--json").document
    given = run(*back, "--key", "r1", "--json").document
    assert (
        tried["refund"] == given["refund"] == run(*back, "--key", "r1", "--json").document["refund"]
    )
    assert given["order"]["paid_fen"] == 2750
    assert given["refund"]["channels"] == {"cash": 3750, "wechat": 250}
    (theirs,) = given["refund"]["companions"]
    assert (theirs["payable_fen"], given["refund"]["studio_fen"]) == (3200, 800)
    over = run(*back, "--json").document["error"]
    assert (over["reason"], over["refundable_fen"]) == ("too_much", 2750)
    assert "鹿鹿01 gives ¥8.00" in run(*back[:-3], "1000", *back[-2:], "--tips").out

    plain = run("--lang", "zh", "orders", "show", no)
    assert "已完成" in plain.out and "鹿鹿01 接单" in plain.out


def test_lists_are_filtered_and_say_how_many_there_are(run: Run) -> None:
    first = new(run, "--companion", "P2")
    second = new(run)
    assert first["status"] == "accepted"
    everything = run("orders", "list", "--limit", "1", "--json").document
    assert [one["no"] for one in everything["orders"]] == [second["no"]]
    assert everything["total"] == 2
    for words in (("--companion", "P2"), ("--status", "accepted")):
        found = run("orders", "list", *words, "--json").document["orders"]
        assert [one["no"] for one in found] == [first["no"]]
    day = run("orders", "list", "--day", "2001-01-01", "--customer", "C1", "--json").document
    assert day == {"orders": [], "total": 0}
    assert second["no"] in run("orders", "list").out


def test_a_dry_run_changes_nothing(run: Run) -> None:
    no = new(run)["no"]
    tried = run("orders", "cancel", no, "--reason", "x", "--dry-run", "--json").document
    assert tried["dry_run"] and tried["order"]["status"] == "cancelled"
    shown = run("orders", "show", no, "--json").document
    assert shown["order"]["status"] == "pending"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("orders", "start", "O0101-999"), 1, "O0101-999"),
        (("orders", "show", "\x1b]52;c;eA==\x07"), 1, "␛]52;c;eA=="),
        (
            ("orders", "new", "--customer", "nobody", "--game", "王者荣耀", "--minutes", "60"),
            1,
            "nobody",
        ),
        (("orders", "new", "--customer", "C1", "--game", "Tetris", "--minutes", "60"), 1, "Tetris"),
        (
            ("orders", "new", "--customer", "C1", "--game", "王者荣耀", "--minutes", "0"),
            1,
            "minutes",
        ),
        (("orders", "list", "--day", "yesterday"), 2, "--day"),
        (("orders", "assign", "O1"), 2, "COMPANION"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(
    run: Run, words: tuple[str, ...], code: int, told: str
) -> None:
    answer = run(*words)
    assert answer.code == code
    assert told in answer.err
    assert "Traceback" not in answer.err and "\x1b" not in answer.err
    if code == 1:
        assert answer.err.count("\n") == 1
        assert answer.out == ""


def test_hostile_names_do_nothing_to_the_terminal(run: Run, sqlite_url: str) -> None:
    hostile = "\x1b[6n[/red]\x1b]52;c;eA==\x07\u202e" + "名" * 10_000
    store = open_studio(sqlite_url)
    with store.write(MANAGER) as work:
        for model in (Customer, Companion):
            record = work.session.get(model, 1)
            assert record is not None
            record.nick = hostile[:200]
    store.close()
    no = new(run, "--companion", "1", "--note", hostile)["no"]
    for words in (("list",), ("show", no), ("assign", no, "P1"), ("list", "--json")):
        answer = run("orders", *words)
        text = answer.out + answer.err
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert len(text) < 40_000
    assert "\x1b" not in run("dispatch", "suggest", no).out


def test_two_companions_a_lost_connection_and_a_renewal_by_command(run: Run) -> None:
    order = new(run, "--places", "2")
    no = order["no"]
    assert (order["places"], order["amount_fen"], order["companions"]) == (2, 9000, [])
    half = run("orders", "assign", no, "P0", "--json").document["order"]
    assert (half["status"], half["companion"]) == ("pending", "鹿鹿00")
    assert "1 of 2" in run("orders", "list").out
    full = run("orders", "assign", no, "P1", "--json").document["order"]
    assert [one["nick"] for one in full["companions"]] == ["鹿鹿00", "鹿鹿01"]
    run("orders", "start", no)
    lost = run("orders", "disconnect", no, "--json").document["order"]
    assert (lost["disconnected"], lost["paused"]) == (True, True)
    back = run("orders", "reconnect", no, "--key", "k1", "--json")
    assert run("orders", "reconnect", no, "--key", "k1", "--json").out == back.out
    refused = run("orders", "reconnect", no, "--json").document["error"]
    assert refused["reason"] == "connected"
    run("orders", "handover", no, "P2", "--from", "P1")
    renewal = run("orders", "renew", no, "--minutes", "30", "--json").document["order"]
    assert (renewal["renewal_of"], renewal["status"], renewal["amount_fen"]) == (
        no,
        "pending",
        4500,
    )
    assert [one["nick"] for one in renewal["reserved"]] == ["鹿鹿00", "鹿鹿02"]
    run("orders", "finish", no, "--minutes", "60")
    shown = run("orders", "show", no, "--json").document
    assert [line["companion"] for line in shown["served"]] == ["鹿鹿00", "鹿鹿01", "鹿鹿02"]
    assert shown["split"]["companion_fen"] + shown["split"]["studio_fen"] == 9000
    begun = run("orders", "show", renewal["no"], "--json").document["order"]
    assert (begun["status"], begun["purchase"]) == ("serving", "renewal")


def test_why_one_companion_can_not_serve_is_answered_with_facts_and_remedies(run: Run) -> None:
    no = new(run)["no"]
    asked = new(run)["no"]
    run("orders", "assign", asked, "P1")
    told = run("dispatch", "suggest", no, "--companion", "鹿鹿01", "--json").document
    assert (told["companion"], told["eligible"], told["why"]) == ("鹿鹿01", False, ["busy"])
    assert told["facts"]["busy"].startswith(f"serves {asked} until ")
    assert told["remedies"]["busy"] and told["best"]["companion"] == "鹿鹿00"
    (out,) = run("dispatch", "suggest", no, "--json").document["excluded"]
    assert (out["why"], out["facts"]) == (["busy"], told["facts"])
    shown = run("--lang", "zh", "dispatch", "suggest", no, "--companion", "P2").out
    assert f"鹿鹿02 可以接 {no}：第 2 名，共 2 人" in shown and "接单表现" in shown
