"""What a customer is found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import (
    LAST,
    LONGEST_KEY,
    WHOLE,
    forms_of,
    join_keys,
    keys_for,
    name_keys,
    split_keys,
    words_of,
)

PHONE = (IdentityKind.PHONE, "13800138000")
WECHAT = (IdentityKind.WECHAT, "wxid_ab-1c")


def finds(typed: str, keys: set[str]) -> bool:
    """Whether a prefix scan for what was typed comes upon one of the keys."""
    return any(form <= key < form + LAST for form in forms_of(typed) for key in keys)


@pytest.mark.parametrize(
    "typed",
    ["小", "小鱼", "鱼干", "干12", "12", "小鱼干12", "XIAOYUGAN", "xyg", "xyg12", "xiaoyu", "解晓",
     "晓东", "xxd", "jxd", "xiexiaodong", "jiexiao", "1380", "13800138000", "8000", "wxid_ab",
     "WXID_AB-1C", "ab-1", "C000012", "c0000", "vip", "#VIP", "ＶＩＰ", "小・鱼"],
)  # fmt: skip
def test_a_customer_is_found_by(typed: str) -> None:
    keys = keys_for("小鱼干12", "解晓东", "C000012", [PHONE, WECHAT], ["VIP"])
    assert finds(typed, keys)


@pytest.mark.parametrize("typed", ["大鱼", "yg", "0013", "b-1", "000012", "晓鱼"])
def test_and_not_by(typed: str) -> None:
    assert not finds(typed, keys_for("小鱼干12", "解晓东", "C000012", [PHONE, WECHAT], ["VIP"]))


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("曾小贤", ("zengxiaoxian", "cengxiaoxian", "zxx", "cxx")),
        ("单雄信", ("shanxiongxin", "danxiongxin", "sxx", "dxx")),
        ("解珍", ("xiezhen", "jiezhen", "xz", "jz")),
        ("仇英", ("qiuying", "chouying")),
        ("查良镛", ("zhaliangyong", "chaliangyong")),
        ("翟天临", ("zhaitianlin", "ditianlin")),
        ("覃辉", ("qinhui", "tanhui")),
        ("朴树", ("piaoshu", "pushu")),
        ("缪杰", ("miaojie", "moujie")),
        ("区建", ("oujian", "qujian")),
        ("盖聂", ("genie", "gainie")),
        ("乐毅", ("yueyi", "leyi")),
        ("老曾", ("laozeng", "laoceng", "lz", "lc")),
        ("单于", ("chanyu", "cy")),
        ("尉迟恭", ("yuchigong", "weichigong")),
        ("长安", ("changan", "zhangan")),
        ("快乐", ("kuaile", "kuaiyue")),
        ("VIP小鱼", ("xiaoyu", "xy")),
    ],
)
def test_both_readings_find(name: str, readings: tuple[str, ...]) -> None:
    assert set(readings) <= name_keys(name)


def test_what_is_whole_is_marked() -> None:
    keys = keys_for("Lucky Star", "", "C000001", [PHONE, WECHAT])
    whole = {"luckystar", "c000001", "13800138000", "wxid_ab-1c", "ab-1c"}
    assert {key.removesuffix(WHOLE) for key in keys if key.endswith(WHOLE)} == whole


def test_a_name_of_symbols_alone_is_found_by_them() -> None:
    assert finds("★★", name_keys("★★")) and finds("🍋", name_keys("🍋"))
    assert name_keys(" \u3000") == set()


def test_about_a_dozen_keys() -> None:
    keys = keys_for("小鱼干12", "陈晓东", "C000012", [PHONE, WECHAT], ["VIP"])
    assert 10 <= len(keys) <= 18
    assert len(keys_for("x" * 10_000)) <= 16


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_keys_are_bounded_and_survive_being_joined(nick: str, name: str, identity: str) -> None:
    keys = keys_for(nick, name, "C1", [(IdentityKind.DOUYIN, identity)], [name])
    assert all(0 < len(key) <= LONGEST_KEY + len(WHOLE) for key in keys)
    assert len(keys) < 70
    assert set(split_keys(join_keys(keys))) == keys


@given(st.text(alphabet="小鱼干曾单abcXYZ019_-[]★🍋 ", min_size=1, max_size=12))
def test_a_nickname_is_found_by_what_is_typed_of_it(nick: str) -> None:
    keys = name_keys(nick)
    for end in range(1, len(nick) + 1):
        typed = [word for word in words_of(nick[:end]) if any(map(str.isalnum, word))]
        assert all(finds(word, keys) for word in typed[:1])


def test_words_of_what_is_typed() -> None:
    assert words_of("  小鱼　干  小鱼 ") == ["小鱼", "干"]
    assert words_of("138 0013 8000") == ["13800138000"]
    assert words_of("+86 138-0013-8000") == ["13800138000"]
    assert words_of("138****8000") == ["138", "8000"]
    assert words_of(" *, ") == []
    assert len(words_of("a b c d e f g h")) == 6
