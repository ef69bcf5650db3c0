"""What custom fields accept, and how their values are kept and shown."""

from __future__ import annotations

import pytest

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.services.fields.rules import KINDS, Definition, apply, parse, shown


@pytest.mark.parametrize(
    ("kind", "text", "value", "seen"),
    [
        ("text", "  只要  女陪 ", "只要 女陪", "只要 女陪"),
        ("integer", "12", 12, "12"),
        ("decimal", "1.50", "1.50", "1.50"),
        ("money", "￥1,200", 120000, "1,200.00"),
        ("date", "2026/09/21", "2026-09-21", "2026-09-21"),
        ("switch", "是", True, "yes"),
        ("switch", "off", False, "no"),
        ("choice", "青叔", "青叔", "青叔"),
        ("integer", " ", None, ""),
    ],
)
def test_a_text_becomes_the_stored_value(kind: str, text: str, value: object, seen: str) -> None:
    definition = Definition("f", "字段", kind, options={"choices": ["少年", "青叔"]})
    assert parse(definition, text) == value
    (field,) = shown([definition], apply([definition], {}, {"f": text}))
    assert (field.value, field.shown) == (value, seen)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("text", "x" * 2001), ("integer", "1.5"), ("integer", "9" * 16), ("decimal", "NaN"),
     ("decimal", "a"), ("money", "1.005"), ("date", "soon"), ("switch", "maybe"),
     ("choice", "大叔")],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_refused_by_name(kind: str, text: str) -> None:
    definition = Definition("f", "字段", kind, options={"choices": ["少年"]})
    with pytest.raises(Invalid) as told:
        parse(definition, text)
    assert told.value.facts["field"] == "字段"


def test_a_required_field_can_not_be_emptied_and_an_unknown_one_not_be_set() -> None:
    needed = Definition("f", "字段", "text", required=True)
    with pytest.raises(Invalid):
        apply([needed], {"f": "x"}, {"f": " "})
    with pytest.raises(NotFound):
        apply([needed], {}, {"g": "x"})
    assert apply([Definition("f", "字段", "text")], {"f": "x", "old": 1}, {"f": ""}) == {"old": 1}


def test_every_kind_says_what_it_expects() -> None:
    assert all(expected for _read, expected in KINDS.values())
