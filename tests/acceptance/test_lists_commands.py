"""Filters, views, bulk actions and exports as scripts call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers import actions
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.command import assert_clear, assert_clear_json, crm


@pytest.fixture
def database(sqlite_store: Store, manager: Actor) -> str:
    with sqlite_store.write(manager) as work:
        for n, city in enumerate(("Hangzhou", "Hangzhou", "Shanghai")):
            phone = {IdentityKind.PHONE: f"1380013800{n}"}
            actions.add(work, NewCustomer(nick=f"guest{n}", city=city, identities=phone))
    return sqlite_store.shown


def nicks(document: dict[str, Any]) -> list[str]:
    return sorted(each["nick"] for each in document["customers"])


def test_customers_are_listed_by_a_filter_and_by_a_view(database: str) -> None:
    saved = crm(database, "views", "save", "customers", "hz", "city:hangzhou", "--json")
    assert saved.document == {
        "place": "customers",
        "name": "hz",
        "filter": "city:hangzhou",
        "shared": False,
    }
    for line in ("city:hangzhou", "城市:Hangzhou", "@hz", "not city:shanghai"):
        found = crm(database, "customers", "list", "--filter", line, "--json").document
        assert (found["total"], nicks(found)) == (2, ["guest0", "guest1"]), line
    (view,) = crm(database, "views", "list", "--json").document["views"]
    assert (view["place"], view["name"], view["shared"]) == ("customers", "hz", False)
    assert "@hz" in crm(database, "views", "list").out
    assert crm(database, "views", "rename", "customers", "hz", "west").code == 0
    assert crm(database, "views", "remove", "customers", "west").code == 0
    assert crm(database, "views", "list", "--json").document == {"views": []}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("customers", "list", "--filter", "colour:red"), "unknown_field"),
        (("customers", "list", "--filter", "(x"), "unreadable_filter"),
        (("customers", "list", "--filter", "orders:many"), "bad_filter_value"),
        (("customers", "list", "--filter", "@nobody"), "unknown_view"),
        (("orders", "list", "--filter", "amount:>much"), "bad_filter_value"),
        (("companions", "list", "--filter", "a or"), "unreadable_filter"),
        (("views", "save", "nowhere", "x", "y"), "invalid"),
        (("views", "remove", "board", "x"), "not_found"),
        (("bulk", "undo", "x"), "not_found"),
        (("customers", "bulk", "owner", "nobody", "--all"), "not_found"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    database: str, words: tuple[str, ...], code: str
) -> None:
    assert_clear(crm(database, *words))
    assert assert_clear_json(crm(database, *words, "--json"))["code"] == code


def test_many_are_tagged_tried_first_and_undone(database: str) -> None:
    wanted = ("customers", "bulk", "tag", "+VIP", "-old", "--filter", "city:hangzhou")
    assert crm(database, *wanted).code == 1, "there is no tag “old”"
    wanted = ("customers", "bulk", "tag", "+VIP", "--filter", "city:hangzhou", "--json")
    tried = crm(database, *wanted, "--dry-run").document
    assert (tried["dry_run"], tried["done"], tried["token"]) == (True, 2, "")
    done = crm(database, *wanted, "--key", "k").document
    assert (done["done"], done["unchanged"], done["refused"]) == (2, 0, 0)
    assert crm(database, *wanted, "--key", "k").document == done
    again = crm(database, *wanted).document
    assert (again["done"], again["unchanged"]) == (0, 2)
    listed = crm(database, "customers", "list", "--filter", "tag:vip", "--json").document
    assert listed["total"] == 2
    assert crm(database, "customers", "edit", "guest0", "--city", "Suzhou").code == 0
    undone = crm(database, "bulk", "undo", done["token"], "--json").document
    assert (undone["undone"], [each["nick"] for each in undone["refusals"]]) == (1, ["guest0"])
    shown = crm(database, "bulk", "show", done["token"], "--json").document
    assert {row["nick"]: row["verdict"] for row in shown["rows"]} == {
        "guest0": "done",
        "guest1": "undone",
    }
    assert "+VIP" in crm(database, "bulk", "list").out
    assert crm(database, "customers", "bulk", "tag", "+x").code == 2


def test_an_export_is_filtered_and_masked(database: str, tmp_path: Path) -> None:
    target = tmp_path / "c.json"
    words = ("export", "customers", "--to", target, "--filter", "city:hangzhou", "--json")
    assert crm(database, *words).document == {"file": str(target), "rows": 2}
    assert {row["phone"] for row in json.loads(target.read_text())} == {
        "13800138000",
        "13800138001",
    }
    assert crm(database, *words, "--masked", "--reason", "for a partner").code == 0
    assert all("****" in row["phone"] for row in json.loads(target.read_text()))
