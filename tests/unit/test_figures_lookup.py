"""Looking up by place is a left join."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.services.figures.lookup import looked_up

ids = st.integers(0, 6) | st.integers(0, 300)


@given(
    st.dictionaries(st.tuples(ids, ids), st.text(max_size=2), max_size=8),
    st.lists(st.tuples(ids, ids), max_size=8),
)
def test_it_is_what_a_join_tells(
    known: dict[tuple[int, int], str], rows: list[tuple[int, int]]
) -> None:
    schema = {"a": pl.Int64, "b": pl.Int64}
    table = pl.DataFrame(
        [(*pair, word) for pair, word in known.items()], schema | {"told": pl.String}, orient="row"
    )
    asked = pl.DataFrame([*rows, *known], schema, orient="row")
    found = asked.select(looked_up(table, ("a", "b"), "told").alias("told"))["told"]
    assert found.to_list() == [known.get(pair) for pair in (*rows, *known)]


@pytest.mark.parametrize("greatest", [3, 3_000_000])
def test_what_is_not_known_has_the_default(greatest: int) -> None:
    table = pl.DataFrame({"a": [1, greatest], "told": [7, 8]})
    rows = pl.DataFrame({"a": [0, 1, greatest, greatest + 1]})
    assert rows.select(looked_up(table, ("a",), "told", 0)).to_series().to_list() == [0, 7, 8, 0]
