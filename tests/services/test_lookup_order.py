"""Who is found, and in which order: kinds of match, the operator's own store, who is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, update

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind, OrderStatus, Presence
from crm_tui.models import Companion, Customer, Order
from crm_tui.models import Store as Shop
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.companions import lookup as companions
from crm_tui.services.companions.rules import companion_no
from crm_tui.services.customers import actions, candidates, index
from crm_tui.services.customers.lookup import find, recent, resolve
from crm_tui.services.customers.marks import Mark
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store, UnitOfWork


def added(store: Store, actor: Actor, *nicks: str, **more: object) -> list[int]:
    with store.write(actor) as work:
        return [actions.add(work, NewCustomer(nick=nick, **more)) for nick in nicks]  # type: ignore[arg-type]


def found(store: Store, query: str, store_id: int | None = None) -> list[str]:
    with store.read() as work:
        return [hit.nick for hit in find(work, query, store_id=store_id)]


def ordered(work: UnitOfWork, customer_id: int, no: str, status: OrderStatus) -> None:
    now = work.clock.now()
    done = now if status is OrderStatus.COMPLETED else None
    work.session.add(
        Order(
            store_id=1,
            no=no,
            customer_id=customer_id,
            game_id=find_game(work, "王者"),
            status=status,
            created_at=now,
            completed_at=done,
        )
    )
    customer = work.session.get_one(Customer, customer_id)
    if done:
        customer.order_count, customer.last_order_at = customer.order_count + 1, done
    work.session.add(customer)
    work.session.flush()


def test_whole_names_before_beginnings_before_insides(store: Store, actor: Actor) -> None:
    added(store, actor, "老北岸", "北岸99", "北岸")
    assert found(store, "北岸") == ["北岸", "北岸99", "老北岸"]


def test_a_name_that_many_bear_does_not_hide_who_is_in_touch(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    *_many, last = added(store, actor, *["小鱼干"] * 400, "暴躁小鱼干7")
    clock.advance(timedelta(days=200))
    assert set(found(store, "小鱼干")) == {"小鱼干"}
    with store.write(actor) as work:
        ordered(work, last, "O1-1", OrderStatus.PENDING)
    clock.advance(timedelta(hours=2))
    assert found(store, "小鱼干")[0] == "暴躁小鱼干7"


def test_an_open_order_counts_as_being_heard_of_now(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    first, second = added(store, actor, "夜猫1", "夜猫2")
    with store.write(actor) as work:
        ordered(work, first, "O1-1", OrderStatus.SERVING)
    clock.advance(timedelta(hours=3))
    with store.write(actor) as work:
        ordered(work, second, "O1-2", OrderStatus.CANCELLED)
        work.session.exec(
            update(Order)
            .where(col(Order.no) == "O1-2")
            .values(cancelled_at=work.clock.now() - timedelta(hours=1))
        )
    assert found(store, "夜猫") == ["夜猫1", "夜猫2"]


def test_what_names_one_customer_comes_first(store: Store, actor: Actor) -> None:
    added(store, actor, "yemao88", identities={})
    owner = added(store, actor, "老白", identities={IdentityKind.WECHAT: "yemao"})[0]
    added(store, actor, "yemao", "yemao")
    assert found(store, "yemao")[0] == "老白"
    with store.write(actor) as work:
        ordered(work, owner, "O0921-007", OrderStatus.PENDING)
    with store.read() as work:
        (hit,) = find(work, "o0921-007")
    assert (hit.id, hit.matched, hit.marks) == (owner, "order", ())


def test_two_words_that_many_share_find_who_has_both(
    store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "NARROW", 50)
    added(store, actor, *(f"糖糖{number}" for number in range(55)))
    added(store, actor, *(f"赵{number}" for number in range(55)))
    added(store, actor, "糖糖", name="赵哲")
    added(store, actor, *(f"七七{number}" for number in range(15)))
    assert found(store, "糖糖 赵") == ["糖糖"]


def test_the_own_store_comes_first_and_the_others_are_found(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    with store.write(actor) as work:
        work.session.add(Shop(id=2, name="杭州店"))
    added(store, actor, "木子1", store_id=2)
    clock.advance(timedelta(days=3))
    added(store, actor, "木子2", store_id=1)
    assert found(store, "木子") == ["木子2", "木子1"]
    assert found(store, "木子", store_id=2) == ["木子1", "木子2"]
    with store.read() as work:
        assert [hit.nick for hit in recent(work, 1, store_id=2)] == ["木子1"]


def test_merged_and_erased_customers_are_never_found(store: Store, actor: Actor) -> None:
    kept, merged, erased = added(store, actor, "南风", "南风2", "南风3")
    with store.write(actor) as work:
        for customer_id in (kept, merged, erased):
            ordered(work, customer_id, f"O1-{customer_id}", OrderStatus.COMPLETED)
        index.remove(work, [merged, erased])
        work.session.get_one(Customer, merged).merged_into_id = kept
        work.session.get_one(Customer, erased).erased_at = work.clock.now()
        work.session.flush()
        index.write_keys(work, [kept, merged, erased])
        numbers = {each: work.session.get_one(Customer, each).no for each in (kept, merged, erased)}
    for query in ("南风", "", "nf", numbers[kept], numbers[merged]):
        assert found(store, query) == ["南风"], query
    assert found(store, numbers[erased]) == []
    assert found(store, numbers[merged][:-1])[:1] == ["南风"]
    with store.read() as work:
        assert resolve(work, numbers[merged]) == resolve(work, str(merged)) == kept
        assert index.count_misplaced(work) == 0


@pytest.mark.parametrize(
    ("typed", "matched", "mark"),
    [
        ("干1", "nick", Mark("nick", 2, 4)),
        ("xyg", "initials", Mark("nick", 0, 3)),
        ("8000", "phone_tail", Mark("phone", 7, 11)),
        ("wxid_x", "wechat", Mark("wechat", 0, 6)),
        ("学", "tag", Mark("tags", 0, 1)),
    ],
)
def test_it_is_said_where(store: Store, actor: Actor, typed: str, matched: str, mark: Mark) -> None:
    identities = {IdentityKind.PHONE: "138 0013 8000", IdentityKind.WECHAT: "wxid_xian"}
    added(store, actor, "小鱼干12", identities=identities, tags=("学生",))
    with store.read() as work:
        (hit,) = find(work, typed)
        both = find(work, f"{typed} 小鱼")[0]
    assert (hit.matched, hit.marks) == (matched, (mark,))
    assert set(both.marks) == {mark, Mark("nick", 0, 2)}
    assert hit.spans(mark.part) == [(mark.start, mark.end)]


def test_companions_are_found_by_nick_pinyin_initials_number_and_phone(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    people = (
        ("鹿鹿09", Presence.OFFLINE, "13800138000", True),
        ("鹿鹿", Presence.RESTING, None, True),
        ("小鹿", Presence.IDLE, None, True),
        ("鹿鹿的", Presence.IDLE, None, False),
    )
    with store.write(actor) as work:
        for place, (nick, presence, phone, active) in enumerate(people, 1):
            work.session.add(
                Companion(
                    store_id=1,
                    no=companion_no(place),
                    nick=nick,
                    presence=presence,
                    phone=phone,
                    active=active,
                    created_at=work.clock.now(),
                )
            )
    wanted = {
        "鹿鹿": ["鹿鹿", "鹿鹿09"],
        "lulu": ["鹿鹿", "鹿鹿09"],
        "ll": ["鹿鹿", "鹿鹿09"],
        "鹿": ["鹿鹿", "小鹿", "鹿鹿09"],
        "p0001": ["鹿鹿09"],
        "8000": ["鹿鹿09"],
        "lu 09": ["鹿鹿09"],
        "": ["小鹿", "鹿鹿", "鹿鹿09"],
        "nobody": [],
        "*": [],
    }
    with store.read() as work:
        got = {query: [hit.row.nick for hit in companions.find(work, query)] for query in wanted}
        spans = companions.find(work, "ll 09")[0].spans
        first = companions.find(work, "鹿", store_id=2, limit=1)
    assert got == wanted
    assert spans == ((0, 2), (2, 4))
    assert len(first) == 1
