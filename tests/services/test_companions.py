"""The roster, and what companions may say of themselves, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Ambiguous, Conflict, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.words import OrderKind, OrderStatus, PayChannel, Presence
from crm_tui.models import Event, Rating
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.companions import actions, reads
from crm_tui.services.companions.rules import NewCompanion, Skill, shown_presence
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import reads as customer_reads
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.intake import NewOrder
from crm_tui.storage.store import Store, UnitOfWork


def lulu(work: UnitOfWork, nick: str = "鹿鹿09", phone: str = "13900000009") -> int:
    new = NewCompanion(
        nick=nick,
        phone=phone,
        level_id=reads.find_level(work, "大神"),
        skills=(
            Skill(find_game(work, "王者"), "至尊星耀"),
            Skill(find_game(work, "瓦"), "自定"),
        ),
        tags=("声音好听",),
    )
    return actions.add(work, new)


def one(store: Store, who: int) -> reads.CompanionRow:
    with store.read() as work:
        return reads.one(work, who)


def test_a_companion_is_added_with_the_terms_of_the_level(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        who = lulu(work)
    row = one(store, who)
    assert (row.no, row.nick, row.phone) == ("P0001", "鹿鹿09", "139****0009")
    assert (row.level_label, row.presence) == ("大神", Presence.OFFLINE)
    assert row.rate_fen > 0 and row.share_bp > 0
    assert [(skill.game, skill.rank) for skill in row.games] == [
        ("王者荣耀", "至尊星耀"),
        ("无畏契约", "自定"),
    ]
    assert (row.rating, row.ratings, row.today_orders, row.current_order) == (None, 0, 0, None)


def test_presence_load_and_rating_follow_the_orders(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    with store.write(actor) as work:
        who = lulu(work)
        customer = customers.add(work, NewCustomer("小鱼干"))
        actions.set_presence(work, who, Presence.IDLE)
        order = orders.create(
            work, NewOrder(customer, find_game(work, "王者"), 60, kind=OrderKind.COMPANION)
        )
        no = _number(work, customer)
        assert order
    assert one(store, who).presence is Presence.IDLE
    assert one(store, who).idle_since == clock.now()
    with store.write(actor) as work:
        dispatch.offer(work, no, [who])
    assert (one(store, who).presence, one(store, who).open_offers) == (Presence.OFFERED, 1)
    with store.write(actor) as work:
        dispatch.accept(work, no, who)
        orders.start(work, no)
    row = one(store, who)
    assert (row.presence, row.current_order, row.today_orders) == (Presence.SERVING, no, 1)
    with pytest.raises(Refused) as told, store.write(actor) as work:
        actions.set_presence(work, who, Presence.OFFLINE)
    assert no in told.value.message() and told.value.facts["order"] == no
    clock.advance(timedelta(minutes=60))
    with store.write(actor) as work:
        orders.finish(work, no)
        orders.confirm(work, no, rating=4)
    row = one(store, who)
    assert (row.presence, row.current_order, row.idle_since) == (Presence.IDLE, None, clock.now())
    assert (row.rating, row.ratings) == (4.0, 1)
    clock.advance(timedelta(days=1))
    assert one(store, who).today_orders == 0


def _number(work: UnitOfWork, customer: int) -> str:
    (row,) = customer_reads.profile(work, customer).open_orders
    return row.no


def test_a_profile_shows_who_served(store: Store, actor: Actor, clock: FixedClock) -> None:
    with store.write(actor) as work:
        who = lulu(work)
        customer = customers.add(work, NewCustomer("小鱼干"))
        actions.set_presence(work, who, Presence.IDLE)
        orders.create(work, NewOrder(customer, find_game(work, "王者"), 60, companion_id=who))
        no = _number(work, customer)
        orders.start(work, no)
    clock.advance(timedelta(minutes=60))
    with store.write(actor) as work:
        orders.finish(work, no)
        orders.confirm(work, no, rating=5)
        (row,) = customer_reads.profile(work, customer).open_orders
        orders.pay(work, no, PayChannel.WECHAT, row.amount_fen)
    with store.read() as work:
        page = customer_reads.profile(work, customer)
    assert page.open_orders == ()
    (past,) = page.history
    assert (past.companion, past.status, past.rating) == ("鹿鹿09", OrderStatus.COMPLETED, 5)
    assert [(each.companion, each.orders) for each in page.favourites] == [("鹿鹿09", 1)]
    stats = page.stats
    assert (stats.orders, stats.minutes, stats.spent_fen) == (1, 60, past.amount_fen)
    assert stats.average_fen == past.amount_fen and stats.last_order_at == clock.now()


@pytest.mark.parametrize(
    ("own", "order", "offers", "shown"),
    [
        (Presence.IDLE, None, 0, Presence.IDLE),
        (Presence.IDLE, None, 2, Presence.OFFERED),
        (Presence.RESTING, None, 2, Presence.RESTING),
        (Presence.OFFLINE, OrderStatus.SERVING, 0, Presence.SERVING),
        (Presence.IDLE, OrderStatus.ACCEPTED, 0, Presence.OFFERED),
    ],
)
def test_what_the_roster_shows(
    own: Presence, order: OrderStatus | None, offers: int, shown: Presence
) -> None:
    assert shown_presence(own, order, offers) is shown


def test_a_presence_that_comes_from_orders_can_not_be_said(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        who = lulu(work)
    with pytest.raises(Invalid), store.write(actor) as work:
        actions.set_presence(work, who, Presence.SERVING)
    with store.write(actor) as work:
        actions.set_presence(work, who, Presence.RESTING)
        actions.set_presence(work, who, Presence.RESTING)
    with store.read() as work:
        told = work.session.exec(select(Event).where(Event.kind == "companion.presence")).all()
    assert [(event.data["before"], event.data["after"]) for event in told] == [
        ("offline", "resting")
    ]


def test_the_roster_is_read_idle_first_and_filtered(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        first = lulu(work)
        second = actions.add(work, NewCompanion("木子", skills=(Skill(find_game(work, "lol")),)))
        actions.set_presence(work, second, Presence.IDLE)
        actions.edit(work, first, {"active": True, "rate_fen": 7000})
        gone = actions.add(work, NewCompanion("走了"))
        actions.edit(work, gone, {"active": False})
    with store.read() as work:
        assert [row.nick for row in reads.roster(work)] == ["木子", "鹿鹿09"]
        assert [row.nick for row in reads.roster(work, presence=Presence.OFFLINE)] == ["鹿鹿09"]
        assert [row.nick for row in reads.roster(work, game="王者荣耀")] == ["鹿鹿09"]
        assert [row.nick for row in reads.roster(work, store_id=2)] == []
        assert reads.one(work, first).rate_fen == 7000
        assert [row.nick for row in reads.by_ids(work, [gone, first])] == ["走了", "鹿鹿09"]
        with pytest.raises(NotFound):
            reads.roster(work, game="围棋")


def test_a_reference_names_one_companion(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        who = lulu(work)
        lulu(work, "重名", "13900000001")
        lulu(work, "重名", "13900000002")
    with store.read() as work:
        for ref in ("p0001", "鹿鹿09", "139 0000 0009", str(who), " 鹿鹿０９ "):
            assert reads.resolve(work, ref) == who
        with pytest.raises(Ambiguous):
            reads.resolve(work, "重名")
        for nobody in ("鹿鹿", "", "99"):
            with pytest.raises(NotFound):
                reads.resolve(work, nobody)


def test_a_phone_belongs_to_one_companion(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        lulu(work)
    with pytest.raises(Duplicate) as told, store.write(actor) as work:
        lulu(work, "另一个")
    assert "鹿鹿09 (P0001)" in told.value.message()


@pytest.mark.parametrize(
    "changes",
    [{"rate_fen": -1}, {"share_bp": 10_001}, {"share_bp": "half"}, {"nick": ""}, {"phone": "1"},
     {"gender": "x"}, {"height": 1}],
)  # fmt: skip
def test_a_bad_change_changes_nothing(
    sqlite_store: Store, actor: Actor, changes: dict[str, object]
) -> None:
    with sqlite_store.write(actor) as work:
        who = lulu(work)
    with pytest.raises(Invalid), sqlite_store.write(actor) as work:
        actions.edit(work, who, {"note": "x", **changes})
    row = one(sqlite_store, who)
    assert (row.note, row.version) == ("", 1)


def test_an_edit_from_an_old_sight_is_refused(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        who = lulu(work)
    with store.write(actor) as work:
        skills = (Skill(find_game(work, "lol"), "傲世宗师"),)
        actions.edit(work, who, {"skills": skills, "nick": "鹿鹿"}, expected_version=1)
    with pytest.raises(Conflict), store.write(actor) as work:
        actions.edit(work, who, {"note": "x"}, expected_version=1)
    row = one(store, who)
    assert [(skill.game, skill.rank) for skill in row.games] == [("英雄联盟", "傲世宗师")]


def test_ratings_are_averaged(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        who = lulu(work)
        customer = customers.add(work, NewCustomer("小鱼干"))
        for overall in (5, 4, 4):
            order = orders.create(work, NewOrder(customer, find_game(work, "王者"), 60))
            work.session.add(
                Rating(
                    store_id=1,
                    order_id=order,
                    companion_id=who,
                    overall=overall,
                    rated_at=work.clock.now(),
                )
            )
    assert (one(store, who).rating, one(store, who).ratings) == (4.33, 3)
