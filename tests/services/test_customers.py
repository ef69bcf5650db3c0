"""Customers: added, edited, tagged, found and shown, on both engines."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Ambiguous, Conflict, CrmError, Duplicate, Invalid, NotFound
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.models import Customer, Event, EventValue, Order
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.customers import actions, index, reads
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.fields import actions as field_actions
from crm_tui.services.fields.rules import Definition
from crm_tui.services.tags import actions as tags
from crm_tui.storage.store import Store, UnitOfWork

XIAN = NewCustomer(
    nick="小鱼干12",
    name="曾小贤",
    identities={IdentityKind.PHONE: "+86 138-0013-8000", IdentityKind.WECHAT: "wxid_Ab1"},
    tags=("大客户",),
)


def added(store: Store, actor: Actor, *customers: NewCustomer) -> list[int]:
    with store.write(actor) as work:
        return [actions.add(work, each) for each in customers]


def found(store: Store, query: str) -> list[str]:
    with store.read() as work:
        return [hit.nick for hit in reads.find(work, query)]


def test_a_customer_is_added_and_shown_masked(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.read() as work:
        page = reads.profile(work, who)
        (hit,) = reads.find(work, "鱼干")
    assert (page.no, page.nick, page.name) == ("C000001", "小鱼干12", "曾小贤")
    shown = [(each.kind.value, each.value) for each in page.identities]
    assert shown == [("phone", "138****8000"), ("wechat", "wxid_Ab1")]
    assert [tag.name for tag in page.tags] == ["大客户"]
    assert str(page.registered_on) == "2026-09-21"
    assert (hit.phone, hit.wechat, hit.tags, hit.matched) == (
        "138****8000", "wxid_Ab1", ("大客户",), "nick",
    )  # fmt: skip
    assert "13800138000" not in repr(page) + repr(hit)


KNOWN = (
    "小", "鱼干", "xyg", "zxx", "cxx", "zengxiao", "ceng", "1380", "8000", "38000", "wxid_a", "ab1",
    "c000001", "大客户", "#大客户", "鱼干 zxx 8000", "138****8000", "138 0013 8000",
)  # fmt: skip
UNKNOWN = ("鱼干 dxx", "0013", "%", "_", "'", "小鱼干13", "\\", "= =", "*")


def test_a_customer_is_found_by_whatever_is_known(store: Store, actor: Actor) -> None:
    added(store, actor, XIAN, *(NewCustomer(nick=f"北岸{place}") for place in range(3)))
    assert {query: found(store, query) for query in KNOWN} == {key: ["小鱼干12"] for key in KNOWN}
    assert {query: found(store, query) for query in UNKNOWN} == {key: [] for key in UNKNOWN}


def test_a_new_customer_stands_before_old_ones_and_a_whole_name_before_parts(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    added(store, actor, NewCustomer(nick="小鱼"), NewCustomer(nick="小鱼干1"))
    clock.advance(timedelta(days=30))
    added(store, actor, NewCustomer(nick="小鱼干2"))
    assert found(store, "小鱼") == ["小鱼", "小鱼干2", "小鱼干1"]
    assert found(store, "") == ["小鱼干2", "小鱼干1", "小鱼"]


def test_whoever_orders_stands_first(store: Store, actor: Actor, clock: FixedClock) -> None:
    first, second = added(store, actor, NewCustomer(nick="木子1"), NewCustomer(nick="木子2"))
    clock.advance(timedelta(days=2))
    with store.write(actor) as work:
        _order(work, "O0923-001", first)
    assert found(store, "木子") == ["木子1", "木子2"]
    with store.write(actor) as work:
        customer = work.session.get_one(Customer, second)
        customer.order_count, customer.last_order_at = 40, work.clock.now()
    assert found(store, "木子") == ["木子2", "木子1"]
    assert found(store, "o0923-001") == ["木子1"]
    assert found(store, "O0923-001 木子2") == []


def _order(work: UnitOfWork, no: str, customer_id: int) -> None:
    game = find_game(work, "王者")
    row = Order(
        store_id=1,
        no=no,
        customer_id=customer_id,
        game_id=game,
        created_at=work.clock.now(),
        status=OrderStatus.PENDING,
    )
    work.session.add(row)
    work.session.flush()


def test_an_identity_belongs_to_one_customer(store: Store, actor: Actor) -> None:
    added(store, actor, XIAN)
    with pytest.raises(Duplicate) as told:
        added(store, actor, NewCustomer("另一个", identities={IdentityKind.PHONE: "13800138000"}))
    assert "小鱼干12 (C000001)" in told.value.message()
    assert "138****8000" in told.value.message()
    (other,) = added(store, actor, NewCustomer("第三个"))
    with pytest.raises(Duplicate), store.write(actor) as work:
        actions.edit(work, other, {"wechat": "WXID_ab1"})
    assert found(store, "wxid_ab1") == ["小鱼干12"]
    assert found(store, "另一个") == []


def test_the_same_identity_added_by_many_at_once_has_one_owner(store: Store, actor: Actor) -> None:
    outcomes: list[str] = []

    def add(place: int) -> None:
        new = NewCustomer(f"同号{place}", identities={IdentityKind.PHONE: "13900000000"})
        try:
            store.perform(actor, lambda work: actions.add(work, new))
            outcomes.append("added")
        except CrmError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=add, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", *["duplicate"] * 5]
    assert len(found(store, "13900000000")) == 1


def test_editing_moves_the_look_up_and_tells_the_log_without_values(
    store: Store, actor: Actor
) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        changes = {"nick": "北岸", "phone": "13900139001", "blocked": True, "gender": "female"}
        actions.edit(work, who, changes)
    assert found(store, "小鱼干12") == found(store, "8000") == []
    assert found(store, "北岸") == found(store, "9001") == found(store, "zxx") == ["北岸"]
    with store.read() as work:
        page = reads.profile(work, who)
        event = work.session.exec(select(Event).where(Event.kind == "customer.edited")).one()
        values = work.session.exec(select(EventValue).where(EventValue.seq == event.seq)).all()
        assert index.count_misplaced(work) == 0
    assert page.blocked and page.version == 2
    assert "13900139001" not in str(event.data) and "北岸" not in str(event.data)
    assert event.data["blocked"] is True
    assert {"nick", "phone"} <= {value.field for value in values}


def test_an_edit_that_changes_nothing_leaves_nothing(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        actions.edit(work, who, {"nick": "小鱼干12", "phone": "138 0013 8000", "minor": False})
    with store.read() as work:
        assert reads.profile(work, who).version == 1
        assert not work.session.exec(select(Event).where(Event.kind == "customer.edited")).all()


def test_an_identity_can_be_added_and_taken_away(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        actions.add_identity(work, who, IdentityKind.PHONE, "13900139001")
        actions.edit(work, who, {"wechat": ""})
    assert found(store, "8000") == found(store, "9001") == ["小鱼干12"]
    assert found(store, "wxid_ab1") == []
    with store.read() as work:
        kinds = [each.kind for each in reads.profile(work, who).identities]
    assert kinds == [IdentityKind.PHONE, IdentityKind.PHONE]


def test_an_edit_from_an_old_sight_is_refused(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        actions.edit(work, who, {"city": "杭州"}, expected_version=1)
    with pytest.raises(Conflict), store.write(actor) as work:
        actions.edit(work, who, {"city": "上海"}, expected_version=1)
    with store.read() as work:
        assert reads.profile(work, who).city == "杭州"


@pytest.mark.parametrize(
    "changes",
    [{"nick": " "}, {"phone": "123"}, {"gender": "x"}, {"registered_on": "soon"}, {"height": 1},
     {"city": "x" * 101}, {"blocked": "maybe"}],
)  # fmt: skip
def test_a_bad_change_changes_nothing(
    sqlite_store: Store, actor: Actor, changes: dict[str, object]
) -> None:
    (who,) = added(sqlite_store, actor, XIAN)
    with pytest.raises(Invalid), sqlite_store.write(actor) as work:
        actions.edit(work, who, {"note": "x", **changes})
    with sqlite_store.read() as work:
        page = reads.profile(work, who)
    assert (page.note, page.version) == ("", 1)


def test_tags_come_and_go_with_their_colour(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        actions.tag(work, who, add=["#夜猫子", "大客户"], remove=[])
        tags.edit(work, "夜猫子", group="习惯", colour="purple")
        actions.tag(work, who, add=[], remove=["大客户"])
    with store.read() as work:
        worn = reads.profile(work, who).tags
        told = work.session.exec(select(Event).where(Event.kind == "customer.tagged")).all()
    assert [(tag.name, tag.group, tag.colour) for tag in worn] == [("夜猫子", "习惯", "purple")]
    assert [(event.data["added"], event.data["removed"]) for event in told] == [
        (["夜猫子"], []),
        ([], ["大客户"]),
    ]
    assert found(store, "夜猫") == ["小鱼干12"] and found(store, "大客户") == []
    with pytest.raises(NotFound), store.write(actor) as work:
        actions.tag(work, who, remove=["没有"])
    with pytest.raises(Invalid), store.write(actor) as work:
        tags.edit(work, "夜猫子", colour="pink")


def test_custom_fields_are_read_by_their_definitions(
    store: Store, actor: Actor, manager: Actor
) -> None:
    budget = Definition("budget", "预算", "money")
    voice = Definition("voice", "声音", "choice", options={"choices": ["少年", "青叔"]})
    with store.write(manager) as work:
        field_actions.define(work, "customer", budget)
        field_actions.define(work, "customer", voice)
    (who,) = added(store, actor, NewCustomer("小鱼", custom={"budget": "¥120"}))
    with store.write(actor) as work:
        actions.edit(work, who, {"custom.voice": "青叔"})
    with store.read() as work:
        shown = [(each.label, each.value, each.shown) for each in reads.profile(work, who).fields]
    assert shown == [("预算", 12000, "120.00"), ("声音", "青叔", "青叔")]
    for changes in ({"custom.voice": "大叔"}, {"custom.budget": "much"}):
        with pytest.raises(Invalid), store.write(actor) as work:
            actions.edit(work, who, changes)
    with pytest.raises(NotFound), store.write(actor) as work:
        actions.edit(work, who, {"custom.none": "1"})
    with pytest.raises(Duplicate), store.write(manager) as work:
        field_actions.define(work, "customer", budget)


def test_a_reference_names_one_customer(store: Store, actor: Actor) -> None:
    who, *_others = added(
        store, actor, XIAN, NewCustomer("重名", name="李雷"), NewCustomer("重名", name="李四")
    )
    with store.read() as work:
        for ref in ("C000001", "c000001", str(who), "13800138000", "+86 138 0013 8000",
                    "WXID_AB1", "ab1", "小鱼干12", "曾小贤"):  # fmt: skip
            assert reads.resolve(work, ref) == who
        with pytest.raises(Ambiguous) as told:
            reads.resolve(work, "重名")
        assert told.value.facts["matches"] == ["C000002", "C000003"]
        for nobody in ("小鱼", "8000", "", "C999999", "99"):
            with pytest.raises(NotFound):
                reads.resolve(work, nobody)


def test_nobody_is_not_found(store: Store, actor: Actor) -> None:
    with store.read() as work, pytest.raises(NotFound):
        reads.profile(work, 77)
    with pytest.raises(NotFound), store.write(actor) as work:
        actions.edit(work, 77, {"nick": "x"})


def test_hostile_names_are_kept_and_found(store: Store, actor: Actor) -> None:
    names = [
        "[VIP]老白",
        "[/red]x",
        "\x1b]52;c;aGk=\x07",
        "=cmd()",
        "\u202eabc",
        "x" * 10_000,
        "🍋",
    ]
    added(store, actor, *(NewCustomer(nick=name) for name in names))
    assert found(store, "老白") == ["[VIP]老白"]
    assert found(store, "[VIP]老白") == ["[VIP]老白"]
    assert found(store, "cmd") == ["=cmd()"]
    assert found(store, "🍋") == ["🍋"]
    assert "x" * 10_000 in found(store, "xxxx")


def test_keys_that_were_lost_are_noticed_and_written_again(store: Store, actor: Actor) -> None:
    (who,) = added(store, actor, XIAN)
    with store.write(actor) as work:
        kept = work.session.get_one(Customer, who).keys
        index.remove(work, [who])
    assert found(store, "鱼干") == []
    with store.write(actor) as work:
        work.session.get_one(Customer, who).keys = kept
    with store.read() as work:
        assert index.count_misplaced(work) == len(kept.split())
    with store.write(actor) as work:
        index.remove(work, [who])
        index.write_keys(work, [who])
    assert found(store, "鱼干") == ["小鱼干12"]
    with store.read() as work:
        assert index.count_misplaced(work) == 0
