"""Business hours across midnight and DST, and when each clock of an order runs out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crm_tui.core.hours import BusinessHours, parse_hours
from crm_tui.core.words import AlarmKind as K
from crm_tui.core.words import OrderStatus as S
from crm_tui.services.clocks.rules import (
    CLOCKS,
    Clockwork,
    Due,
    Terms,
    answered,
    due,
    first_due,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
"""A Monday, 23:04 in Shanghai."""


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def at(wall: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)


TERMS = Terms(
    BusinessHours(SHANGHAI),
    escalation=minutes(5),
    start_delay=minutes(10),
    warning=minutes(10),
    overrun=minutes(5),
    disconnect=minutes(3),
    unconfirmed=minutes(1440),
    unpaid=minutes(120),
)


@pytest.mark.parametrize(
    ("hours", "zone", "start", "count", "end"),
    [
        ("always", SHANGHAI, "2026-09-21T23:04", 3, "2026-09-21T23:07"),
        ("10:00-02:00", SHANGHAI, "2026-09-21T23:59", 3, "2026-09-22T00:02"),
        ("10:00-02:00", SHANGHAI, "2026-09-22T01:59", 3, "2026-09-22T10:02"),
        ("10:00-02:00", SHANGHAI, "2026-09-22T04:00", 3, "2026-09-22T10:03"),
        ("10:00-10:00", SHANGHAI, "2026-09-22T09:59", 3, "2026-09-22T10:02"),
        ("1-5 14:00-02:00, 6-7 10:00-04:00", SHANGHAI, "2026-09-26T03:00", 3, "2026-09-26T10:03"),
        ("1-5 14:00-02:00, 6-7 10:00-04:00", SHANGHAI, "2026-09-28T03:59", 3, "2026-09-28T14:02"),
        ("2 10:00-11:00", SHANGHAI, "2026-09-22T10:59", 90, "2026-10-06T10:29"),
        # The clock goes from 02:00 to 03:00: the night is an hour shorter, and is counted so.
        ("22:00-04:00", BERLIN, "2026-03-28T23:00", 240, "2026-03-29T04:00"),
        ("22:00-04:00", BERLIN, "2026-03-28T23:00", 241, "2026-03-29T22:01"),
        # And from 03:00 back to 02:00: an hour longer.
        ("22:00-04:00", BERLIN, "2026-10-24T23:00", 360, "2026-10-25T04:00"),
    ],
)
def test_time_runs_while_the_store_is_open(
    hours: str, zone: ZoneInfo, start: str, count: int, end: str
) -> None:
    open_hours = BusinessHours.of(hours, zone)
    assert open_hours.after(at(start, zone), minutes(count)) == at(end, zone)
    assert open_hours.between(at(start, zone), at(end, zone)) == minutes(count)


@given(
    hours=some.sampled_from(["always", "10:00-02:00", "1-3 20:00-03:30, 6 09:00-09:30"]),
    zone=some.sampled_from([SHANGHAI, BERLIN]),
    start=some.integers(0, 366 * 1440),
    count=some.integers(1, 3000),
)
def test_what_has_been_counted_is_what_was_asked_for(
    hours: str, zone: ZoneInfo, start: int, count: int
) -> None:
    open_hours, begin = BusinessHours.of(hours, zone), NOW + minutes(start)
    end = open_hours.after(begin, minutes(count))
    assert end >= begin + minutes(count)
    assert open_hours.between(begin, end) == minutes(count)


@pytest.mark.parametrize("text", ["", "10:00", "8 10:00-12:00", "0-3 10:00-12:00", "1 9:00-x"])
def test_other_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_hours(text)
    with pytest.raises(ValueError):
        parse_hours("1-3 10:00-12:00, 3 14:00-16:00")


def test_a_response_clock_that_stood_has_as_much_left_as_before() -> None:
    hours = BusinessHours.of("10:00-02:00", SHANGHAI)
    due_at, asked = at("2026-09-22T01:59"), at("2026-09-22T01:57")
    assert answered(due_at, asked, at("2026-09-22T01:58"), hours) == at("2026-09-22T02:00")
    assert answered(due_at, asked, at("2026-09-22T01:59"), hours) == at("2026-09-22T10:01")
    assert answered(due_at, asked, at("2026-09-22T05:00"), hours) == at("2026-09-22T10:02")
    assert answered(due_at, due_at + minutes(1), at("2026-09-22T05:00"), hours) == due_at


def serving(**facts: object) -> Clockwork:
    known = {"served": minutes(20), "running_since": NOW} | facts
    return Clockwork(S.SERVING, minutes(60), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "dues", "counted"),
    [
        (
            Clockwork(S.PENDING, minutes(60), NOW),
            {K.RESPONSE: 0, K.ESCALATION: 5},
            (K.RESPONSE, 0),
        ),
        (Clockwork(S.PENDING, minutes(60)), {}, None),
        (Clockwork(S.PENDING, minutes(60), NOW, asked_at=NOW), {}, None),
        (
            Clockwork(S.OFFERED, minutes(60), NOW, offer_expires=NOW - minutes(1)),
            {K.RESPONSE: 0, K.ESCALATION: 5},
            (K.NOBODY_TOOK, -1),
        ),
        (
            Clockwork(S.OFFERED, minutes(60), NOW, offer_expires=NOW + minutes(1)),
            {K.RESPONSE: 0, K.ESCALATION: 5},
            (K.RESPONSE, 0),
        ),
        (
            Clockwork(S.ACCEPTED, minutes(60), NOW, accepted_at=NOW),
            {K.START_DELAY: 10},
            (K.START_DELAY, 10),
        ),
        (
            Clockwork(S.ACCEPTED, minutes(60), accepted_at=NOW, start_at=NOW + minutes(30)),
            {K.START_DELAY: 40},
            (K.START_DELAY, 40),
        ),
        (serving(), {K.ENDING: 30, K.OVERRUN: 45}, (K.ENDING, 40)),
        (serving(running_since=None), {}, None),
        (serving(running_since=None, lost_at=NOW), {K.DISCONNECT: 3}, (K.DISCONNECT, 3)),
        (
            Clockwork(S.SERVING, minutes(12), running_since=NOW),
            {K.ENDING: 6, K.OVERRUN: 17},
            (K.ENDING, 12),
        ),
        (
            Clockwork(S.CONFIRMING, minutes(60), finished_at=NOW),
            {K.UNCONFIRMED: 1440},
            (K.UNCONFIRMED, 1440),
        ),
        (
            Clockwork(S.UNPAID, minutes(60), finished_at=NOW, confirmed_at=NOW + minutes(9)),
            {K.UNPAID: 129},
            (K.UNPAID, 129),
        ),
        (Clockwork(S.UNPAID, minutes(60), finished_at=NOW), {K.UNPAID: 120}, (K.UNPAID, 120)),
        (Clockwork(S.COMPLETED, minutes(60), NOW, accepted_at=NOW, finished_at=NOW), {}, None),
    ],
)
def test_each_clock_runs_out_when_its_terms_say(
    order: Clockwork, dues: dict[K, int], counted: tuple[K, int] | None
) -> None:
    found = {kind: at for kind in CLOCKS if (at := due(kind, order, TERMS))}
    assert found == {kind: NOW + minutes(after) for kind, after in dues.items()}
    shown = Due(counted[0], NOW + minutes(counted[1])) if counted else None
    assert first_due(order, TERMS) == shown


def test_an_escalation_waits_for_the_next_morning() -> None:
    night = Terms(BusinessHours.of("10:00-02:00", SHANGHAI), *[minutes(5)] * 7)
    order = Clockwork(S.PENDING, minutes(60), at("2026-09-22T01:58"))
    assert due(K.ESCALATION, order, night) == at("2026-09-22T10:03")
