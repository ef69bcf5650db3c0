"""The offer ladder by command: named companions first, the store's tiers after them."""

from __future__ import annotations

from functools import partial

from crm_tui.core.clock import SystemClock
from crm_tui.services.upkeep.opening import open_studio
from tests.command import crm
from tests.desk import open_desk


def test_a_ladder_is_climbed_told_and_begun_again_by_command(sqlite_url: str) -> None:
    store = open_studio(sqlite_url)
    desk = open_desk(store, SystemClock())  # type: ignore[arg-type]
    no = desk.order()
    store.close()
    run = partial(crm, sqlite_url)

    offered = run("orders", "offer", no, "--to", "P1", "--then-ladder", "--json")
    assert offered.document["order"]["status"] == "offered"
    ladder = run("dispatch", "widen", no, "--key", "k1", "--json").document
    assert run("dispatch", "widen", no, "--key", "k1", "--json").document == ladder
    assert (ladder["round"], ladder["tier"], ladder["widens_at"]) == (1, 4, None)
    assert [len(tier["offers"]) for tier in ladder["tiers"]] == [1, 0, 0, 2]
    assert ladder["tiers"][0]["named"] == ["鹿鹿01"]
    refused = run("dispatch", "widen", no, "--json")
    assert (refused.code, refused.document["error"]["reason"]) == (1, "nobody")

    run("orders", "decline", no, "P0", "--reason", "累了")
    run("orders", "recall", no)
    run("orders", "offer", no, "--again", "--json")
    told = run("dispatch", "ladder", no).out
    assert "tier 1 of 4" in told and "鹿鹿01" in told and "1 more would be asked" in told
    shown = run("orders", "show", no, "--json").document["offers"]
    assert [(one["round"], one["tier"], one["state"]) for one in shown] == [
        (1, 1, "recalled"),
        (1, 4, "declined"),
        (1, 4, "recalled"),
        (2, 1, "open"),
    ]
    assert run("orders", "offer", no, "--again", "--to", "P1").code == 2
    assert run("orders", "offer", no, "--to", " ,").code == 2
    foreign = run("orders", "offer", no, "--to", "\udcff", "--json")
    assert (foreign.code, foreign.document["error"]["code"]) == (1, "invalid")
