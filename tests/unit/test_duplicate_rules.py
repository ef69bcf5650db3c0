"""How alike two records are: agreements against chance, differences, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crm_tui.core.words import Gender, IdentityKind
from crm_tui.services.duplicates.rules import (
    LIKELY,
    Ground,
    Likeness,
    Rarity,
    compare,
    expected_others,
    nicks_alike,
    one_slip_apart,
)
from crm_tui.services.duplicates.traits import contacts_in, core_of, traits_of

PHONE, WECHAT, DOUYIN = IdentityKind.PHONE, IdentityKind.WECHAT, IdentityKind.DOUYIN
RARE = Rarity(100_000, 0.3, 1.0, 1.0, 0.3, 0.5, 0.05)
NEW_PHONE = [(PHONE, "15900001111")]
COMMON = replace(RARE, nick=300.0, core=400.0, sound=400.0, name=30.0, name_sound=40.0)


def likeness(one: dict[str, Any], other: dict[str, Any], rarity: Rarity = RARE) -> Likeness:
    mine, theirs = (traits_of(place, **each) for place, each in enumerate((one, other)))
    forth, back = compare(mine, theirs, rarity), compare(theirs, mine, rarity)
    assert forth.score == pytest.approx(back.score), "likeness has no direction"
    return forth


XIAN: dict[str, Any] = {
    "nick": "小鱼干12",
    "name": "曾小贤",
    "city": "杭州",
    "gender": Gender.MALE,
    "identities": [(PHONE, "13800138000"), (WECHAT, "wxid_ab12cd34")],
}

ONE_PERSON: list[tuple[str, dict[str, Any], Ground]] = [
    ("a digit typed wrong", {"nick": "小鱼干", "identities": [(PHONE, "13800138008")]},
     Ground.PHONE_TYPO),
    ("two digits exchanged", {"nick": "小鱼干12", "identities": [(PHONE, "13801038000")]},
     Ground.PHONE_TYPO),
    ("an id typed wrong", {"nick": "小鱼干12", "identities": [(WECHAT, "wxid_ab12cb34")]},
     Ground.ID_TYPO),
    ("the same handle elsewhere", {"nick": "小鱼", "identities": [(DOUYIN, "ab12cd34")]},
     Ground.OTHER_COLUMN),
    ("phone in the WeChat column", {"nick": "别名", "identities": [(WECHAT, "13800138000")]},
     Ground.OTHER_COLUMN),
    ("phone in the nickname", {"nick": "小鱼干 138-0013-8000"}, Ground.MENTIONED),
    ("old phone in the note",
     {"nick": "小魚干12", "note": "换号了，原来138 0013 8000", "identities": NEW_PHONE},
     Ground.MENTIONED),
    ("a new phone, the same names",
     {"nick": "小鱼干12", "name": "曾小贤", "city": "杭州", "identities": [(PHONE, "15900001111")]},
     Ground.SAME_NAME),
    ("a name that sounds the same", {"nick": "小鱼干12", "name": "增小闲", "city": "杭州"},
     Ground.NAME_SOUND),
    ("nickname and name exchanged", {"nick": "曾小贤", "name": "小鱼干12"}, Ground.NAME_AS_NICK),
]  # fmt: skip


@pytest.mark.parametrize(("what", "other", "ground"), ONE_PERSON, ids=[e[0] for e in ONE_PERSON])
def test_one_person_written_twice(what: str, other: dict[str, Any], ground: Ground) -> None:
    found = likeness(XIAN, other)
    assert found.score >= LIKELY, (what, found)
    assert ground in found.grounds
    assert all(each.label for each in found.grounds)


STRANGERS: list[tuple[str, dict[str, Any], Rarity]] = [
    ("a common nickname", {"nick": "小鱼干12", "identities": [(PHONE, "15900001111")]}, COMMON),
    ("a namesake of the same city",
     {"nick": "北岸", "name": "曾小贤", "city": "杭州", "identities": NEW_PHONE}, COMMON),
    ("a relative with the next number",
     {"nick": "北岸", "city": "杭州", "identities": [(PHONE, "13800138001")]}, RARE),
    ("a friend who was brought",
     {"nick": "北岸", "note": "朋友介绍 13800138000", "identities": NEW_PHONE}, RARE),
    ("a numbered handle",
     {"nick": "北岸", "identities": [(PHONE, "15900001111"), (WECHAT, "wxid_ab12cd35")]}, RARE),
    ("nobody in particular", {"nick": "夜猫", "city": "上海"}, RARE),
]  # fmt: skip


@pytest.mark.parametrize(("what", "other", "rarity"), STRANGERS, ids=[e[0] for e in STRANGERS])
def test_two_people_who_look_alike(what: str, other: dict[str, Any], rarity: Rarity) -> None:
    found = likeness(XIAN, other, rarity)
    assert found.score < LIKELY, (what, found)


def test_what_is_not_known_says_nothing() -> None:
    bare = {"nick": "小鱼干12"}
    assert likeness(XIAN, bare).grounds == (Ground.SAME_NICK,)
    worse = likeness(XIAN, {**bare, "city": "上海"})
    assert worse.score < likeness(XIAN, bare).score < likeness(XIAN, {**bare, "city": "杭州"}).score


def test_a_shared_value_is_weighed_by_how_often_it_comes_by_chance() -> None:
    nearly_all_unique = [0, 9_000, 10, 0, 0, 0, 0]
    a_few_for_all = [0, 900, 800, 700, 600, 500, 400]
    assert expected_others(2, nearly_all_unique) < 0.01
    assert expected_others(2, a_few_for_all) == 1
    assert expected_others(300, nearly_all_unique) == 299
    assert expected_others(2) == 0.5


def test_nicknames_without_what_is_put_around_them() -> None:
    for typed in (
        "小鱼干",
        "[VIP]小鱼干",
        "小鱼干（大号）",
        "小鱼干99",
        "<b>小鱼干</b>",
        "★小鱼干★",
    ):
        assert core_of(typed) == "小鱼干", typed
    assert core_of("9527") == "9527" and core_of("（）") == "()"
    assert nicks_alike("养猫的小鱼干", "小鱼干")
    assert nicks_alike("moonlight77", "moonlihgt77")
    assert not nicks_alike("小鱼", "大鱼") and not nicks_alike("北岸的猫", "南山的狗")


def test_contacts_are_read_out_of_texts_and_words_are_not() -> None:
    assert contacts_in("+86 138-0013-8000", "微信 wxid_Ab12cd，QQ 123456789") == {
        "13800138000", "ab12cd", "123456789",
    }  # fmt: skip
    assert contacts_in("Moonlight", "每周末固定两小时", "2026-09-21 22:00", "60元") == set()
    assert contacts_in("订单2026092112345678") == set()


def test_a_slip_is_one_sign_or_two_neighbours_exchanged() -> None:
    assert one_slip_apart("13800138000", "13800138001")
    assert one_slip_apart("13800138000", "13801038000")
    assert not one_slip_apart("13800138000", "13800138011")
    assert not one_slip_apart("13800138000", "13800138000")
