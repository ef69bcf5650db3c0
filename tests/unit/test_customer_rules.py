"""Identities as people and spreadsheets write them, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.errors import Invalid
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.rules import (
    NewCustomer,
    PhoneProblem,
    checked_nick,
    checked_tag,
    likelihood,
    mask_phone,
    normalise_identity,
    normalise_phone,
    problems,
)


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "(+86)138-0013-8000",
        "0086 13800138000",
        "8613800138000",
        "13800138000.0",
        "13800138000.00",
        "13800138000\t",
        "`13800138000",
        "１３８００１３８０００",
        "\u202d13800138000\u202c",
    ],
)
def test_a_phone_is_its_eleven_digits_however_it_is_written(text: str) -> None:
    assert normalise_phone(text) == "13800138000"


@pytest.mark.parametrize(
    "text", ["1.38E+10", "1.38e10", "1.3800138E+10", "1380013800000000", "9" * 18]
)
def test_a_phone_that_a_spreadsheet_damaged_is_not_guessed_at(text: str) -> None:
    with pytest.raises(PhoneProblem) as told:
        normalise_phone(text)
    assert told.value.code == "phone_damaged"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1380013800",
        "138001380001",
        "12800138000",
        "23800138000",
        "abc",
        "1380013800x",
        "+85291234567",
        "13800138000.5",
        "٠١٢٣٤٥٦٧٨٩٠",
    ],
)
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneProblem) as told:
        normalise_phone(text)
    assert told.value.code == "phone_invalid"


@given(st.text(max_size=40))
def test_any_text_is_either_eleven_digits_or_refused(text: str) -> None:
    try:
        phone = normalise_phone(text)
    except PhoneProblem:
        return
    assert len(phone) == 11 and phone.isascii() and phone.isdigit()
    assert normalise_phone(phone) == phone


def test_a_phone_is_masked_in_the_middle() -> None:
    assert mask_phone("13800138000") == "138****8000"
    assert "1234" not in mask_phone("123456")
    assert mask_phone("1234") == "****"


def test_ids_are_compared_without_case_width_and_blanks() -> None:
    wechat = IdentityKind.WECHAT
    assert normalise_identity(wechat, " WXID_Ab-1\u200b ") == "wxid_ab-1"
    assert normalise_identity(wechat, "ｗｘ１") == normalise_identity(wechat, "WX1")
    assert normalise_identity(IdentityKind.QQ, "12345678.0") == "12345678"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (IdentityKind.QQ, "abc"),
        (IdentityKind.QQ, "0123"),
        (IdentityKind.WECHAT, " \u200b "),
        (IdentityKind.DOUYIN, "x" * 201),
        (IdentityKind.PHONE, "1.38E+10"),
    ],
)
def test_an_id_that_can_not_be_one_is_refused_with_its_field(kind: IdentityKind, text: str) -> None:
    with pytest.raises(Invalid) as told:
        normalise_identity(kind, text)
    assert told.value.facts["field"] == kind.label
    assert told.value.facts["expected"]


def test_a_nickname_keeps_what_people_put_into_it() -> None:
    assert checked_nick("  [VIP]老白\u3000🍋 ") == "[VIP]老白 🍋"
    assert checked_nick("a\x00b\ud800") == "ab"
    with pytest.raises(Invalid):
        checked_nick(" \u3000 ")


def test_a_tag_is_a_name_without_its_sign() -> None:
    assert checked_tag(" #大客户 ") == "大客户"
    with pytest.raises(Invalid):
        checked_tag("#")


def test_a_form_hears_of_everything_that_is_wrong_at_once() -> None:
    wrong = NewCustomer(
        nick=" ",
        identities={IdentityKind.PHONE: "123", IdentityKind.WECHAT: "ok"},
        city="x" * 101,
        tags=("#",),
    )
    assert [field for field, _problem in problems(wrong)] == ["nick", "phone", "tags", "city"]
    assert list(problems(NewCustomer(nick="小鱼干", tags=("VIP",)))) == []


def test_whoever_was_heard_of_later_or_orders_more_often_is_likelier() -> None:
    assert likelihood(1, 1) > likelihood(24, 1) > likelihood(24 * 30, 1) > likelihood(None, 0)
    assert likelihood(24, 9) > likelihood(24, 1)
    assert likelihood(1, 1) > likelihood(24 * 60, 300), "frequency does not outweigh two months"
    assert likelihood(-5, 0) == likelihood(0, 0), "a clock that was set back does no harm"
