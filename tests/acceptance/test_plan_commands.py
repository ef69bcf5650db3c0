"""``dispatch plan`` as a script calls it: the document, verdicts, the key, wrong use."""

from __future__ import annotations

from functools import partial

from crm_tui.core.clock import SystemClock
from crm_tui.services.upkeep.opening import open_studio
from tests.command import crm
from tests.desk import open_desk

PLAN_KEYS = {"waiting", "available", "assigned", "unassigned", "total_score", "took_ms"}


def test_a_plan_is_told_carried_out_once_for_a_key_and_told_to_people(sqlite_url: str) -> None:
    store = open_studio(sqlite_url)
    desk = open_desk(store, SystemClock(), companions=2)  # type: ignore[arg-type]
    numbers = [desk.order() for _each in range(3)]
    store.close()
    run = partial(crm, sqlite_url)

    plan = run("dispatch", "plan", "--json").document
    assert set(plan) >= PLAN_KEYS and "verdicts" not in plan
    assert (plan["waiting"], plan["available"], len(plan["assigned"])) == (3, 2, 2)
    assert set(plan["assigned"][0]) >= {"order", "companion", "score", "parts"}
    scores = [each["score"] for each in plan["assigned"]]
    assert abs(plan["total_score"] - sum(scores)) < 1e-6
    (left,) = plan["unassigned"]
    assert left["code"] == "elsewhere" and left["order"] in numbers

    shown = run("dispatch", "plan")
    assert "3 orders wait, 2 companions are free." in shown.out
    assert "all who fit are better used elsewhere" in shown.out and "--apply" in shown.err

    apply = ("dispatch", "plan", "--apply", "--how", "assigns", "--key", "k1", "--json")
    done = run(*apply).document
    assert {each["verdict"] for each in done["verdicts"]} == {"given"}
    assert run(*apply).document == done
    listed = run("orders", "list", "--status", "accepted", "--json").document["orders"]
    assert {order["no"] for order in listed} == {each["order"] for each in done["assigned"]}

    reused = run("dispatch", "plan", "--apply", "--how", "offers", "--key", "k1", "--json")
    assert (reused.code, reused.document["error"]["code"]) == (1, "conflict")
    assert run("dispatch", "plan", "--apply", "--how", "maybe").code == 2
