"""What a customer was found by, and where it is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import join_keys, keys_for
from crm_tui.services.customers.marks import FOUND_BY, Face, Mark, label, match, span_in
from crm_tui.services.customers.ranking import BEGINNING, EQUAL, fit, in_full
from crm_tui.services.customers.rules import mask_phone

FACE = Face(
    nick="★小鱼干12",
    name="解晓东",
    no="C000012",
    identities=[
        (IdentityKind.PHONE, "13800138000", "138-0013-8000"),
        (IdentityKind.WECHAT, "wxid_ab-1c", "WXID_ab-1c"),
        (IdentityKind.QQ, "1000123", "1000123"),
    ],
    tags=["学生", "VIP"],
)
PLAIN = [(kind, normalised) for kind, normalised, _value in FACE.identities]
KEYS = join_keys(keys_for(FACE.nick, FACE.name, FACE.no, PLAIN, FACE.tags) | {"c000044="})
SHOWN = {
    "nick": FACE.nick,
    "name": FACE.name,
    "no": FACE.no,
    "phone": mask_phone("13800138000"),
    "wechat": "WXID_ab-1c",
    "tags": " ".join(FACE.tags),
}


@pytest.mark.parametrize(
    ("typed", "found_by", "seen"),
    [
        ("鱼干", "nick", {"鱼干"}),
        ("小・鱼", "nick", {"小鱼"}),
        ("解", "name", {"解"}),
        ("c0000", "no", {"C0000"}),
        ("1380", "phone", {"138"}),
        ("13800138000", "phone", {"138****8000"}),
        ("8000", "phone_tail", {"8000"}),
        ("138000", "phone_tail", {"8000"}),
        ("wxid_AB", "wechat", {"WXID_ab"}),
        ("ab-1", "wechat", {"ab-1"}),
        ("1000", "qq", set()),
        ("vi", "tag", {"VI"}),
        ("xyg", "initials", {"小鱼干"}),
        ("xyg1", "initials", {"小鱼干1"}),
        ("xiaoy", "pinyin", {"小鱼"}),
        ("jxd", "initials", {"解晓东"}),
        ("xxd", "initials", {"解晓东"}),
        ("c000044", "other", set()),
        ("nobody", "", set()),
    ],
)
def test_it_is_said_what_somebody_was_found_by_and_where(
    typed: str, found_by: str, seen: set[str]
) -> None:
    found = match(typed, FACE, KEYS)
    assert found.found_by == found_by
    assert {SHOWN[mark.part][mark.start : mark.end] for mark in found.marks} == seen


def test_all_places_are_marked() -> None:
    face = Face("小138", "", "C1", [(IdentityKind.PHONE, "13800138000", "13800138000")])
    assert match("138", face).marks == (Mark("nick", 1, 4), Mark("phone", 0, 3))


@given(st.text(max_size=30), st.text(max_size=6))
def test_marks_lie_within_what_is_shown(nick: str, typed: str) -> None:
    shown = {"no": "C1", "nick": nick, "name": nick[::-1], "tags": nick}
    for mark in match(typed, Face(nick, nick[::-1], "C1", tags=[nick])).marks:
        assert 0 <= mark.start < mark.end <= len(shown[mark.part])


@given(st.text(alphabet="小鱼干★ｘ ①ABc12", min_size=1, max_size=12))
def test_a_folded_name_is_marked_where_it_was_written(nick: str) -> None:
    span = span_in(nick, ["鱼"])
    assert (span is None) == ("鱼" not in nick)
    assert span is None or nick[span[0] : span[1]] == "鱼"


def test_every_way_has_a_label() -> None:
    assert all(label(way) for way in (*FOUND_BY, *IdentityKind))
    assert label("") == ""


def test_what_was_typed_in_full_fits_better_than_a_beginning_and_that_than_an_inside() -> None:
    keys = " 12 xiaoyu12 xy12 小鱼12= 鱼12 "

    def gain(typed: str, bearers: int = 1) -> float:
        return fit([typed], keys, in_full(bearers))

    assert gain("小鱼12") > gain("小鱼12", bearers=500) > gain("xy12") == EQUAL
    assert gain("小鱼1") > gain("小鱼") > gain("鱼1") - BEGINNING
    assert gain("nobody") == 0.0
    assert in_full(0) == in_full(1) > in_full(2) > in_full(10**6) >= 0.0
