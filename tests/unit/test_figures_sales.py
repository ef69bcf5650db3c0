"""Sums of whole months say what counting each order's customer says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.services.figures import sales
from crm_tui.services.figures.copy import layout, shaping, summing, turns
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.scope import Narrowed

FIRST = date(2026, 1, 28)
DAYS = [0, 1, 2, 3, 4, 5, 20, 31, 32, 33, 50, 62, 63, 64, 65]
"""To the 3rd of April: two whole months, and some days on both sides."""

dealings = st.tuples(
    *(st.sampled_from(DAYS), st.integers(1, 3), st.integers(1, 2)),
    *(st.sampled_from(["companion", "trial"]), st.integers(1, 2), st.integers(0, 900)),
)
"""Which day, customer, game, kind, companion, how many fen."""


def frames(orders: list[tuple[int, int, int, str, int, int]]) -> Frames:
    """The copy of a studio with these orders."""
    rows = [
        {
            **{name: 1 for name, kind in layout.LINES.schema.items() if kind == pl.Int64},
            **dict.fromkeys(("hour", "nth", "cohort", "renewal", "new"), None),
            **dict.fromkeys(name for name in layout.LINES.schema if name.startswith("prior")),
            **{"created_at": None, "channel": f"of {customer}", "city": "", "order_id": number},
            "at": datetime(2026, 1, 28, 12, tzinfo=UTC) + timedelta(days=day),
            "day": FIRST + timedelta(days=day),
            **{"customer_id": customer, "game_id": game, "kind": kind, "gross_fen": fen},
        }
        for number, (day, customer, game, kind, _companion, fen) in enumerate(orders)
    ]
    of_whom = pl.Series("companion_id", [companion for *_, companion, _fen in orders], pl.Int64)
    plain = pl.DataFrame(rows, layout.LINES.schema)
    known = turns.of_orders(plain)
    lines = shaping.counted(plain, known)
    sat = plain.with_columns(
        of_whom, place=pl.lit(1), places=pl.lit(1), rating=pl.lit(5), on_time=pl.lit(True)
    )
    served = shaping.counted_places(sat, turns.of_places(sat, known))
    tables = {
        each.name: rows
        for dataset, rows in ((layout.LINES, lines), (layout.SERVED, served))
        for each, rows in ((dataset, rows), *summing.sums(dataset, rows))
    }
    return Frames.of({name: table.lazy() for name, table in tables.items()})


@settings(max_examples=30, deadline=None)
@given(
    st.lists(dealings, min_size=1, max_size=25),
    st.tuples(st.sampled_from(DAYS[:6]), st.sampled_from(DAYS[6:])),
)
def test_whole_months_add_up_to_what_counting_by_hand_gives(
    orders: list[tuple[int, int, int, str, int, int]], days: tuple[int, int]
) -> None:
    of = Narrowed(frames(orders))
    period = Period(*(FIRST + timedelta(days=day) for day in days))
    within = [order for order in orders if days[0] <= order[0] <= days[1]]
    for column, place in (("game_id", 2), ("kind", 3), ("channel", 1), ("", None)):
        by = sales.by_column(column) if column else sales.ALTOGETHER
        told = summed(sales.sales(of, period, by), "key")
        keys = {order: order[place] if place else 0 for order in within}
        named = {key: f"of {key}" if column == "channel" else key for key in keys.values()}
        assert told == {named[key]: by_hand(within, keys, key) for key in named}, column
    board = summed(sales.places(of, period), "companion_id")
    keys = {order: order[4] for order in within}
    assert board == {key: by_hand(within, keys, key) for key in {*keys.values()}}


def summed(rows: pl.LazyFrame, by: str) -> dict[Any, tuple[int, ...]]:
    names = ("orders", "customers", "again", "gross_fen")
    told = rows.group_by(by).agg(pl.sum(*names)).filter(pl.col("orders") > 0).collect()
    return {key: tuple(figures) for key, *figures in told.iter_rows()}


def by_hand(
    within: list[tuple[int, int, int, str, int, int]], keys: dict[Any, Any], key: Any
) -> tuple[int, ...]:
    own = [order for order in within if keys[order] == key]
    times = Counter(customer for _day, customer, *_ in own)
    again = sum(came > 1 for came in times.values())
    return len(own), len(times), again, sum(fen for *_, fen in own)
