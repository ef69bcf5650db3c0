"""What a typed target means, how far a goal is, and when a schedule falls due."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.words import Cadence
from crm_tui.services.figures import catalogue, goal_rules, schedule_rules
from crm_tui.services.figures.catalogue import MEASURES
from crm_tui.services.figures.goal_rules import progress, target_from
from crm_tui.services.figures.schedule_rules import Timetable

SHANGHAI = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
BERLIN = BusinessCalendar(ZoneInfo("Europe/Berlin"), time(6))


@pytest.mark.parametrize("module", [catalogue, goal_rules, schedule_rules])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "typed", "baseline", "meant"),
    [
        ("ltv_fen", "+15%", 40_000, 46_000),
        ("gross_fen", "20万", None, 20_000_000),
        ("gross_fen", "1,200.50元", None, 120_050),
        ("cycle_days", "30", 45, 30),
        ("cycle_days", "-15", 45, 30),
        ("satisfied_rate", "+10", 0.8, 0.9),
        ("satisfied_rate", "90%", None, 0.9),
        ("satisfied_rate", "90", None, 0.9),
        ("minutes", "100", None, 6_000),
        ("rating", "4.8", None, 4.8),
    ],
)
def test_a_target_is_typed_as_people_say_it(
    measure: str, typed: str, baseline: float | None, meant: float
) -> None:
    assert target_from(typed, MEASURES[measure], baseline) == pytest.approx(meant)


@pytest.mark.parametrize(
    ("measure", "typed", "baseline"),
    [
        ("ltv_fen", "+15%", None),
        ("orders", "60%", None),
        ("satisfied_rate", "120%", None),
        ("rating", "6", None),
        ("orders", "-5", 3),
        ("orders", "many", None),
        ("orders", "0", None),
    ],
)
def test_a_target_that_can_not_be_is_refused(
    measure: str, typed: str, baseline: float | None
) -> None:
    with pytest.raises(ValueError):
        target_from(typed, MEASURES[measure], baseline)


@pytest.mark.parametrize(
    ("measure", "baseline", "target", "actual", "gone"),
    [
        ("gross_fen", 100, 200, 150, 0.75),
        ("cycle_days", 45, 30, 36, 0.6),
        ("cycle_days", 45, 30, 48, -0.2),
        ("satisfied_rate", 0.8, 0.9, 0.95, 1.5),
        ("rating", None, 5, 4, 0.8),
        ("rating", None, 5, None, None),
        ("cycle_days", None, 30, 60, 0.5),
    ],
)
def test_what_adds_up_begins_with_nothing_and_what_stands_begins_at_the_baseline(
    measure: str, baseline: float | None, target: float, actual: float | None, gone: float | None
) -> None:
    assert progress(MEASURES[measure], baseline, target, actual) == pytest.approx(gone)


@pytest.mark.parametrize(
    ("timetable", "calendar", "now", "latest", "following"),
    [
        # Monthly on the 31st: a shorter month's last day stands for it.
        (
            Timetable(Cadence.MONTHLY, 31, time(9)),
            SHANGHAI,
            "2026-03-01T00:00",
            "2026-02-28T01:00",
            "2026-03-31T01:00",
        ),
        # Weekly on Mondays: at the moment itself it is due, and the next is a week later.
        (
            Timetable(Cadence.WEEKLY, 1, time(9)),
            SHANGHAI,
            "2026-09-21T01:00",
            "2026-09-21T01:00",
            "2026-09-28T01:00",
        ),
        # Daily where the clock goes back an hour: at the first 02:30 only.
        (
            Timetable(Cadence.DAILY, 0, time(2, 30)),
            BERLIN,
            "2026-10-25T01:00",
            "2026-10-25T00:30",
            "2026-10-26T01:30",
        ),
    ],
)
def test_a_schedule_falls_due_by_the_wall_clock(
    timetable: Timetable, calendar: BusinessCalendar, now: str, latest: str, following: str
) -> None:
    at, last, then = (
        datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, latest, following)
    )
    assert timetable.latest(at, calendar) == last
    assert timetable.following(at, calendar) == then
