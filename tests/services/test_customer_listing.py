"""Customers by a filter line: compiled to the database, the same answers as the words promise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError, Refused
from crm_tui.core.language import set_language
from crm_tui.core.words import Gender, IdentityKind, OrderStatus, Role, Segment, SourceChannel
from crm_tui.models import Customer, Game, Operator, Order
from crm_tui.services.customers import actions, filtering, listing
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.customers.tiers import tiers_of
from crm_tui.services.fields import actions as field_actions
from crm_tui.services.fields.rules import Definition
from crm_tui.services.filters.rules import BadValue, UnknownField
from crm_tui.services.views import reads as views
from crm_tui.storage.store import Store, UnitOfWork

FIELDS = (
    Definition("budget", "预算", "money"),
    Definition("level", "段位分", "decimal"),
    Definition("birthday", "生日", "date"),
    Definition("regular", "常客", "switch"),
    Definition("plays", "在玩", "choices", options={"choices": ["王者荣耀", "和平精英"]}),
    Definition("taste", "口味", "text"),
    Definition("secret", "内部", "text", seen_by=("manager", "admin")),
    Definition("double", "双倍", "formula", options={"formula": "budget * 2"}),
)
ONE = {"budget": "120.5", "level": "9.5", "birthday": "2000-03-01", "regular": "是"}
ONE |= {"plays": "王者荣耀、和平精英", "taste": "100%甜", "secret": "x"}


def add(work: UnitOfWork, nick: str, **known: object) -> int:
    phone = known.pop("phone", None)
    wechat = known.pop("wechat", None)
    ids = {IdentityKind.PHONE: phone, IdentityKind.WECHAT: wechat}
    given = {kind: str(text) for kind, text in ids.items() if text}
    return actions.add(work, NewCustomer(nick=nick, identities=given, **known))  # type: ignore[arg-type]


def order(work: UnitOfWork, customer_id: int, no: str, days_ago: int, fen: int) -> None:
    """A completed order."""
    at = work.clock.now() - timedelta(days=days_ago)
    game = work.session.exec(select(Game)).first()
    assert game is not None and game.id is not None
    work.session.add(
        Order(
            store_id=1,
            no=no,
            status=OrderStatus.COMPLETED,
            customer_id=customer_id,
            game_id=game.id,
            amount_fen=fen,
            created_at=at,
            completed_at=at,
        )
    )
    customer = work.session.get_one(Customer, customer_id)
    customer.order_count += 1
    customer.last_order_at = max(customer.last_order_at or at, at)
    work.session.add(customer)


@pytest.fixture
def base(store: Store, manager: Actor, clock: FixedClock) -> Store:
    """Four customers: A, B and C, and D who has nothing; E was merged into A."""
    with store.write(manager) as work:
        for definition in FIELDS:
            field_actions.define(work, "customer", definition)
    with store.write(manager) as work:
        owner = Operator(
            login="kefu", name="客服小王", role=Role.OPERATOR, created_at=work.clock.now()
        )
        work.session.add(owner)
        work.session.flush()
        first = add(
            work, "小鱼干Ａ", city="杭州", phone="13800138000", wechat="Fish_01", name="张三",
            gender=Gender.FEMALE, channel=SourceChannel.DOUYIN, tags=("VIP", "老客"), custom=ONE,
        )  # fmt: skip
        second = add(work, "北岸B", city="杭州", tags=("VIP",), blocked=True, note="爱聊天 100")
        third = add(work, "夜猫C", city="上海", custom={"budget": "20", "plays": "和平精英"})
        add(work, "空白D")
        merged = add(work, "旧号E", city="杭州")
        work.session.get_one(Customer, first).owner_id = owner.id
        work.session.get_one(Customer, merged).merged_into_id = first
        order(work, first, "O-1", 1, 600_000)
        for n in range(9):
            order(work, first, f"O-1{n}", 2, 100)
        order(work, second, "O-2", 40, 5_000)
        order(work, third, "O-3", 100, 5_000)
    return store


def found(store: Store, line: str, role: Role = Role.MANAGER) -> str:
    """The last letters of the nicknames, in order."""
    with store.read() as work:
        where = listing.condition(work, line, views.context(work, "customers", "boss"), role)
        page = listing.page(work, where)
        assert listing.count(work, where) == len(page.rows)
        assert sorted(listing.ids(work, where)) == sorted(row.id for row in page.rows)
        return "".join(row.nick[-1] for row in page.rows).replace("Ａ", "A")


PASSING = {
    "": "ABCD",
    "city:杭州": "AB",
    "城市:杭": "AB",
    "城市:=杭": "",
    "city:-": "D",
    "-city:杭州": "CD",
    "昵称:小鱼干A": "",
    "昵称:小鱼干": "A",
    "name:张": "A",
    "phone:8000": "A",
    "手机:-": "BCD",
    "wechat:fish": "A",
    "gender:女": "A",
    "channel:douyin": "A",
    "来源:抖音": "A",
    "tag:VIP": "AB",
    "tag:vip -tag:老客": "B",
    "tag:-": "CD",
    "owner:kefu": "A",
    "归属:小王": "A",
    "owner:-": "BCD",
    "blocked:yes": "B",
    "blocked:no": "ACD",
    "note:100": "B",
    "orders:>=1": "ABC",
    "orders:0": "D",
    "last:<-30d": "BC",
    "last:>=昨天": "A",
    "last:-": "D",
    "-last:<-30d": "AD",
    "spent:>60": "A",
    "spent:50": "BC",
    "spent:0": "D",
    "created:今天": "ABCD",
    "registered:今天": "ABCD",
    "created:<今天": "",
    "budget:>100": "A",
    "预算:..100": "C",
    "budget:-": "BD",
    "-budget:>100": "BCD",
    "level:>9": "A",
    "birthday:<2001-01-01": "A",
    "regular:是": "A",
    "regular:否": "BCD",
    "plays:王者": "A",
    "在玩:和平精英": "AC",
    "taste:100%": "A",
    "taste:1_0": "",
    "secret:x": "A",
    "xyg": "A",
    "小鱼 or 夜猫": "AC",
    "-小鱼 城市:杭州": "B",
    "城市:杭州 and not (tag:老客)": "B",
}
"""Lines, and who passes each."""


def test_who_passes(base: Store) -> None:
    assert {line: found(base, line) for line in PASSING} == PASSING
    with pytest.raises(BadValue):
        found(base, "birthday:<2001")


def test_tiers_are_those_that_are_computed_one_by_one(base: Store) -> None:
    with base.read() as work:
        everybody = list(
            listing.ids(work, listing.condition(work, "", views.context(work, "", "")))
        )
        tiers = tiers_of(work, everybody)
        for segment in Segment:
            for name in (segment.value, segment.label):
                where = listing.condition(work, f'tier:"{name}"', views.context(work, "", ""))
                wanted = {each for each, tier in tiers.items() if tier.segment is segment}
                assert set(listing.ids(work, where)) == wanted, segment


def test_pages_follow_one_another_whatever_is_added_between(base: Store, manager: Actor) -> None:
    seen = []
    with base.read() as work:
        where = listing.condition(work, "", views.context(work, "customers", ""))
        page = listing.page(work, where, limit=1)
        seen += [row.nick[-1] for row in page.rows]
    with base.write(manager) as work:
        order(work, add(work, "新来F"), "O-9", 0, 100)
    while page.after is not None:
        with base.read() as work:
            page = listing.page(work, where, page.after, limit=1)
            seen += [row.nick[-1] for row in page.rows]
    assert seen == ["Ａ", "B", "C", "D"]


def test_what_cannot_be_asked_is_refused_clearly(base: Store) -> None:
    with pytest.raises(Refused) as computed:
        found(base, "double:>5")
    assert "双倍" in computed.value.message()
    with pytest.raises(UnknownField):
        found(base, "secret:x", Role.OPERATOR)
    with pytest.raises(CrmError):
        found(base, "tag:VIP or")


def test_a_saved_view_is_named_in_a_line(base: Store, manager: Actor) -> None:
    from crm_tui.services.views import actions as view_actions

    with base.write(Actor("boss", Role.MANAGER)) as work:
        view_actions.save(work, "customers", "杭州的", "city:杭州")
    assert found(base, "@杭州的 -tag:老客") == "B"


@pytest.mark.parametrize(("lang", "phone"), [("zh", "手机"), ("en", "phone")])
def test_identities_are_named_in_the_language_in_force(
    sqlite_store: Store, lang: str, phone: str
) -> None:
    set_language(lang)
    with sqlite_store.read() as work:
        names = [each.names[0] for each in filtering.fields(work, None)]
    assert phone in names
    assert not any(" " in name for name in names), "a name with a blank can't be typed"
