"""Custom fields defined, filled, kept unique and changed, on both engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import Clock, FixedClock
from crm_tui.core.errors import CrmError, Duplicate, FileProblem, Invalid, NotFound, Refused
from crm_tui.core.words import Role
from crm_tui.models import Customer, Event, FieldUniqueValue, Operator, Order
from crm_tui.services.companions import actions as companions
from crm_tui.services.companions.rules import NewCompanion
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.fields import actions, reads, values
from crm_tui.services.fields.rules import Definition
from crm_tui.services.orders import editing
from crm_tui.services.upkeep.checks.fields import unique
from crm_tui.services.upkeep.findings import Finding
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

OPERATOR = Actor("qin", Role.OPERATOR)


@dataclass
class Fields:
    """The fields of one studio, with one call an action."""

    store: Store

    def define(self, *definitions: Definition, entity: str = "customer") -> None:
        with self.store.write(MANAGER) as work:
            for definition in definitions:
                actions.define(work, entity, definition)

    def change(self, key: str, **changes: Any) -> int:
        with self.store.write(MANAGER) as work:
            return actions.change(work, "customer", key, **changes)

    def archive(self, key: str, *, archived: bool = True) -> None:
        with self.store.write(MANAGER) as work:
            actions.archive(work, "customer", key, archived=archived)

    def add(self, nick: str, actor: Actor = OPERATOR, **custom: str) -> int:
        with self.store.write(actor) as work:
            return customers.add(work, NewCustomer(nick, custom=custom))

    def set(self, customer_id: int, actor: Actor = OPERATOR, **custom: str) -> None:
        changes = {f"custom.{key}": text for key, text in custom.items()}
        with self.store.write(actor) as work:
            customers.edit(work, customer_id, changes)

    def of(self, customer_id: int, role: Role | None = Role.ADMIN) -> dict[str, Any]:
        with self.store.read() as work:
            found = reads.of_record(work, "customer", customer_id, role)
        return {each.key: each.value for each in found}


@pytest.fixture
def fields(store: Store) -> Fields:
    return Fields(store)


def refused(error: type[CrmError], act: Any, *args: Any, **named: Any) -> CrmError:
    with pytest.raises(error) as told:
        act(*args, **named)
    return told.value


def examined(fields: Fields) -> Finding:
    with fields.store.read() as work:
        return unique(work)


def test_a_new_record_begins_with_defaults_and_counted_numbers(fields: Fields) -> None:
    fields.define(
        Definition("level", "会员", "choice", options={"choices": ["银", "金"]}, default="银"),
        Definition("card", "卡号", "auto_number", options={"prefix": "M", "digits": 3}),
        Definition("fee", "费", "money"),
        Definition("twice", "双倍", "formula", options={"formula": "fee * 2"}),
    )
    first, second = fields.add("甲"), fields.add("乙", fee="12.50", level="金")
    assert fields.of(first) == {"level": "银", "card": "M001", "fee": None, "twice": None}
    assert fields.of(second) == {"level": "金", "card": "M002", "fee": 1250, "twice": "25"}
    with fields.store.read() as work:
        assert set(work.session.get_one(Customer, second).custom) == {"level", "card", "fee"}
    refused(Invalid, fields.add, "丙", card="M009")
    refused(Invalid, fields.set, first, twice="1")


def test_a_required_field_is_asked_of_who_may_fill_it(fields: Fields) -> None:
    fields.define(
        Definition("source", "来源", "text", required=True, edited_by=("operator", "manager"))
    )
    refused(Invalid, fields.add, "甲")
    who = fields.add("甲", source="抖音")
    other = fields.add("乙", Actor("li", Role.DISPATCHER))
    assert fields.of(other) == {"source": None}
    refused(Invalid, fields.set, who, source=" ")


def test_who_may_not_change_a_field_is_refused_and_who_may_not_see_it_does_not(
    fields: Fields,
) -> None:
    fields.define(Definition("credit", "信用", "rating", seen_by=("manager",)))
    who = fields.add("甲", MANAGER, credit="4")
    told = refused(Refused, fields.set, who, credit="1")
    assert told.facts["reason"] == "role"
    refused(Refused, fields.add, "乙", credit="5")
    fields.set(who, credit="4")
    assert fields.of(who, Role.OPERATOR) == {}
    assert fields.of(who, None) == {}
    assert fields.of(who, Role.MANAGER) == {"credit": 4}


def test_only_managers_define(fields: Fields) -> None:
    with pytest.raises(Refused), fields.store.write(OPERATOR) as work:
        actions.define(work, "customer", Definition("f", "F", "text"))


def test_a_unique_value_belongs_to_one_record(fields: Fields) -> None:
    fields.define(Definition("card", "卡号", "text", unique=True))
    first = fields.add("甲", card="A-1")
    told = refused(Duplicate, fields.add, "乙", card=" a-1 ")
    assert told.facts["owner"] == "C000001"
    second = fields.add("乙", card="A-2")
    refused(Duplicate, fields.set, second, card="A-1")
    fields.set(first, card="")
    fields.set(second, card="A-1")
    with fields.store.read() as work:
        owned = work.session.exec(select(FieldUniqueValue)).all()
        assert [(each.value, each.entity_id) for each in owned] == [("a-1", second)]
    refused(Invalid, fields.set, first, card="x" * 401)
    assert examined(fields).ok


def test_the_constraint_stands_behind_a_race_for_a_unique_value(fields: Fields) -> None:
    fields.define(Definition("card", "卡号", "text", unique=True))
    first, second = fields.add("甲", card="A-1"), fields.add("乙")
    with fields.store.write(MANAGER) as work:
        work.session.add(FieldUniqueValue(definition_id=1, value="b-2", entity_id=first))
    refused(Duplicate, fields.set, second, card="B-2")
    assert "card=b-2" in examined(fields).detail


def test_unique_values_move_with_their_record(fields: Fields) -> None:
    fields.define(Definition("card", "卡号", "text", unique=True))
    first, second = fields.add("甲", card="A-1"), fields.add("乙")
    with fields.store.write(MANAGER) as work:
        values.release(work, "customer", first)
        values.claim(work, "customer", second, {"card": "A-1"})
    refused(Duplicate, fields.add, "丙", card="A-1")


def test_a_definition_changes_only_as_the_stored_values_allow(fields: Fields) -> None:
    fields.define(
        Definition("voice", "声音", "choice", options={"choices": ["少年", "青叔"]}),
        Definition("visits", "到访", "text"),
    )
    first = fields.add("甲", voice="少年", visits="12")
    second = fields.add("乙", voice="少年", visits="often")
    told = refused(Refused, fields.change, "voice", options={"choices": ["青叔"]})
    assert told.facts["count"] == 2
    assert fields.change("voice", options={"choices": ["少年", "青叔", "御姐"]}) == 0
    told = refused(Refused, fields.change, "visits", kind="integer")
    assert told.facts["count"] == 1
    fields.set(second, visits="3")
    assert fields.change("visits", kind="integer", label="次数") == 2
    assert fields.of(first)["visits"] == 12
    assert fields.change("voice", kind="choices") == 2
    assert fields.of(second) == {"voice": ["少年"], "visits": 3}
    assert fields.change("visits", kind="decimal") == 2
    assert fields.of(second)["visits"] == "3"


def test_a_field_becomes_unique_only_where_no_value_is_there_twice(fields: Fields) -> None:
    fields.define(Definition("card", "卡号", "text"))
    first, second = fields.add("甲", card="A-1"), fields.add("乙", card="a-1")
    assert refused(Refused, fields.change, "card", unique=True).facts["count"] == 1
    fields.set(second, card="A-2")
    fields.change("card", unique=True)
    refused(Duplicate, fields.set, first, card="A-2")
    fields.change("card", unique=False)
    fields.set(first, card="A-2")


def test_an_archived_field_is_neither_shown_nor_taken_and_comes_back(fields: Fields) -> None:
    fields.define(
        Definition("card", "卡号", "text", unique=True),
        Definition("fee", "费", "money"),
        Definition("twice", "双倍", "formula", options={"formula": "fee * 2"}),
    )
    who = fields.add("甲", card="A-1")
    assert refused(Refused, fields.archive, "fee").facts["needed_by"] == ["双倍"]
    fields.archive("card")
    assert "card" not in fields.of(who)
    refused(NotFound, fields.set, who, card="A-3")
    fields.archive("card", archived=False)
    assert fields.of(who)["card"] == "A-1"
    refused(Duplicate, fields.add, "乙", card="A-1")
    refused(NotFound, fields.archive, "none")


def test_fields_stand_in_the_order_that_was_said(fields: Fields) -> None:
    fields.define(*(Definition(key, key, "text") for key in ("a", "b", "c")))
    with fields.store.write(MANAGER) as work:
        actions.reorder(work, "customer", ["c", "a"])
    with fields.store.read() as work:
        assert [each.key for each in reads.definitions(work, "customer")] == ["c", "a", "b"]
    with pytest.raises(NotFound), fields.store.write(MANAGER) as work:
        actions.reorder(work, "customer", ["z"])


def _operator(clock: Clock) -> Operator:
    return Operator(login="qin", name="小秦", role=Role.OPERATOR, created_at=clock.now())


def test_a_reference_is_kept_by_the_number_that_people_know(fields: Fields) -> None:
    fields.define(
        Definition("friend", "介绍人", "customer"),
        Definition("host", "负责", "operator"),
        Definition("first", "首单", "order"),
        Definition("coach", "教练", "companion"),
    )
    with fields.store.write(MANAGER) as work:
        work.session.add(_operator(work.clock))
        companions.add(work, NewCompanion("鹿鹿"))
    fields.add("甲")
    who = fields.add("乙", friend="甲", host="qin", coach="鹿鹿")
    assert fields.of(who) == {
        "friend": "C000001", "host": "qin", "first": None, "coach": "P0001",
    }  # fmt: skip
    for key in ("friend", "host", "first", "coach"):
        told = refused(Invalid, fields.set, who, **{key: "nobody"})
        assert "nobody" in told.message()


def test_a_file_is_kept_by_its_content(fields: Fields, tmp_path: Path) -> None:
    fields.define(Definition("contract", "合同", "file"))
    file = tmp_path / "合同.txt"
    file.write_text("signed")
    who = fields.add("甲", contract=str(file))
    kept = fields.of(who)["contract"]
    assert (kept["name"], kept["bytes"]) == ("合同.txt", 6)
    with fields.store.read() as work:
        assert reads.file_contents(work) == {kept["sha256"]}
        (shown,) = reads.of_record(work, "customer", who, None)
        assert shown.shown == "合同.txt"
    refused(FileProblem, fields.set, who, contract=str(tmp_path / "none"))


def test_values_are_told_beside_the_log_where_they_can_be_erased(fields: Fields) -> None:
    fields.define(Definition("card", "卡号", "text"))
    who = fields.add("甲")
    fields.set(who, card="A-1")
    with fields.store.read() as work:
        event = work.session.exec(
            select(Event).where(Event.kind == "customer.edited").order_by(col(Event.seq))
        ).one()
        assert list(event.data["changed"]) == ["custom.card"]
        assert "A-1" not in str(event.data)


# Orders and companions have them, too


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=1)


def test_an_order_carries_custom_fields(desk: Desk) -> None:
    fields = Fields(desk.store)
    fields.define(
        Definition("mood", "心情", "text"),
        Definition("slip", "小票", "auto_number"),
        entity="order",
    )
    no = desk.order(custom={"mood": "好"})
    desk.do(editing.edit_fields, no, {"mood": "很好"}, desk.row(no).version)
    version = desk.row(no).version
    desk.do(editing.edit_fields, no, {"mood": "很好"})
    assert desk.row(no).version == version
    with desk.store.read() as work:
        order = work.session.exec(select(Order).where(Order.no == no)).one()
        assert order.custom == {"mood": "很好", "slip": "0001"}
    assert desk.detail(no).history[-1].text == "fields changed"
    with pytest.raises(NotFound):
        desk.do(editing.edit_fields, no, {"none": "x"})


def test_a_companion_carries_custom_fields(desk: Desk) -> None:
    fields = Fields(desk.store)
    fields.define(Definition("mic", "麦克风", "switch", required=True), entity="companion")
    with pytest.raises(Invalid):
        desk.do(companions.add, NewCompanion("新人"))
    who = desk.do(companions.add, NewCompanion("新人", custom={"mic": "是"}))
    desk.do(companions.edit, who, {"custom.mic": "否", "nick": "旧人"})
    with desk.store.read() as work:
        (field,) = reads.of_record(work, "companion", who, None)
        assert (field.value, field.shown) == (False, "no")
