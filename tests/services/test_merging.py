"""Two records become one and two again: nothing is lost, nothing is guessed, on both engines."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlmodel import select

from crm_tui.core.actor import SYSTEM, Actor
from crm_tui.core.errors import Conflict, CrmError, Duplicate, NotFound, Refused
from crm_tui.core.words import (
    Gender,
    IdentityKind,
    OrderStatus,
    Stance,
)
from crm_tui.models import Customer
from crm_tui.models.persons import CompanionStance, CustomerMerge
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import lookup
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.duplicates import actions
from crm_tui.services.duplicates.choices import Side, Why
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.actions import NewOrder
from crm_tui.storage.store import Store
from tests.double_records import (
    OWNED,
    Studio,
    belongings,
    merged,
    people,
    rows_of,
    stored,
    unmerged,
    wrong,
)

EXAMPLES = 100 if os.environ.get("CRM_TUI_LONG_TESTS") else 10


@pytest.fixture
def studio(store: Store) -> Iterator[Studio]:
    yield Studio(store)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    everybody=some.lists(some.tuples(people, belongings), min_size=3, max_size=3),
    sides=some.dictionaries(
        some.sampled_from(("nick", "name", "city", "note", "blocked")),
        some.sampled_from(("keep", "other")),
    ),
    order_between=some.booleans(),
)
def test_what_was_merged_comes_apart_byte_for_byte(
    studio: Studio, everybody: list[Any], sides: dict[str, str], order_between: bool
) -> None:
    store = studio.store
    first, second, third = (studio.customer(person, owned) for person, owned in everybody)
    apart = stored(store, first, second, third)
    merged(store, second, first, **sides)
    chained = stored(store, first, second, third)
    merged(store, third, second, **sides)
    assert not wrong(store)
    with store.read() as work:
        row = work.session.get_one(Customer, first)
        assert row.merged_into_id == third, "one step leads to the record that stays"
        assert lookup.resolve(work, row.no) == third
        mine = rows_of(work, third)
        for table in ("orders", "payment", "interaction", "task", "customer_identity"):
            assert len(mine[table]) == len(apart[table]), f"nothing of {table} is lost"
        assert not any(rows_of(work, first, second)[table] for table in OWNED)
    later = None
    if order_between:
        with store.write(SYSTEM) as work:
            later = studio.order(work, third, OrderStatus.PENDING)
    unmerged(store, second)
    assert without_order(stored(store, first, second, third), later) == chained
    unmerged(store, first)
    assert without_order(stored(store, first, second, third), later) == apart
    assert not wrong(store)


def without_order(
    rows: dict[str, list[tuple[Any, ...]]], order_id: int | None
) -> dict[str, list[tuple[Any, ...]]]:
    return rows | {"orders": [row for row in rows["orders"] if row[0] != order_id]}


XIAN = {"nick": "小鱼干12", "name": "曾小贤"}
NOTHING: dict[str, Any] = {"identities": (), "orders": (), "notes": 0, "tasks": 0, "stances": {}}


def two(studio: Studio) -> tuple[int, int]:
    keep = studio.customer({**XIAN, "note": "只要女陪", "city": "杭州"}, NOTHING)
    other = studio.customer(
        {"nick": "鱼干", "gender": Gender.MALE, "note": "换号了", "city": "上海", "minor": True},
        {**NOTHING, "identities": {IdentityKind.PHONE}, "orders": ("completed", "pending")},
    )
    return keep, other


def test_the_preview_says_who_wins_and_why_and_nothing_happens(studio: Studio) -> None:
    keep, other = two(studio)
    before = stored(studio.store, keep, other)
    with studio.store.read() as work:
        shown = actions.preview(work, keep, other, {"city": "other"})
    decided = {each.field: (each.side, each.why, each.result) for each in shown.fields}
    assert decided["nick"] == (Side.KEEP, Why.KEPT, "小鱼干12")
    assert decided["name"] == (Side.KEEP, Why.ONLY, "曾小贤")
    assert decided["gender"] == (Side.OTHER, Why.ONLY, Gender.MALE)
    assert decided["city"] == (Side.OTHER, Why.CHOSEN, "上海")
    assert decided["note"] == (Side.BOTH, Why.TOGETHER, "只要女陪 / 换号了")
    assert decided["minor"] == (Side.OTHER, Why.WARNING, True)
    assert decided["blocked"] == (Side.KEEP, Why.SAME, False)
    assert (shown.moved.orders, shown.moved.payments, shown.moved.identities) == (2, 1, 1)
    assert stored(studio.store, keep, other) == before


def test_the_one_who_stays_is_found_by_everything_of_both(studio: Studio) -> None:
    keep, other = two(studio)
    merged(studio.store, keep, other)
    with studio.store.read() as work:
        numbers = {each.id: each.no for each in work.session.exec(select(Customer))}
        for words in (
            "小鱼干12",
            "鱼干",
            "zxx",
            "13800000001",
            "0001",
            numbers[keep],
            numbers[other],
        ):
            assert [hit.id for hit in lookup.find(work, words)] == [keep], words
        for ref in (numbers[other], str(other), "13800000001", "鱼干"):
            assert lookup.resolve(work, ref) == keep, ref
        assert work.session.get_one(Customer, keep).order_count == 1


def test_what_was_edited_since_stays_edited(studio: Studio) -> None:
    keep, other = two(studio)
    merged(studio.store, keep, other)
    with studio.store.write(SYSTEM) as work:
        customers.edit(work, keep, {"city": "苏州"})
    told = unmerged(studio.store, other)
    assert told == actions.Unmerged(keep, other, ("city",))
    with studio.store.read() as work:
        row = work.session.get_one(Customer, keep)
        assert (row.city, row.note, row.minor, row.version) == ("苏州", "只要女陪", False, 4)
        assert work.session.get_one(Customer, other).city == "上海"


def test_merges_are_refused_with_their_reason(studio: Studio, actor: Actor) -> None:
    keep, other = two(studio)
    third = studio.customer({"nick": "第三个"}, NOTHING)
    store = studio.store

    def refused(*ids: int, who: Actor = SYSTEM) -> str:
        with pytest.raises(CrmError) as told, store.write(who) as work:
            actions.merge(work, *ids)
        return told.value.message()

    assert "Refused: that is one and the same customer." in refused(keep, keep)
    assert "only these roles" in refused(keep, other, who=actor)
    assert "There is no customer" in refused(keep, 999)
    merged(store, keep, other)
    assert refused(third, other) == "Refused: C000002 was merged into C000001 already."
    assert refused(other, third) == "Refused: C000002 was merged into C000001 already."
    merged(store, third, keep)
    with pytest.raises(Refused, match="C000001 was itself merged into C000003"):
        unmerged(store, other)
    unmerged(store, third)
    with store.write(SYSTEM) as work:
        work.session.exec(select(CustomerMerge)).first().snapshot = {}  # type: ignore[union-attr]
    with pytest.raises(Refused, match="the person was erased"):
        unmerged(store, other)
    with pytest.raises(NotFound):
        unmerged(store, third)


def test_of_two_merges_at_once_one_is_told(studio: Studio) -> None:
    keep, other = two(studio)
    third = studio.customer({"nick": "第三个"}, NOTHING)
    barrier = threading.Barrier(2)
    said: list[str] = []

    def try_to(into: int) -> None:
        barrier.wait()
        try:
            studio.store.perform(SYSTEM, lambda work: actions.merge(work, into, other))
            said.append("done")
        except (Refused, Conflict) as error:
            said.append(error.code)

    threads = [threading.Thread(target=try_to, args=(into,)) for into in (keep, third)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) in (["done", "refused"], ["conflict", "done"])
    assert not wrong(studio.store)


def test_no_order_is_left_with_who_is_merged_meanwhile(studio: Studio) -> None:
    store = studio.store
    with store.read() as work:
        game = find_game(work, "王者")
    for _turn in range(12):
        keep, other = two(studio)
        barrier = threading.Barrier(2)

        def order(barrier: threading.Barrier = barrier, who: int = keep) -> None:
            barrier.wait()
            with suppress(NotFound):
                store.perform(SYSTEM, lambda work: orders.create(work, NewOrder(who, game, 60)))

        taking = threading.Thread(target=order)
        taking.start()
        barrier.wait()
        store.perform(SYSTEM, partial(actions.merge, keep=other, other=keep))
        taking.join()
    assert not wrong(store)


def test_who_was_merged_is_not_edited_from_a_stale_screen(studio: Studio) -> None:
    keep, other = two(studio)
    merged(studio.store, keep, other)
    with pytest.raises(Conflict), studio.store.write(SYSTEM) as work:
        customers.edit(work, other, {"city": "苏州"})


def test_a_refusal_goes_with_the_person(studio: Studio) -> None:
    pick = {"stances": {0: Stance.PREFERRED, 1: Stance.REFUSED}}
    keep = studio.customer({"nick": "甲"}, {**NOTHING, **pick})
    other = studio.customer(
        {"nick": "乙"},
        {**NOTHING, "stances": {0: Stance.REFUSED, 1: Stance.PREFERRED, 2: Stance.PREFERRED}},
    )
    merged(studio.store, keep, other)
    with studio.store.read() as work:
        rows = work.session.exec(select(CompanionStance)).all()
    stances = {studio.companions.index(row.companion_id): row.stance for row in rows}
    assert {row.customer_id for row in rows} == {keep}
    assert stances == {0: Stance.REFUSED, 1: Stance.REFUSED, 2: Stance.PREFERRED}


def test_a_unique_value_goes_with_the_person_and_comes_back(studio: Studio) -> None:
    store = studio.store
    with store.write(SYSTEM) as work:
        fields.define(work, "customer", Definition("card", "卡号", "text", unique=True))
        keep = customers.add(work, NewCustomer("甲"))
        other = customers.add(work, NewCustomer("乙", custom={"card": "A-1"}))
        third = customers.add(work, NewCustomer("丙"))
    apart = stored(store, keep, other)
    merged(store, keep, other)
    with store.read() as work:
        assert work.session.get_one(Customer, keep).custom == {"card": "A-1", "aliases": ["乙"]}
    with pytest.raises(Duplicate), store.write(SYSTEM) as work:
        customers.edit(work, third, {"custom.card": "A-1"})
    unmerged(store, other)
    assert stored(store, keep, other) == apart
    merged(store, keep, other)
    with store.write(SYSTEM) as work:
        customers.edit(work, keep, {"custom.card": ""})
        customers.edit(work, third, {"custom.card": "A-1"})
    with pytest.raises(Duplicate):
        unmerged(store, other)


def test_the_doctor_sees_what_belongs_to_somebody_who_was_merged(studio: Studio) -> None:
    keep, other = two(studio)
    third = studio.customer({"nick": "第三个"}, NOTHING)
    merged(studio.store, keep, other)
    assert not wrong(studio.store)
    with studio.store.write(SYSTEM) as work:
        studio.order(work, other, OrderStatus.PENDING)
    assert any("C000002" in each for each in wrong(studio.store))
    with studio.store.write(SYSTEM) as work:
        work.session.get_one(Customer, third).merged_into_id = other
    assert any("C000002, C000003" in each for each in wrong(studio.store))
