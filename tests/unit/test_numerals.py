"""Chinese numerals, as people write small numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.numerals import digits, number
from crm_tui.services.imports.times import minutes, rounds


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("两", 2),
        ("俩", 2),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十五", 25),
        ("九十", 90),
        ("一百", 100),
        ("一百二", 120),
        ("一百零五", 105),
        ("三百六十五", 365),
        ("二一", 21),
        ("零", 0),
    ],
)
def test_numerals_are_numbers(written: str, means: int) -> None:
    assert number(written) == means


def spelled(value: int) -> str:
    """``value`` below a thousand as it is written in full."""
    names = "零一二三四五六七八九"
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    text = f"{names[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{names[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (names[ones] if ones or not text else "")


@given(st.integers(0, 999))
def test_every_number_below_a_thousand(value: int) -> None:
    assert number(spelled(value)) == value
    assert digits(f"约{spelled(value)}个") == f"约{value}个"


def test_durations_and_rounds_of_spreadsheets_use_them() -> None:
    assert minutes("二十分钟") == 20
    assert minutes("一百二十分钟") == 120
    assert minutes("两个半小时") == 150
    assert rounds("十二局") == 12
