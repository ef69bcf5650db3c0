"""Orders counted again from the first that changed on have the turns that all of them tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some
from polars.testing import assert_frame_equal

from crm_tui.core.clock import BusinessCalendar, to_micros
from crm_tui.models import STUDIO
from crm_tui.services.figures.copy import layout, recount, shaping, turns
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.copy.recount import Changed, recounted

SHANGHAI = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
BERLIN = BusinessCalendar(ZoneInfo("Europe/Berlin"), time(2, 30))
ALIKE = {STUDIO: BERLIN, 1: SHANGHAI, 2: SHANGHAI}
UNALIKE = {STUDIO: SHANGHAI, 1: SHANGHAI, 2: BERLIN}
BACK = {STUDIO: BERLIN, 1: BERLIN, 2: BERLIN}
BEGIN = datetime(2027, 10, 29, 0, 0, tzinfo=UTC)
"""Two days later Berlin's clocks show 2:00–3:00 twice; then a month ends."""

Facts = dict[str, object]
Orders = Mapping[int, Facts]
HOURS = 24 * 4


def order_at(first: int, last: int) -> some.SearchStrategy[Facts]:
    """An order completed so many hours after the beginning."""
    return some.fixed_dictionaries(
        {
            "at": some.integers(first, last).map(lambda hours: BEGIN + timedelta(hours=hours)),
            "customer_id": some.integers(1, 2),
            "store_id": some.integers(1, 2),
            "game_id": some.integers(1, 2),
            "kind": some.sampled_from(["casual", "trial"]),
            "companion_id": some.integers(1, 2),
            "gross_fen": some.integers(1, 3),
        }
    )


def rows(orders: Orders, calendars: shaping.Calendars) -> pl.DataFrame:
    """The orders as rows, each served by one companion."""
    schema = {
        **{name: layout.LINES.schema[name] for name in turns.DEALINGS if name != "day"},
        **{name: layout.SERVED.schema[name] for name in ("place", "companion_id")},
        "at": pl.Int64,
    }
    told = [
        {**facts, "order_id": number, "place": 1, "at": to_micros(facts["at"])}  # type: ignore[arg-type]
        for number, facts in orders.items()
    ]
    return shaping.dated(pl.DataFrame(told, schema=schema), calendars)


def counted(all_rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``lines`` and ``served`` with their turns, as far as they are needed here."""
    orders = turns.of_orders(all_rows.select(turns.DEALINGS))
    places = turns.of_places(all_rows.select(turns.SITTINGS), orders)
    return (
        all_rows.select(turns.DEALINGS).join(orders, on="order_id"),
        all_rows.select(turns.SITTINGS).join(places, on=("order_id", "place")),
    )


def assert_followed(before: Orders, after: Orders, calendars: shaping.Calendars) -> None:
    """From the copy of ``before`` and what changed since, the turns ``after`` are told, and of no
    other order than those that have another one."""
    ids = {
        number
        for number in before.keys() | after.keys()
        if before.get(number) != after.get(number) or number % 5 == 0
    }
    of_them = recount.among("order_id", ids)
    then, now = rows(before, calendars), rows(after, calendars)
    lines, served = counted(then)
    histories = shaping.history(lines)
    copy = Frames.of({"lines": lines.lazy(), "served": served.lazy(), "history": histories.lazy()})
    came = now.filter(of_them)
    changed = Changed(ids, lines.filter(of_them), served.filter(of_them), came, came)
    told = recounted(changed, copy, calendars)
    right = counted(now)
    for known, found, others, key, expected in (
        (lines, told.orders, told.others, ("order_id",), right[0]),
        (served, told.places, told.other_places, ("order_id", "place"), right[1]),
    ):
        kept = known.filter(~recount.among("order_id", {*ids, *others})).select(found.columns)
        anew = found.filter(recount.among("order_id", {*came["order_id"], *others}))
        expected = expected.select(found.columns)
        assert_frame_equal(pl.concat([kept, anew]).sort(key), expected.sort(key))
        same = expected.join(known, on=found.columns, how="semi", nulls_equal=True)
        assert not others.intersection({*same["order_id"], *ids})
    whose = recount.among(
        "customer_id", {*told.known["customer_id"], *told.histories["customer_id"]}
    )
    assert_frame_equal(told.histories, shaping.history(now).filter(whose))
    assert_frame_equal(told.known.sort("customer_id"), histories.filter(whose))
    rest = shaping.history(now).filter(~whose)
    assert_frame_equal(rest, histories.filter(~whose))


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    some.lists(order_at(0, HOURS), min_size=5, max_size=25),
    some.lists(
        some.tuples(some.integers(-2, 6), some.one_of(order_at(HOURS - 48, HOURS), some.none())),
        min_size=1,
        max_size=3,
    ),
    some.sampled_from([ALIKE, ALIKE, UNALIKE, BACK]),
)
def test_any_change_tells_the_turns_that_all_orders_tell(
    orders: list[Facts], changes: list[tuple[int, Facts | None]], calendars: shaping.Calendars
) -> None:
    orders.sort(key=lambda facts: str(facts["at"]))
    before = dict(enumerate(orders, start=1))
    changed = {len(before) + which: facts for which, facts in changes}
    after = {number: facts for number, facts in {**before, **changed}.items() if facts}
    assert_followed(before, after, calendars)


def order(hours: float, customer: int = 1, store: int = 1, fen: int = 1) -> Facts:
    """An order completed so many hours after the beginning."""
    facts = {"customer_id": customer, "store_id": store, "game_id": 1, "companion_id": 1}
    return {"at": BEGIN + timedelta(hours=hours), "kind": "casual", "gross_fen": fen, **facts}


YEARS = {number: order(number * 24) for number in range(1, 6)}


@pytest.mark.parametrize(
    ("before", "changes", "calendars"),
    [
        pytest.param(YEARS, {7: order(122), 8: order(122), 9: order(121)}, ALIKE, id="at-once"),
        pytest.param(YEARS, {6: order(90), 7: order(125)}, ALIKE, id="in-the-middle"),
        pytest.param(YEARS, {5: order(125, customer=2)}, ALIKE, id="changes-hands"),
        pytest.param(YEARS, {5: None}, ALIKE, id="the-last-goes"),
        pytest.param(YEARS, {1: None, 2: None, 3: None}, ALIKE, id="the-first-go"),
        pytest.param(YEARS, {4: order(96, fen=7)}, ALIKE, id="another-value"),
        pytest.param({2: order(100)}, {1: order(24)}, ALIKE, id="a-new-first-in-an-earlier-month"),
        pytest.param({}, {1: order(1), 2: order(1)}, ALIKE, id="the-first-of-all"),
        pytest.param(
            # 6:30 in Shanghai, then 1:30 in Berlin, which is the day before.
            {1: order(20), 2: order(22.5), 3: order(23.5, store=2)},
            {4: order(22.2)},
            UNALIKE,
            id="days-that-begin-at-different-times",
        ),
        pytest.param(
            # 2:45 by the clock of summer, then 2:15 by that of winter, which is the day before.
            {1: order(24), 2: order(48.75), 3: order(49.25)},
            {4: order(48.6)},
            BACK,
            id="a-day-that-begins-twice",
        ),
    ],
)
def test_what_changed_tells_the_turns_that_all_orders_tell(
    before: Orders, changes: Mapping[int, Facts | None], calendars: shaping.Calendars
) -> None:
    after = {number: facts for number, facts in {**before, **changes}.items() if facts}
    assert_followed(before, after, calendars)
