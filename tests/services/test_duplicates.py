"""Duplicates found: in the whole base with generated dirt and its truth, and at entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from bench.dirt import KINDS
from bench.duplicates import fill, quality
from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.duplicates import actions, blocks
from crm_tui.services.duplicates.reads import Pair, Progress, alike, scan
from crm_tui.services.duplicates.rules import Ground
from crm_tui.services.imports.actions import import_file
from crm_tui.services.imports.headers import Entity
from crm_tui.storage.store import Store


def numbers(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.keep.no, pair.other.no) for pair in pairs]


def add(store: Store, *people: NewCustomer) -> list[int]:
    with store.write(SYSTEM) as work:
        return [customers.add(work, each) for each in people]


PHONE = {IdentityKind.PHONE: "13800138000"}
TYPO = {IdentityKind.PHONE: "13800138001"}
FIRST = NewCustomer("小鱼干12", "曾小贤", PHONE, city="杭州")
AGAIN = NewCustomer("小鱼干", "曾小贤", TYPO, city="杭州")
OTHERS = tuple(NewCustomer(f"路人{place}", note="13800138000") for place in range(3))


@pytest.mark.parametrize("seed", [5, 11])
def test_dirt_is_found_and_who_only_looks_alike_is_not(sqlite_store: Store, seed: int) -> None:
    dirt = fill(sqlite_store, 4_000, 200, seed)
    told: list[Progress] = []
    right = quality(scan(sqlite_store, told.append), dirt)
    assert right.precision >= 0.95, right
    assert right.recall >= 0.9, right
    assert all(right.recall_of[kind] >= 0.85 for kind in KINDS), right
    assert told[0].step == "customers" and told[-1].done == told[-1].total > 0


def test_pairs_say_why_and_who_would_stay(store: Store) -> None:
    first, again, *_others = add(store, FIRST, AGAIN, NewCustomer("北岸"))
    with store.write(SYSTEM) as work:
        work.session.get_one(Customer, again).order_count = 3
    (pair,) = scan(store)
    assert (pair.keep.id, pair.other.id) == (again, first), "who has more orders stays"
    assert {Ground.SAME_NAME, Ground.NICK_CORE, Ground.PHONE_TYPO} <= set(pair.grounds)
    assert pair.keep.phone == "138****8001" and "13800138001" not in repr(pair)


def test_who_was_judged_merged_or_erased_stays_away(store: Store) -> None:
    first, again = add(store, FIRST, AGAIN)
    assert numbers(scan(store)) == [("C000001", "C000002")]
    with store.write(SYSTEM) as work:
        actions.distinct(work, again, first)
        actions.distinct(work, first, again)
    assert scan(store) == []
    with store.read() as work:
        assert alike(work, first) == []
    with store.write(SYSTEM) as work:
        actions.reconsider(work, first, again)
    assert len(scan(store)) == 1
    with store.write(SYSTEM) as work:
        actions.merge(work, first, again)
    assert scan(store) == []
    with store.read() as work:
        assert alike(work, first) == []


def test_an_empty_base_and_one_person_have_no_pairs(store: Store) -> None:
    assert scan(store) == []
    add(store, FIRST)
    assert scan(store, min_score=0.0) == []


def test_nobody_is_compared_with_everybody(sqlite_store: Store) -> None:
    everybody = 1_500
    add(sqlite_store, *(NewCustomer("小鱼干", city="杭州", note="13800138000")
                        for _ in range(everybody)))  # fmt: skip
    with sqlite_store.read() as work:
        base = blocks.load(work, lambda _step: None)
    assert blocks.pairs(base, lambda _step: None).height < everybody


def test_only_pairs_with_those_who_were_just_brought_are_asked_for(store: Store) -> None:
    _first, _again, third, _fourth = add(
        store, FIRST, AGAIN,
        NewCustomer("北岸", "李四光", {IdentityKind.WECHAT: "beian_2020"}),
        NewCustomer("北岸", "李四光", {IdentityKind.DOUYIN: "beian_2020"}),
    )  # fmt: skip
    assert len(scan(store)) == 2
    assert numbers(scan(store, among=[third])) == [("C000003", "C000004")]


def test_who_is_being_entered_is_recognised_from_what_was_typed_so_far(store: Store) -> None:
    first, *_others = add(store, FIRST, *OTHERS)

    def likeliest(**typed: object) -> list[int]:
        new = NewCustomer(**{"nick": "", **typed})  # type: ignore[arg-type]
        with store.read() as work:
            return [each.customer.id for each in alike(work, new)]

    assert likeliest(nick="小鱼干12") == [first]
    assert likeliest(nick="x", identities=TYPO, city="杭州", name="增小闲") == [first]
    assert likeliest(nick="x", identities={IdentityKind.WECHAT: "13800138000"})[0] == first
    assert likeliest(nick="x", note="老号138 0013 8000") == [first]
    assert likeliest(nick="x", identities={IdentityKind.PHONE: "1380013"}) == []
    assert likeliest(nick="完全没有见过") == []
    assert likeliest() == []


def test_likeness_of_a_stored_customer_leaves_out_themselves(store: Store) -> None:
    first, again = add(store, FIRST, AGAIN)
    with store.read() as work:
        assert [each.customer.id for each in alike(work, first)] == [again]
        assert work.session.exec(select(Customer.id)).all() == [first, again]


def test_an_import_remarks_on_who_is_stored_already(store: Store, tmp_path: Path) -> None:
    add(store, FIRST, *OTHERS)
    file = tmp_path / "老板.csv"
    file.write_text(
        "昵称,姓名,手机,城市\n北岸,李四光,15900001111,上海\n小鱼干,曾小贤,13800138001,杭州\n",
        encoding="utf-8",
    )
    with store.write(SYSTEM) as work:
        verdict = import_file(work, file, Entity.CUSTOMERS)
    assert verdict["inserted"] == 2
    (told,) = verdict["notes"]
    assert (told["row"], told["code"]) == (3, "looks_alike")
    assert told["value"] == "C000001 小鱼干12 曾小贤 138****8000"
