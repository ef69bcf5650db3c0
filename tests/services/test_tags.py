"""Tags put on by hand and by rules, renamed, merged and removed, on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Customer, Event
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import index, reads
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.duplicates import actions as duplicates
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.rules import Definition
from crm_tui.services.imports import actions as imports
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.undo import undo
from crm_tui.services.tags import actions, rule_sets
from crm_tui.services.tags.reads import TagRow, one
from crm_tui.services.tags.reads import tags as all_tags
from crm_tui.services.upkeep.checks import fields as checks
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=1)


def do(desk: Desk, action: Any, *args: Any, **named: Any) -> Any:
    """As the manager."""
    with desk.store.write(MANAGER) as work:
        return action(work, *args, **named)


def refused(error: type[CrmError], desk: Desk, action: Any, *args: Any, **named: Any) -> CrmError:
    with pytest.raises(error) as told:
        do(desk, action, *args, **named)
    return told.value


def worn(desk: Desk, customer_id: int | None = None) -> set[str]:
    with desk.store.read() as work:
        return {tag.name for tag in reads.profile(work, customer_id or desk.customer).tags}


def found(desk: Desk, query: str) -> list[int]:
    with desk.store.read() as work:
        return [hit.id for hit in reads.find(work, query)]


def tags(desk: Desk) -> dict[str, TagRow]:
    with desk.store.read() as work:
        return {row.name: row for row in all_tags(work)}


def misplaced(desk: Desk) -> int:
    with desk.store.read() as work:
        return index.count_misplaced(work)


def test_a_tag_has_a_group_and_a_colour(desk: Desk) -> None:
    do(desk, actions.add, "#夜猫子", group="习惯", colour="purple")
    do(desk, customers.tag, desk.customer, ["夜猫子"])
    row = tags(desk)["夜猫子"]
    assert (row.group, row.colour, row.rule, row.customers) == ("习惯", "purple", "", 1)
    do(desk, actions.edit, "夜猫子", colour="")
    assert tags(desk)["夜猫子"].colour == ""
    refused(Duplicate, desk, actions.add, "夜猫子")
    refused(Invalid, desk, actions.add, "新", colour="pink")
    refused(NotFound, desk, actions.edit, "没有", group="x")


def test_a_renamed_tag_is_found_by_its_new_name_only(desk: Desk) -> None:
    do(desk, customers.tag, desk.customer, ["大客户"])
    assert do(desk, actions.rename, "大客户", "贵宾") == 1
    assert worn(desk) == {"贵宾"}
    assert (found(desk, "#贵宾"), found(desk, "#大客户")) == ([desk.customer], [])
    assert misplaced(desk) == 0
    do(desk, actions.add, "老客")
    refused(Duplicate, desk, actions.rename, "贵宾", "老客")
    with pytest.raises(Refused):
        desk.do(actions.rename, "贵宾", "x")


def test_merged_tags_are_one(desk: Desk) -> None:
    other = do(desk, customers.add, NewCustomer("北岸", tags=("VIP", "大客户")))
    do(desk, customers.tag, desk.customer, ["VIP"])
    assert do(desk, actions.merge, "VIP", "大客户") == 1
    assert worn(desk) == worn(desk, other) == {"大客户"}
    assert found(desk, "#VIP") == []
    assert sorted(found(desk, "#大客户")) == sorted([desk.customer, other])
    assert misplaced(desk) == 0
    refused(Invalid, desk, actions.merge, "大客户", "大客户")


def test_a_removed_tag_is_gone_from_everybody(desk: Desk) -> None:
    do(desk, customers.tag, desk.customer, ["VIP"])
    assert do(desk, actions.remove, "VIP") == 1
    assert (worn(desk), found(desk, "#VIP"), tags(desk)) == (set(), [], {})
    assert misplaced(desk) == 0


def test_a_rule_puts_its_tag_on_whom_it_fits_and_takes_it_off_again(desk: Desk) -> None:
    other = do(desk, customers.add, NewCustomer("北岸", city="杭州"))
    do(desk, actions.add, "杭州人", rule="city:杭州")
    assert (worn(desk), worn(desk, other)) == (set(), {"杭州人"})
    do(desk, customers.edit, desk.customer, {"city": "杭州"})
    assert worn(desk) == {"杭州人"}
    assert found(desk, "#杭州人") != []
    do(desk, customers.edit, other, {"city": "宁波"})
    assert worn(desk, other) == set()
    third = do(desk, customers.add, NewCustomer("夜猫", city="杭州市"))
    assert worn(desk, third) == {"杭州人"}
    assert misplaced(desk) == 0
    with desk.store.read() as work:
        told = work.session.exec(select(Event).where(Event.kind == "customer.tagged")).all()
        assert {event.data.get("by_rule") for event in told} == {True}


def test_an_order_that_completes_brings_the_tag_in_the_same_transaction(desk: Desk) -> None:
    do(desk, actions.add, "来过", rule="orders:>=1")
    no = desk.order_in(S.UNPAID)
    assert worn(desk) == set()
    version = desk.row(no).version
    assert version
    desk.order_in(S.COMPLETED)
    assert worn(desk) == {"来过"}


def test_time_passes_and_the_day_takes_the_tag_away(desk: Desk) -> None:
    do(desk, actions.add, "新鲜", rule="last:>=-7d")
    desk.order_in(S.COMPLETED)
    assert worn(desk) == {"新鲜"}
    desk.wait(60 * 24 * 9)
    assert worn(desk) == {"新鲜"}
    (line,) = do(desk, rule_sets.refresh_all)
    assert (line.tag, line.added, line.removed, line.problem) == ("新鲜", 0, 1, "")
    assert worn(desk) == set()
    (line,) = do(desk, rule_sets.refresh_all)
    assert (line.added, line.removed) == (0, 0)


def test_a_tag_with_a_rule_can_not_be_put_on_or_taken_off_by_hand(desk: Desk) -> None:
    do(desk, actions.add, "来过", rule="orders:>=1")
    told = refused(Refused, desk, customers.tag, desk.customer, ["来过"])
    assert told.facts["reason"] == "rule_set"
    assert "orders:>=1" in told.message()
    refused(Refused, desk, customers.tag, desk.customer, [], ["来过"])
    refused(Refused, desk, customers.add, NewCustomer("新", tags=("来过",)))
    do(desk, actions.add, "VIP")
    refused(Refused, desk, actions.merge, "VIP", "来过")
    do(desk, actions.edit, "来过", rule="")
    do(desk, customers.tag, desk.customer, ["来过"])
    assert worn(desk) == {"来过"}


def test_a_changed_rule_is_looked_at_at_once(desk: Desk) -> None:
    do(desk, actions.add, "名", rule="nick:小鱼")
    assert worn(desk) == {"名"}
    do(desk, actions.edit, "名", rule="nick:大鱼")
    assert worn(desk) == set()


@pytest.mark.parametrize("rule", ["nothere:1", "orders:many", "tag:名", "tag:来", "(orders:1"])
def test_a_rule_that_makes_no_sense_is_refused(desk: Desk, rule: str) -> None:
    do(desk, actions.add, "来过", rule="orders:>=1")
    with pytest.raises(CrmError):
        do(desk, actions.add, "名", rule=rule)
    assert set(tags(desk)) == {"来过"}


def test_only_managers_make_rules(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.do(actions.add, "来过", rule="orders:>=1")
    desk.do(actions.add, "VIP", colour="red")


def test_a_rule_over_a_free_tag_follows_that_tag(desk: Desk) -> None:
    do(desk, actions.add, "VIP")
    do(desk, actions.add, "贵宾", rule="tag:VIP")
    desk.do(customers.tag, desk.customer, ["VIP"])
    assert worn(desk) == {"VIP", "贵宾"}
    desk.do(customers.tag, desk.customer, [], ["VIP"])
    assert worn(desk) == set()


def test_a_rule_over_a_field_that_was_archived_says_so_and_stops_no_order(desk: Desk) -> None:
    do(desk, fields.define, "customer", Definition("level", "会员", "text"))
    do(desk, actions.add, "金", rule="level:金")
    do(desk, customers.edit, desk.customer, {"custom.level": "金"})
    assert worn(desk) == {"金"}
    do(desk, fields.archive, "customer", "level")
    desk.order_in(S.COMPLETED)
    assert worn(desk) == {"金"}
    (line,) = do(desk, rule_sets.refresh_all)
    assert "level" in line.problem
    with desk.store.read() as work:
        assert "金" in checks.rules(work).detail


def test_who_was_merged_away_or_erased_carries_no_rule_set_tag(desk: Desk) -> None:
    do(desk, actions.add, "名", rule="nick:小鱼")
    with desk.store.write(MANAGER) as work:
        work.session.get_one(Customer, desk.customer).erased_at = work.clock.now()
    do(desk, rule_sets.refresh_all)
    assert worn(desk) == set()


def test_a_day_begins_once_whoever_sees_it_first(desk: Desk) -> None:
    do(desk, actions.add, "新鲜", rule="last:>=-7d")
    desk.order_in(S.COMPLETED)
    desk.wait(60 * 24 * 9)
    day = rule_sets.begin_day(desk.store, MANAGER)
    assert worn(desk) == set()
    with desk.store.write(MANAGER) as work:
        work.session.get_one(Customer, desk.customer).last_order_at = work.clock.now()
    assert rule_sets.begin_day(desk.store, MANAGER) == day
    assert worn(desk) == set()
    desk.wait(60 * 24)
    assert rule_sets.begin_day(desk.store, MANAGER) > day
    assert worn(desk) == {"新鲜"}


def test_an_import_and_its_undo_bring_the_tags_along(desk: Desk, tmp_path: Path) -> None:
    do(desk, actions.add, "杭州人", rule="city:杭州")
    file = tmp_path / "customers.csv"
    file.write_text("客户昵称,手机号,城市\n夜猫,13911112222,杭州\n北岸,13911113333,宁波\n")
    token = do(desk, imports.import_file, file, Entity.CUSTOMERS)["batch"]
    assert tags(desk)["杭州人"].customers == 1
    assert len(found(desk, "#杭州人")) == 1
    do(desk, undo, token)
    assert tags(desk)["杭州人"].customers == 0
    assert misplaced(desk) == 0


def test_a_merge_and_its_undoing_bring_the_tags_along(desk: Desk) -> None:
    other = do(desk, customers.add, NewCustomer("北岸", city="杭州"))
    do(desk, actions.add, "杭州人", rule="city:杭州")
    do(desk, duplicates.merge, desk.customer, other)
    assert worn(desk) == {"杭州人"}
    do(desk, duplicates.unmerge, other)
    assert (worn(desk), worn(desk, other)) == (set(), {"杭州人"})
    assert misplaced(desk) == 0


def test_a_tag_is_found_however_it_is_spaced(desk: Desk) -> None:
    do(desk, actions.add, " #大\n客户 ")
    with desk.store.read() as work:
        assert one(work, "大  客户").name == one(work, " #大\n客户 ").name == "大 客户"
