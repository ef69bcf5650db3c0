"""The ladder of a round as data: who is asked when."""

from __future__ import annotations

import pytest

from crm_tui.core.errors import Invalid
from crm_tui.core.settings import definition_of, parse_setting
from crm_tui.services.dispatch.tiers import Tier, added, document, next_tier, parse

LADDER = parse(definition_of("dispatch.ladder").default)
LEVELS = {1: "god", 2: "devil", 3: None, 4: "peak", 5: "casual"}


def test_top_levels_are_asked_first_then_god_then_everybody_who_fits() -> None:
    assert next_tier(LADDER, 0, LEVELS, ()) == (1, [2, 4])
    assert next_tier(LADDER, 1, LEVELS, {2, 4}) == (2, [1])
    assert next_tier(LADDER, 2, LEVELS, {1, 2, 4}) == (3, [3, 5])
    assert next_tier(LADDER, 3, LEVELS, ()) is None


def test_a_tier_without_anybody_is_stepped_over_and_late_comers_are_asked_with_the_next() -> None:
    assert next_tier(LADDER, 0, {7: "tech"}, ()) == (3, [7])
    assert next_tier(LADDER, 1, {6: "devil"}, {2, 4}) == (2, [6])
    assert added(LADDER, 2, LEVELS, {4}) == [1, 2]


def test_those_named_are_asked_alone_and_can_be_left_out() -> None:
    ladder = (Tier(60, named=(9, 3)), *LADDER)
    assert next_tier(ladder, 0, LEVELS, ()) == (1, [9, 3])
    assert next_tier(ladder, 1, LEVELS, {9, 3}) == (2, [2, 4])
    assert ladder[0].without({9}) == Tier(60, named=(3,))
    assert ladder[0].without({9, 3}) is None
    assert ladder[3].without({9, 3}) == ladder[3]
    assert parse(document(ladder)) == ladder


@pytest.mark.parametrize(
    "typed",
    [
        "[]",
        '{"levels": []}',
        '[{"levels": "god", "seconds": 9}]',
        '[{"levels": [1]}]',
        '[{"levels": ["god"]}, {"levels": []}]',
        '[{"levels": ["god"], "seconds": 4000}, {"levels": []}]',
        '[{"levels": [], "seconds": 1e400}]',
        '[{"levels": [], "seconds": "20"}]',
        '[{"levels": [], "seconds": 100000}]',
        "[" * 100_000,
        "none",
    ],
)
def test_a_ladder_that_would_never_go_on_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_setting("dispatch.ladder", typed)


def test_the_last_tier_needs_no_time() -> None:
    typed = '[{"levels": ["god"], "seconds": 30}, {"levels": []}]'
    assert parse(parse_setting("dispatch.ladder", typed)) == (Tier(30, ("god",)), Tier(0))
