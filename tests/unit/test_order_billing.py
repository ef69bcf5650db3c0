"""Measured time, the rounding rules in use, amounts and shares."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.settings import ROUNDING_RULES
from crm_tui.services.orders.billing import (
    RoundingRule,
    amount_fen,
    apportion,
    margin,
    served_time,
    served_together,
    whole_minutes,
)

SHIPPED = json.loads(files("crm_tui").joinpath("data/rounding.json").read_text("utf-8"))
RULES = {name: RoundingRule.from_data(name, data) for name, data in SHIPPED.items()}
NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)

seconds = st.integers(0, 48 * 3600).map(lambda count: timedelta(seconds=count))


@pytest.mark.parametrize(
    ("rule", "served", "billed"),
    [
        ("half_hour_15_45", "0:00:00", 0),
        ("half_hour_15_45", "0:14:59", 0),
        ("half_hour_15_45", "0:15:00", 30),
        ("half_hour_15_45", "0:45:00", 30),
        ("half_hour_15_45", "0:45:01", 60),
        ("half_hour_15_45", "1:00:00", 60),
        ("half_hour_15_45", "2:14:00", 120),
        ("half_hour_15_45", "2:16:00", 150),
        ("half_hour_15_45", "2:46:00", 180),
        ("half_hour_over_15", "0:15:00", 0),
        ("half_hour_over_15", "0:15:01", 30),
        ("half_hour_over_15", "0:45:00", 30),
        ("half_hour_over_15", "0:50:00", 60),
        ("half_hour_over_15", "1:10:00", 60),
        ("by_minute", "0:48:59", 48),
        ("by_minute", "1:01:00", 61),
    ],
)
def test_the_rounding_rules_studios_use(rule: str, served: str, billed: int) -> None:
    hours, minutes, secs = (int(part) for part in served.split(":"))
    time = timedelta(hours=hours, minutes=minutes, seconds=secs)
    assert RULES[rule].billable_minutes(time) == billed


@given(st.sampled_from(sorted(RULES)), seconds, seconds)
def test_more_time_never_bills_less_and_whole_units_bill_as_they_are(
    name: str, one: timedelta, other: timedelta
) -> None:
    rule = RULES[name]
    less, more = sorted((one, other))
    assert rule.billable_minutes(less) <= rule.billable_minutes(more)
    assert abs(rule.billable_minutes(more) - more / timedelta(minutes=1)) <= 15 + 15


def test_negative_time_bills_nothing() -> None:
    assert RULES["half_hour_15_45"].billable_minutes(timedelta(minutes=-40)) == 0


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": 1, "unit": 60, "bands": [{"counts": 0}], "rest": 60},
        {"version": 1, "unit": 0, "bands": [], "rest": 0},
        {"version": 1, "unit": 60, "bands": [{"below": 15, "counts": 30}], "rest": 0},
        {"version": 1, "unit": 30, "bands": [], "rest": 60},
        {"version": 1, "unit": 30, "bands": 5, "rest": 30},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        RoundingRule.from_data("odd", data)


def test_served_time_adds_the_stretches_and_runs_on_in_the_open_one() -> None:
    stretches = [
        (NOW - timedelta(minutes=50), NOW - timedelta(minutes=20)),
        (NOW - timedelta(minutes=5, seconds=30), None),
    ]
    assert served_time(stretches, NOW) == timedelta(minutes=35, seconds=30)
    assert whole_minutes(served_time(stretches, NOW)) == 35


@pytest.mark.parametrize(
    ("rate", "minutes", "fen"),
    [
        (4500, 60, 4500),
        (4500, 90, 6750),
        (3333, 30, 1667),
        (101, 30, 51),
        (100, 20, 33),
        (0, 60, 0),
    ],
)
def test_amounts_are_rounded_half_up(rate: int, minutes: int, fen: int) -> None:
    assert amount_fen(rate, minutes) == fen


def test_every_rule_that_can_be_set_is_shipped() -> None:
    assert set(SHIPPED) == set(ROUNDING_RULES)


@given(
    amount=st.integers(0, 10_000_000),
    weights=st.lists(st.integers(0, 100_000), min_size=1, max_size=10),
)
def test_the_parts_of_an_amount_add_up_and_are_off_by_less_than_a_fen(
    amount: int, weights: list[int]
) -> None:
    parts = apportion(amount, weights)
    assert sum(parts) == amount
    total = sum(weights) or len(weights)
    fair = [weight if sum(weights) else 1 for weight in weights]
    pairs = zip(parts, fair, strict=True)
    assert all(abs(part * total - amount * weight) < total for part, weight in pairs)


def test_the_price_of_places_and_what_is_left_to_the_studio() -> None:
    assert amount_fen(4500, 50, places=3) == 3750 * 3
    assert margin(2500) == "studio: ¥25.00"
    assert margin(-120) == "the studio loses ¥1.20"


def test_who_serve_together_count_once_and_who_follow_each_other_add_up() -> None:
    begin = datetime(2026, 9, 21, 15, tzinfo=UTC)

    def at(minutes: int) -> datetime:
        return begin + timedelta(minutes=minutes)

    stretches = [(1, at(0), at(30)), (2, at(0), at(20)), (2, at(20), None)]
    assert served_together(stretches, at(45)) == timedelta(minutes=45)
    assert served_together([], at(0)) == timedelta(0)
