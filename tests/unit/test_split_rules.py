"""The split of an order: which share holds, what is rounded how, what is missing to the next."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.errors import Invalid
from crm_tui.core.language import set_language, translated
from crm_tui.core.words import OrderKind
from crm_tui.services.money.splits.definition import as_data, decoded, levels_in, parse
from crm_tui.services.money.splits.notation import (
    exceptions_from,
    exceptions_text,
    scale_from,
    scale_text,
    share_from,
)
from crm_tui.services.money.splits.rules import (
    NextStep,
    Price,
    Scale,
    SplitInput,
    SplitLine,
    SplitRule,
    Step,
    split,
    studio_fen,
    tenure_months,
)
from crm_tui.services.money.splits.words import (
    Circumstance,
    explanation,
    next_step,
    rule_in_words,
)
from crm_tui.services.orders.billing import apportion

STEPS = [
    {"from_fen": 0, "share_bp": 5000},
    {"from_fen": 520_000, "share_bp": 6000},
    {"from_fen": 1_000_000, "share_bp": 7000, "tenure_months": 6},
]
"""As DOMAIN tells it: below 5200 yuan 50 %, below 10000 60 %, then 70 % after six months."""
SEPTEMBER = date(2026, 9, 1)


def asked(**facts: Any) -> SplitInput:
    known: dict[str, Any] = {
        "paid_fen": 9000,
        "list_fen": 9000,
        "kind": OrderKind.COMPANION,
        "level": "",
        "agreed_bp": 0,
        "turnover_fen": 0,
        "tenure_months": 0,
    }
    return SplitInput(**(known | facts))


@pytest.mark.parametrize(
    ("turnover", "tenure", "share", "step"),
    [
        (0, 0, 5000, 1),
        (519_999, 99, 5000, 1),
        (520_000, 0, 6000, 2),
        (999_999, 99, 6000, 2),
        (1_000_000, 5, 6000, 2),
        (1_000_000, 6, 7000, 3),
        (9_000_000, 7, 7000, 3),
    ],
)
def test_the_step_is_that_of_the_turnover_before_the_order_if_the_tenure_is_there(
    turnover: int, tenure: int, share: int, step: int
) -> None:
    line = split(
        parse({"share": STEPS}), asked(turnover_fen=turnover, tenure_months=tenure, agreed_bp=1)
    )
    assert (line.share_bp, line.step, line.base_fen) == (share, step, 9000)
    assert line.companion_fen == 9000 * share // 10_000
    assert not line.agreed


def test_what_is_missing_to_the_next_step() -> None:
    rule = parse({"share": STEPS})
    assert split(rule, asked(turnover_fen=500_000)).next == NextStep(2, 6000, 20_000, 0)
    assert split(rule, asked(turnover_fen=520_000, tenure_months=4)).next == NextStep(
        3, 7000, 480_000, 2
    )
    assert split(rule, asked(turnover_fen=1_200_000, tenure_months=5)).next == NextStep(
        3, 7000, 0, 1
    )
    assert split(rule, asked(turnover_fen=1_200_000, tenure_months=6)).next is None


def test_an_order_that_crosses_a_step_counts_whole_at_the_step_before() -> None:
    line = split(parse({"share": STEPS}), asked(paid_fen=600_000, turnover_fen=519_999))
    assert (line.share_bp, line.companion_fen) == (5000, 300_000)


def test_level_and_kind_decide_which_scale_holds() -> None:
    rule = parse(
        {
            "share": 5000,
            "levels": {"god": 8000, "tech": "agreed"},
            "kinds": {"trial": 4000, "escort": {"share": "agreed", "levels": {"god": STEPS}}},
        }
    )

    def share(kind: OrderKind, level: str) -> tuple[int, bool, int]:
        line = split(rule, asked(kind=kind, level=level, agreed_bp=7777))
        return line.share_bp, line.agreed, line.step

    assert share(OrderKind.COMPANION, "") == (5000, False, 0)
    assert share(OrderKind.COMPANION, "god") == (8000, False, 0)
    assert share(OrderKind.COMPANION, "tech") == (7777, True, 0)
    assert share(OrderKind.TRIAL, "god") == (4000, False, 0)
    assert share(OrderKind.ESCORT, "") == (7777, True, 0)
    assert share(OrderKind.ESCORT, "god") == (5000, False, 1)
    assert rule.climbs and levels_in(rule) == {"god", "tech"}
    assert not parse({"share": 5000, "levels": {"god": 8000}}).climbs
    assert not parse({"share": [STEPS[0]]}).climbs
    assert parse({"share": STEPS[:2]}).climbs
    assert parse({"levels": {"god": STEPS}}).climbs


def test_the_rule_without_a_word_is_the_agreed_share_of_the_price_paid() -> None:
    assert parse({}) == SplitRule()
    line = split(SplitRule(), asked(paid_fen=4500, list_fen=5000, agreed_bp=8000))
    assert line == SplitLine(4500, 8000, 3600, agreed=True)


@pytest.mark.parametrize(
    ("price", "paid", "listed", "base"),
    [
        (Price.PAID, 9000, 10_000, 9000),
        (Price.LIST, 9000, 10_000, 10_000),
        (Price.LIST, 11_000, 10_000, 11_000),
    ],
)
def test_list_price_lets_the_studio_bear_the_discount(
    price: Price, paid: int, listed: int, base: int
) -> None:
    rule = parse({"share": 9500, "price": price.value})
    line = split(rule, asked(paid_fen=paid, list_fen=listed))
    assert (line.base_fen, line.companion_fen) == (base, base * 95 // 100)
    assert studio_fen(paid, [line]) == paid - base * 95 // 100


@pytest.mark.parametrize(("base", "share", "fen"), [(1, 5000, 1), (3, 5000, 2), (1, 4999, 0)])
def test_a_line_is_rounded_half_up(base: int, share: int, fen: int) -> None:
    assert split(parse({"share": share}), asked(paid_fen=base)).companion_fen == fen


shares = st.integers(0, 10_000)
scales = st.one_of(
    st.just("agreed"),
    shares,
    st.tuples(shares, shares, shares).map(
        lambda three: [
            {"from_fen": place * 7_777, "share_bp": share, "tenure_months": place}
            for place, share in enumerate(sorted(three))
        ]
    ),
)
definitions = st.fixed_dictionaries(
    {
        "price": st.sampled_from(["paid", "list"]),
        "share": scales,
        "levels": st.dictionaries(st.sampled_from(["god", "tech"]), scales),
        "kinds": st.dictionaries(st.sampled_from(["trial", "escort"]), scales),
        "tip_share_bp": st.none() | shares,
    }
)


@given(
    definitions,
    st.integers(0, 10**9),
    st.lists(st.tuples(st.integers(0, 9999), shares, st.integers(0, 30_000)), max_size=5),
    st.sampled_from(OrderKind),
    st.sampled_from(["", "god"]),
)
def test_the_lines_always_add_up_and_the_rule_survives_its_json(
    data: dict[str, Any],
    amount: int,
    served: list[tuple[int, int, int]],
    kind: OrderKind,
    level: str,
) -> None:
    rule = parse(data)
    assert parse(as_data(rule)) == rule
    parts = apportion(amount, [seconds for seconds, _bp, _done in served]) if served else []
    lines = [
        split(rule, SplitInput(part, part + 100, kind, level, agreed, done, done % 4))
        for part, (_seconds, agreed, done) in zip(parts, served, strict=True)
    ]
    assert sum(line.companion_fen for line in lines) + studio_fen(amount, lines) == amount
    for line in lines:
        assert abs(line.companion_fen * 10_000 - line.base_fen * line.share_bp) <= 5_000
    if rule.price is Price.PAID:
        assert 0 <= studio_fen(amount, lines) <= amount


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "Split rule"),
        ({"shares": 5000}, "shares"),
        ({"price": "net"}, "price"),
        ({"tip_share_bp": 10_001}, "tip_share_bp"),
        ({"tip_share_bp": "80%"}, "tip_share_bp"),
        ({"share": -1}, "share"),
        ({"share": 10_001}, "share"),
        ({"share": True}, "share"),
        ({"share": 80.5}, "share"),
        ({"share": []}, "share"),
        ({"share": [STEPS[0]] * 21}, "share"),
        ({"share": [5000]}, "share[0]"),
        ({"share": STEPS[1:]}, "share[0]"),
        ({"share": [STEPS[0] | {"tenure_months": 1}]}, "share[0]"),
        ({"share": [STEPS[0], STEPS[0]]}, "share[1].from_fen"),
        ({"share": [STEPS[0], STEPS[1], STEPS[2] | {"share_bp": 5999}]}, "share[2].share_bp"),
        (
            {"share": [STEPS[0], STEPS[2], {"from_fen": 2_000_000, "share_bp": 7500}]},
            "share[2].tenure_months",
        ),
        ({"share": [{"share_bp": 1}]}, "share[0].from_fen"),
        ({"share": [{"from_fen": 0}]}, "share[0].share_bp"),
        ({"share": [STEPS[0] | {"until": 1}]}, "share[0].until"),
        ({"share": [STEPS[0], {"from_fen": 10**13 + 1, "share_bp": 9000}]}, "share[1].from_fen"),
        ({"share": [STEPS[0] | {"tenure_months": 601}]}, "share[0].tenure_months"),
        ({"share": [STEPS[0] | {"share_bp": 10_001}]}, "share[0].share_bp"),
        ({"levels": 5}, "levels"),
        ({"levels": {"god": "most"}}, "levels.god"),
        ({"kinds": {"picnic": 5000}}, "kinds.picnic"),
        ({"kinds": []}, "kinds"),
        ({"kinds": {"trial": {"price": "list"}}}, "kinds.trial.price"),
        ({"kinds": {"trial": {"levels": {"god": [1]}}}}, "kinds.trial.levels.god[0]"),
    ],
)
def test_what_is_wrong_in_a_definition_is_named_where_it_stands(data: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(data)
    assert refused.value.facts["field"] == field
    assert refused.value.facts["expected"]


@pytest.mark.parametrize("share", ["most", True, 80.5])
def test_what_a_share_can_be_is_said_where_it_is_something_else(share: object) -> None:
    with pytest.raises(Invalid, match="basis points, “agreed”, or a list of steps"):
        parse({"share": share})


def test_the_edges_of_a_definition_are_accepted() -> None:
    most = [{"from_fen": place, "share_bp": 10_000} for place in range(20)]
    most[-1] |= {"from_fen": 10**13, "tenure_months": 600}
    rule = parse({"share": most, "levels": {"god": 0}, "tip_share_bp": 0})
    assert rule.scheme.scale.steps[-1] == Step(10**13, 10_000, 600)
    assert rule.scheme.levels["god"] == Scale((Step(0, 0),))
    assert (rule.tip_share_bp, rule.price) == (0, Price.PAID)
    assert parse({"tip_share_bp": 10_000}).tip_share_bp == 10_000


@pytest.mark.parametrize(
    ("since", "day", "months"),
    [
        (date(2026, 3, 21), date(2026, 9, 20), 5),
        (date(2026, 3, 21), date(2026, 9, 21), 6),
        (date(2025, 12, 31), date(2026, 2, 27), 1),
        (date(2025, 12, 31), date(2026, 2, 28), 2),
        (date(2025, 11, 15), date(2026, 11, 15), 12),
        (date(2026, 11, 30), date(2026, 12, 31), 1),
        (date(2026, 11, 30), date(2026, 12, 29), 0),
        (date(2026, 10, 31), date(2026, 12, 30), 1),
        (date(2026, 9, 21), date(2026, 8, 1), 0),
    ],
)
def test_tenure_is_counted_in_whole_months(since: date, day: date, months: int) -> None:
    assert tenure_months(since, day) == months


def test_the_line_explains_itself_in_both_languages() -> None:
    line = split(
        parse({"levels": {"god": [STEPS[0], {"from_fen": 520_000, "share_bp": 8000}, {
            "from_fen": 1_000_000, "share_bp": 8500, "tenure_months": 6}]}}),
        given := asked(level="god", turnover_fen=534_000, tenure_months=6),
    )  # fmt: skip
    around = Circumstance("大神", SEPTEMBER, 9000)

    def chinese(message: str) -> str:
        return translated(message, "zh")

    assert explanation(line, given, around, chinese) == (
        "净额 90.00 × 80 %（大神，9月已做 5,340 元，第2档）= 72.00"
    )
    assert explanation(line, given, around) == (
        "net 90.00 × 80% (大神; ¥5,340 done in month 9; step 2) = 72.00"
    )
    assert next_step(line) == "then ¥4,570 to step 3: 85%"
    set_language("zh")
    assert next_step(line) == "再做 4,570 元到第3档：85 %"


def test_the_explanation_says_what_is_out_of_the_ordinary() -> None:
    rule = parse({"price": "list", "kinds": {"trial": STEPS}})
    given = asked(
        paid_fen=4000, list_fen=5000, kind=OrderKind.TRIAL, turnover_fen=1_000_050, tenure_months=4
    )
    line = split(rule, given)
    assert explanation(line, given, Circumstance("", SEPTEMBER, 8000, by_kind=True)) == (
        "list price 50.00 × 60% (part of ¥80.00; Trial; ¥10,000.50 done in month 9; step 2; "
        "step 3 after 2 more months) = 30.00"
    )
    assert next_step(line) == "then 2 months of tenure to step 3: 70%"
    agreed = split(SplitRule(), asked(agreed_bp=6250))
    assert explanation(agreed, asked(), Circumstance("", SEPTEMBER, 9000)) == (
        "net 90.00 × 62.5% (agreed share) = 56.25"
    )
    flat = split(parse({"share": 5000}), asked())
    assert explanation(flat, asked(), Circumstance("", SEPTEMBER, 9000)) == (
        "net 90.00 × 50% (for all) = 45.00"
    )
    assert next_step(flat) == ""
    crossing = split(parse({"share": STEPS}), asked(turnover_fen=519_000))
    assert next_step(crossing) == "from the next order on step 2: 60%"
    both = split(parse({"share": STEPS}), asked(turnover_fen=520_000))
    assert next_step(both) == "then ¥4,710 and 6 months of tenure to step 3: 70%"


@given(definitions)
def test_a_rule_survives_being_typed(data: dict[str, Any]) -> None:
    rule = parse(data | {"price": "paid", "tip_share_bp": None})
    typed = {
        "share": scale_from(scale_text(rule.scheme.scale)),
        **exceptions_from(exceptions_text(rule, {})),
    }
    assert parse(typed) == rule


def test_a_scale_is_typed_as_studios_write_it() -> None:
    assert parse({"share": scale_from("50%, 5200：60％，10,000.50:70%／6")}).scheme.scale.steps == (
        Step(0, 5000),
        Step(520_000, 6000),
        Step(1_000_050, 7000, 6),
    )
    assert exceptions_from("大神 = 62.5; 护航/魔王=约定分成； Trial=50% 100:60%") == {
        "levels": {"大神": 6250},
        "kinds": {
            "escort": {"levels": {"魔王": "agreed"}},
            "trial": {"share": [{"from_fen": 0, "share_bp": 5000},
                                {"from_fen": 10_000, "share_bp": 6000}]},
        },
    }  # fmt: skip
    assert exceptions_from(" ") == {"levels": {}, "kinds": {}}
    nested = parse({"kinds": {"escort": {"share": 7000, "levels": {"devil": STEPS}}}})
    set_language("zh")
    assert exceptions_text(nested, {"devil": "魔王"}, "约定") == (
        "护航=70%; 护航/魔王=50% 5200:60% 10000:70%/6"
    )
    assert share_from("80％") == share_from("80") == 8000
    for wrong in ("", "80%%", "most", "50% x:60%", "50% 5200:60%/soon"):
        with pytest.raises(ValueError):
            scale_from(wrong)
    for wrong in ("god", "god/devil=80%", "=80%"):
        with pytest.raises(ValueError):
            exceptions_from(wrong)


def test_a_rule_is_told_in_words() -> None:
    rule = parse({"price": "list", "tip_share_bp": 9000, "share": STEPS, "levels": {"god": 8000},
                  "kinds": {"trial": {"levels": {"god": 5000, "tech": "agreed"}}}})  # fmt: skip
    assert rule_in_words(rule, {"god": "大神"}) == [
        "all orders: from ¥0 50%, from ¥5,200 60%, from ¥10,000 70% after 6 months",
        "all orders, 大神: 80%",
        "Trial: agreed share",
        "Trial, 大神: 50%",
        "Trial, tech: agreed share",
        "shares are of the list price: the studio bears discounts",
        "tips: 90%",
    ]
    assert rule_in_words(SplitRule(), {})[1:] == [
        "shares are of the price paid",
        "tips: as the setting says",
    ]


def test_a_definition_that_is_no_json_says_where_it_breaks_off() -> None:
    assert decoded('{"share": 8000}') == {"share": 8000}
    with pytest.raises(Invalid, match="line 2, column 11"):
        decoded('{"price": "paid",\n "share": }')
