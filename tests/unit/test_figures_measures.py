"""The measures against a slow reference that says the same in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.money import share_of
from crm_tui.services.figures import measures
from crm_tui.services.figures.load import INSTANT

SCHEMA = {
    "at": INSTANT,
    "customer_id": pl.Int64,
    "companion_id": pl.Int64,
    "minutes": pl.Int64,
    "gross_fen": pl.Int64,
    "tips_fen": pl.Int64,
    "rating": pl.Int64,
    "first_order": pl.Boolean,
}
FIRST, LAST = date(2026, 3, 27), date(2026, 4, 6)
"""Around the last Sunday in March and the first in April, when clocks are put on or back."""
TIP_SHARE = 8000


@dataclass(frozen=True)
class Line:
    at: datetime
    customer_id: int
    companion_id: int | None
    minutes: int
    gross_fen: int
    tips_fen: int
    share_bp: int | None
    rating: int | None
    first_order: bool

    @property
    def companion_fen(self) -> int:
        if self.share_bp is None:
            return 0
        return share_of(self.gross_fen, self.share_bp) + share_of(self.tips_fen, TIP_SHARE)

    @property
    def studio_fen(self) -> int:
        return self.gross_fen + self.tips_fen - self.companion_fen


calendars = st.builds(
    BusinessCalendar,
    st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]
    ).map(ZoneInfo),
    st.sampled_from([time(0), time(6), time(2, 30), time(12)]),
)


@st.composite
def lines_within(draw: st.DrawFn, calendar: BusinessCalendar) -> list[Line]:
    begins, ends = calendar.bounds(FIRST, LAST)
    span = int((ends - begins).total_seconds()) - 1
    made = []
    for _ in range(draw(st.integers(0, 25))):
        served = draw(st.booleans())
        made.append(
            Line(
                at=begins + timedelta(seconds=draw(st.integers(0, span))),
                customer_id=draw(st.integers(1, 5)),
                companion_id=draw(st.integers(1, 3)) if served else None,
                minutes=draw(st.sampled_from([30, 60, 90])),
                gross_fen=draw(st.integers(0, 99_999)),
                tips_fen=draw(st.integers(0, 5_000)),
                share_bp=draw(st.integers(0, 10_000)) if served else None,
                rating=draw(st.none() | st.integers(1, 5)) if served else None,
                first_order=draw(st.booleans()),
            )
        )
    return made


def frame(lines: list[Line]) -> pl.LazyFrame:
    rows = [[getattr(line, name) for name in SCHEMA] for line in lines]
    return pl.LazyFrame(rows, SCHEMA, orient="row")


def book_frame(lines: list[Line], refunds: Sequence[tuple[datetime, int]] = ()) -> pl.LazyFrame:
    """What the ledger says of these orders and refunds."""
    schema = {"at": INSTANT, **dict.fromkeys(measures.BOOKED, pl.Int64)}
    rows = [(line.at, line.tips_fen, line.studio_fen, line.companion_fen, 0) for line in lines] + [
        (at, 0, 0, 0, fen) for at, fen in refunds
    ]
    return pl.LazyFrame(rows, schema, orient="row")


def share_frame(lines: list[Line]) -> pl.LazyFrame:
    earned: Counter[int] = Counter()
    for line in lines:
        if line.companion_id is not None:
            earned[line.companion_id] += line.companion_fen
    schema = {"companion_id": pl.Int64, "share_fen": pl.Int64}
    return pl.LazyFrame(list(earned.items()), schema, orient="row")


def income(lines: list[Line], refunds_fen: int) -> tuple[int, ...]:
    gross = sum(line.gross_fen for line in lines)
    tips = sum(line.tips_fen for line in lines)
    companion = sum(line.companion_fen for line in lines)
    return (
        len(lines),
        gross,
        tips,
        gross + tips - companion,
        companion,
        refunds_fen,
        len({line.customer_id for line in lines}),
        len({line.customer_id for line in lines if line.first_order}),
    )


def days() -> list[date]:
    return [FIRST + timedelta(days=ahead) for ahead in range((LAST - FIRST).days + 1)]


@settings(max_examples=60, deadline=None)
@given(st.data(), calendars)
def test_revenue_by_day_is_what_counting_by_hand_gives(
    data: st.DataObject, calendar: BusinessCalendar
) -> None:
    lines = data.draw(lines_within(calendar))
    refunds = [(line.at, 1 + line.gross_fen // 2) for line in lines[::3]]
    books = book_frame(lines, refunds)
    told = measures.revenue(frame(lines), books, calendar, FIRST, LAST, "day")
    by_hand = [
        (
            day,
            *income(
                [line for line in lines if calendar.day_of(line.at) == day],
                sum(fen for at, fen in refunds if calendar.day_of(at) == day),
            ),
        )
        for day in days()
    ]
    assert told.collect().rows() == by_hand


@settings(max_examples=40, deadline=None)
@given(st.data(), calendars)
def test_hours_and_months_hold_the_same_orders_as_the_days(
    data: st.DataObject, calendar: BusinessCalendar
) -> None:
    lines = data.draw(lines_within(calendar))
    books = book_frame(lines)
    whole = measures.total(frame(lines), books).collect().row(0)
    assert whole == income(lines, 0)
    for step in ("hour", "month"):
        told = measures.revenue(frame(lines), books, calendar, FIRST, LAST, step).collect()
        for name in ("orders", "gross_fen", "tips_fen", "studio_fen", "companion_fen"):
            assert told[name].sum() == whole[measures.REVENUE.index(name)]
        assert told["bucket"].is_sorted()
        assert told["bucket"].is_unique().all()


def test_a_line_falls_into_the_hour_of_the_wall_clock() -> None:
    calendar = BusinessCalendar(ZoneInfo("America/St_Johns"), time(6))
    line = Line(datetime(2026, 4, 1, 12, 10, tzinfo=UTC), 1, None, 60, 100, 0, None, None, True)
    told = measures.revenue(
        frame([line]), book_frame([line]), calendar, date(2026, 4, 1), date(2026, 4, 1), "hour"
    ).collect()
    (at,) = told.filter(pl.col("orders") > 0)["bucket"]
    assert at.isoformat() == "2026-04-01T09:00:00-02:30"
    assert len(told) == 24


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25)])
def test_a_day_on_which_the_clock_changes_has_its_own_number_of_hours(
    day: date, hours: int
) -> None:
    calendar = BusinessCalendar(ZoneInfo("Europe/Berlin"), time(6))
    assert len(measures.buckets(calendar, day, day, "hour")) == hours


def test_the_begun_hours_at_both_ends_of_a_day_have_their_rows() -> None:
    calendar = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(2, 30))
    told = measures.buckets(calendar, date(2026, 9, 1), date(2026, 9, 1), "hour")
    assert [at.hour for at in told] == [*range(2, 24), 0, 1, 2]


def test_a_month_is_a_business_month() -> None:
    calendar = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
    late = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)
    assert calendar.local(late) == datetime(2026, 4, 1, 5, tzinfo=calendar.zone)
    told = measures.revenue(
        frame([Line(late, 1, None, 60, 500, 0, None, None, True)]),
        book_frame([]),
        calendar,
        date(2026, 3, 1),
        date(2026, 4, 30),
        "month",
    )
    rows = told.select("bucket", "gross_fen").collect().rows()
    assert rows == [(date(2026, 3, 1), 500), (date(2026, 4, 1), 0)]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=12))
def test_the_leaderboard_is_what_counting_by_hand_gives(
    data: st.DataObject, offers: list[tuple[int, bool]]
) -> None:
    calendar = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
    lines = data.draw(lines_within(calendar))
    answered = pl.LazyFrame(
        offers, {"companion_id": pl.Int64, "accepted": pl.Boolean}, orient="row"
    )
    board = measures.companions(frame(lines), answered, share_frame(lines))
    told = board.sort("companion_id").collect()
    by_hand = [
        _one_companion(who, lines, offers)
        for who in sorted({line.companion_id for line in lines if line.companion_id})
    ]
    assert told.to_dicts() == [pytest.approx(row, rel=1e-12) for row in by_hand]


def _one_companion(who: int, lines: list[Line], offers: list[tuple[int, bool]]) -> dict[str, Any]:
    own = [line for line in lines if line.companion_id == who]
    ratings = [line.rating for line in own if line.rating is not None]
    together = [
        sum(line.customer_id == customer for line in own)
        for customer in {line.customer_id for line in own}
    ]
    answers = [accepted for companion, accepted in offers if companion == who]
    gross = sum(line.gross_fen for line in own)
    return {
        "companion_id": who,
        "orders": len(own),
        "minutes": sum(line.minutes for line in own),
        "gross_fen": gross,
        "share_fen": sum(line.companion_fen for line in own),
        "tips_fen": sum(line.tips_fen for line in own),
        "rating": sum(ratings) / len(ratings) if ratings else None,
        "ratings": len(ratings),
        "average_fen": int(gross / len(own) + 0.5),
        "repurchase_rate": sum(count >= 2 for count in together) / len(together),
        "acceptance_rate": sum(answers) / len(answers) if answers else None,
    }


@given(
    numerator=st.integers(0, 10**12),
    denominator=st.integers(1, 10**6),
)
@example(numerator=5, denominator=10)
@settings(max_examples=40, deadline=None)
def test_half_up_rounds_as_money_does(numerator: int, denominator: int) -> None:
    both = pl.DataFrame({"n": [numerator], "d": [denominator]})
    told = both.select(measures.half_up(pl.col("n"), pl.col("d"))).item()
    assert told == (numerator * 2 + denominator) // (2 * denominator)


def test_cohorts_count_who_came_back() -> None:
    calendar = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))

    def line(customer: int, month: int) -> Line:
        at = datetime(2026, month, 15, 12, tzinfo=UTC)
        return Line(at, customer, None, 60, 100, 0, None, None, False)

    lines = [line(1, 1), line(1, 1), line(2, 1), line(1, 3), line(3, 3)]
    rows = measures.cohorts(frame(lines), calendar).collect().rows()
    assert rows == [
        (date(2026, 1, 1), 0, 2, 2, 1.0),
        (date(2026, 1, 1), 2, 1, 2, 0.5),
        (date(2026, 3, 1), 0, 1, 1, 1.0),
    ]
