"""Records that are put into their places alone stand where sorting them all would put them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.widgets.records import MemorySource


@dataclass(frozen=True)
class Rec:
    key: int
    rank: int
    hidden: bool


SOME = st.lists(st.builds(Rec, st.integers(0, 60), st.integers(0, 4), st.booleans()), max_size=4)
STEPS = st.lists(st.tuples(st.sampled_from(["upsert", "remove"]), SOME), max_size=12)


def source(reverse: bool, *, everything_at_once: bool) -> MemorySource[Rec]:
    made: MemorySource[Rec] = MemorySource(key=lambda rec: rec.key, cells=lambda _rec: ())
    made.filter(lambda rec: not rec.hidden)
    made.sort(lambda rec: rec.rank, reverse=reverse)
    if not everything_at_once:
        made.count()
    return made


@settings(max_examples=60)
@given(reverse=st.booleans(), steps=STEPS)
def test_one_by_one_is_as_all_at_once(reverse: bool, steps: list[tuple[str, list[Rec]]]) -> None:
    one_by_one = source(reverse, everything_at_once=False)
    first = [Rec(key, key % 5, key % 7 == 0) for key in range(50)]
    one_by_one.replace(first)
    one_by_one.count()
    held = {rec.key: rec for rec in first}
    for step, some in steps:
        if step == "upsert":
            one_by_one.upsert(some)
            held.update((rec.key, rec) for rec in some)
        else:
            one_by_one.remove([rec.key for rec in some])
            for rec in some:
                held.pop(rec.key, None)
        shown = [rec for rec in held.values() if not rec.hidden]
        wanted = sorted(shown, key=lambda rec: rec.rank, reverse=reverse)
        assert one_by_one.shown() == wanted
        assert one_by_one.count() == len(wanted)
        places = [one_by_one.position(rec.key) for rec in wanted]
        assert places == list(range(len(wanted)))
        assert [row.key for row in one_by_one.window(3, 7)] == [rec.key for rec in wanted[3:10]]


@pytest.mark.parametrize("reverse", [False, True])
def test_only_what_changed_is_looked_at(reverse: bool) -> None:
    looked: list[int] = []

    def rank(rec: Rec) -> int:
        looked.append(rec.key)
        return rec.rank

    held: MemorySource[Rec] = MemorySource(key=lambda rec: rec.key, cells=lambda _rec: ())
    held.sort(rank, reverse=reverse)
    held.replace([Rec(key, key, False) for key in range(1000)])
    assert held.position(0) == (999 if reverse else 0)
    looked.clear()
    held.upsert([Rec(0, 2000, False)])
    held.remove([7])
    assert held.position(0) == (0 if reverse else 998)
    assert looked == [0]
