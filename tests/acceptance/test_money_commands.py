"""``money balances`` and ``money ledger`` as processes: the contract of their documents."""

from __future__ import annotations

from datetime import timedelta

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.services.upkeep.opening import open_studio
from tests.command import crm
from tests.desk import open_desk


def test_the_books_answer_for_scripts_and_for_people(sqlite_url: str, clock: FixedClock) -> None:
    store = open_studio(sqlite_url, clock=clock)
    no = open_desk(store, clock).order_in(OrderStatus.COMPLETED)
    store.close()

    now = crm(sqlite_url, "money", "balances", "--json").document
    standing = {row["account"]: row["balance_fen"] for row in now["balances"]}
    assert {name: fen for name, fen in standing.items() if fen} == {
        "channel": 4500,
        "companion_payable": -3600,
        "revenue": -900,
    }
    assert now["sum_fen"] == 0
    assert now["balances"][0] == {
        "account": "channel",
        "balance_fen": 4500,
        "channels": {"cash": 4500},
    }
    before = (clock.now() - timedelta(minutes=1)).isoformat()
    then = crm(sqlite_url, "money", "balances", "--at", before, "--json").document
    assert not any(row["balance_fen"] for row in then["balances"])
    told = crm(sqlite_url, "money", "balances").out
    assert "Money in hand" in told and "45.00" in told and "agree" in told

    theirs = crm(sqlite_url, "money", "ledger", "companion_payable", "P0", "--json").document
    (line,) = theirs["lines"]
    assert (line["kind"], line["order"], line["subject"]) == ("completion", no, "鹿鹿00")
    assert (line["amount_fen"], line["balance_fen"]) == (-3600, theirs["balance_fen"])
    people = crm(sqlite_url, "money", "ledger", "channel", "--channel", "cash").out
    assert "Payment" in people and no in people and "45.00" in people
    whose = crm(sqlite_url, "money", "ledger", "revenue", "P0", "--json")
    assert (whose.code, whose.document["error"]["code"]) == (1, "invalid")
    assert crm(sqlite_url, "money", "ledger", "pocket").code == 2
    nowhere = crm(sqlite_url, "money", "balances", "--store", 9, "--json")
    assert (nowhere.code, nowhere.document["error"]["code"]) == (1, "not_found")
