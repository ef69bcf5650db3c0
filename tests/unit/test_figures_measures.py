"""The measures where a calendar or a rule of thumb decides; the rest is held against a slow
reference in ``tests/services/test_figures_reference.py``."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures import measures, measures_anomalies, measures_board, sales
from crm_tui.services.figures import measures_income as income
from crm_tui.services.figures.copy import layout, summing
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import EVER, Period, Step, buckets, same_moment, span_of
from crm_tui.services.figures.scope import Narrowed

SHANGHAI = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
BERLIN = BusinessCalendar(ZoneInfo("Europe/Berlin"), time(6))
MARCH = Period(date(2026, 3, 27), date(2026, 4, 6))
"""Around the last Sunday in March and the first in April, when clocks are put on or back."""

calendars = st.builds(
    BusinessCalendar,
    st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]
    ).map(ZoneInfo),
    st.sampled_from([time(0), time(6), time(2, 30), time(12)]),
)


def frame(calendar: BusinessCalendar, instants: list[datetime]) -> pl.LazyFrame:
    """Orders completed at these instants, of 100 fen each."""
    row = {
        **dict.fromkeys(layout.LINES.schema),
        "customer_id": 1,
        "gross_fen": 100,
        "tips_fen": 0,
        "new": False,
    }
    rows: list[dict[str, Any]] = [
        {**row, "order_id": place, "at": at, "day": calendar.day_of(at)}
        for place, at in enumerate(instants)
    ]
    return pl.LazyFrame(rows, layout.LINES.schema)


def told(
    calendar: BusinessCalendar, at: list[datetime], period: Period, step: Step
) -> pl.DataFrame:
    of = Narrowed(Frames.of({"lines": frame(calendar, at)}))
    sold = sales.sales(of, period, sales.by_step(step, calendar))
    return income.revenue(sold, None, calendar, period, step).collect()


@settings(max_examples=25, deadline=None)
@given(calendars, st.lists(st.floats(0, 0.999999), max_size=20))
def test_every_step_holds_every_order_once(calendar: BusinessCalendar, parts: list[float]) -> None:
    begins, ends = calendar.bounds(MARCH.first, MARCH.last)
    instants = [begins + (ends - begins) * part for part in parts]
    for step in ("day", "hour", "week", "month"):
        rows = told(calendar, instants, MARCH, step)
        assert rows["orders"].sum() == len(instants)
        assert rows["bucket"].is_sorted() and rows["bucket"].is_unique().all()
    days = told(calendar, instants, MARCH, "day")
    for day, orders in days.select("bucket", "orders").iter_rows():
        assert orders == sum(calendar.day_of(at) == day for at in instants)


def test_an_order_falls_into_the_hour_of_the_wall_clock() -> None:
    calendar = BusinessCalendar(ZoneInfo("America/St_Johns"), time(6))
    day = Period(date(2026, 4, 1), date(2026, 4, 1))
    rows = told(calendar, [datetime(2026, 4, 1, 12, 10, tzinfo=UTC)], day, "hour")
    (at,) = rows.filter(pl.col("orders") > 0)["bucket"]
    assert at.isoformat() == "2026-04-01T09:00:00-02:30"
    assert len(rows) == 24


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25)])
def test_a_day_on_which_the_clock_changes_has_its_own_number_of_hours(
    day: date, hours: int
) -> None:
    assert len(buckets(BERLIN, Period(day, day), "hour")) == hours


def test_the_begun_hours_at_both_ends_of_a_day_have_their_rows() -> None:
    calendar = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(2, 30))
    found = buckets(calendar, Period(date(2026, 9, 1), date(2026, 9, 1)), "hour")
    assert [at.hour for at in found] == [*range(2, 24), 0, 1, 2]


def test_weeks_and_months_are_those_of_business_days() -> None:
    late = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)  # 1 April, 05:00: still 31 March
    spring = Period(date(2026, 3, 1), date(2026, 4, 30))
    months = told(SHANGHAI, [late], spring, "month").select("bucket", "gross_fen").rows()
    assert months == [(date(2026, 3, 1), 100), (date(2026, 4, 1), 0)]
    sunday = datetime(2026, 3, 29, 21, tzinfo=UTC)  # Monday before six
    weeks = told(SHANGHAI, [sunday], Period(date(2026, 3, 25), date(2026, 4, 2)), "week")
    assert weeks.select("bucket", "orders").rows() == [
        (date(2026, 3, 23), 1),
        (date(2026, 3, 30), 0),
    ]


def test_the_same_moment_of_another_day_is_one_of_the_wall_clock() -> None:
    noon = datetime(2026, 3, 30, 10, tzinfo=UTC)
    assert BERLIN.local(same_moment(BERLIN, noon, 3)).hour == 12
    assert noon - same_moment(BERLIN, noon, 3) == timedelta(days=3) - timedelta(hours=1)


def test_a_label_says_its_days() -> None:
    month = Period(date(2026, 9, 2), date(2026, 9, 29))
    assert span_of("2026-09", month) == month
    assert span_of("2026-W36", month) == Period(date(2026, 9, 2), date(2026, 9, 6))
    assert span_of("2026-09-05", month) == Period(date(2026, 9, 5), date(2026, 9, 5))
    assert span_of("2026-02", EVER) == Period(date(2026, 2, 1), date(2026, 2, 28))
    with pytest.raises(ValueError, match="nonsense"):
        span_of("nonsense-1", month)


def test_few_votes_say_little() -> None:
    votes: dict[int, list[int | None]] = {1: [5], 2: [5] * 100, 3: [3] * 50, 4: [None]}
    day = date(2026, 9, 21)
    rows = [
        {**dict.fromkeys(layout.SERVED.schema), "companion_id": who, "rating": vote, "day": day}
        for who, given_ in votes.items()
        for vote in given_
    ]
    sums = dict.fromkeys(("customer_id", "minutes", "gross_fen", "tips_fen"), 1)
    served = pl.LazyFrame([{**row, **sums} for row in rows], layout.SERVED.schema)
    tables = {"served": served, "places": summing.places(served.collect()).lazy()}
    placed = sales.places(Narrowed(Frames.of(tables)), EVER)
    board = measures_board.leaderboard(placed, None, None).collect()
    fair = dict(board.select("companion_id", "fair_rating").iter_rows())
    assert fair[4] is None
    assert fair[2] > fair[1] > fair[3]
    mean = (5 + 500 + 150) / 151
    assert fair[1] == pytest.approx((5 * mean + 5) / 6)


def test_a_day_unlike_its_weekday_is_told_once_there_is_enough_to_compare_it_with() -> None:
    def day(back: int, orders: int) -> tuple[date, dict[str, int]]:
        values = {"orders": orders, "gross_fen": orders * 100, "customers": 9, "new_customers": 0}
        return date(2026, 9, 21) - timedelta(weeks=back), values

    usual = dict(day(back, 20 + back % 3) for back in range(1, 9))
    quiet = measures_anomalies.anomalies(dict([*usual.items(), day(0, 25)]), [date(2026, 9, 21)])
    assert quiet == []
    high, other = measures_anomalies.anomalies(
        dict([*usual.items(), day(0, 60)]), [date(2026, 9, 21)]
    )
    assert {high.measure, other.measure} == {"orders", "gross_fen"}
    assert high.high and high.score > measures_anomalies.UNLIKE
    (low, _) = measures_anomalies.anomalies(usual, [date(2026, 9, 21)])[:2]
    assert not low.high
    young = dict(day(back, 20) for back in (0, 1, 2, 3))
    assert measures_anomalies.anomalies(young, [date(2026, 9, 21)]) == []


@given(numerator=st.integers(0, 10**12), denominator=st.integers(1, 10**6))
@example(numerator=5, denominator=10)
@settings(max_examples=30, deadline=None)
def test_half_up_rounds_as_money_does(numerator: int, denominator: int) -> None:
    both = pl.DataFrame({"n": [numerator], "d": [denominator]})
    found = both.select(measures.half_up(pl.col("n"), pl.col("d"))).item()
    assert found == (numerator * 2 + denominator) // (2 * denominator)
