"""The order of what waits: total, deterministic, and what rests is never first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.errors import NotFound
from crm_tui.core.settings import DEFINITIONS
from crm_tui.core.words import Cause, TaskKind
from crm_tui.screens.registry import REGISTRY
from crm_tui.services.inbox import rules
from crm_tui.services.inbox.rules import NOW as MOST
from crm_tui.services.inbox.rules import Thing, Waiting

NOW = datetime(2026, 9, 21, 15, tzinfo=UTC)
WEIGHTS = DEFINITIONS["inbox.weights"].default
minutes = st.integers(-5_000, 5_000).map(lambda count: timedelta(minutes=count))


@st.composite
def entries(draw: st.DrawFn) -> Waiting:
    matter = draw(
        st.sampled_from([*(cause for cause in Cause if cause is not Cause.TASK), *TaskKind])
    )
    cause = matter if isinstance(matter, Cause) else Cause.TASK
    since = NOW - abs(draw(minutes))
    return Waiting(
        Thing("order", draw(st.integers(1, 40)), cause),
        matter,
        "O1",
        "",
        since,
        draw(st.none() | minutes.map(lambda after: since + after)),
        WEIGHTS[matter.value],
        1,
        owner=draw(st.sampled_from([None, "li", "wang"])),
        snoozed_until=draw(st.none() | minutes.map(lambda after: NOW + after)),
    )


@given(st.lists(entries(), max_size=30, unique_by=lambda each: each.key), st.randoms())
def test_the_order_is_one_whatever_order_things_come_in(
    things: list[Waiting], random: Random
) -> None:
    ordered = sorted(things, key=lambda each: each.rank(NOW, "li"))
    shuffled = random.sample(things, len(things))
    assert sorted(shuffled, key=lambda each: each.rank(NOW, "li")) == ordered
    apart = [each.apart(NOW, "li") for each in ordered]
    assert apart == sorted(apart), "mine and nobody's, then others', then what rests"
    awake = [each for each in ordered if not each.asleep(NOW)]
    assert awake == ordered[: len(awake)]
    mine = [each.urgency(NOW) for each in ordered if each.apart(NOW, "li") == 0]
    assert all(before >= after - 1e-5 for before, after in pairwise(mine))


@given(entries(), st.integers(0, 600))
def test_waiting_never_becomes_less_urgent(entry: Waiting, later: int) -> None:
    now, then = NOW, NOW + timedelta(minutes=later)
    assert 0 <= entry.pressure(now) <= entry.pressure(then) <= MOST


def test_every_matter_has_a_weight_a_cost_and_something_to_do() -> None:
    matters = {cause for cause in Cause if cause is not Cause.TASK} | set(TaskKind)
    assert set(rules.STAKES) == matters
    assert {matter.value for matter in matters} == set(WEIGHTS)
    assert set(rules.COMMANDS) == set(Cause)
    assert all(command in REGISTRY for command in rules.COMMANDS.values())


def test_a_late_order_comes_before_a_task_that_is_late_for_days() -> None:
    def waits(matter: Cause | TaskKind, late: timedelta) -> float:
        cause = matter if isinstance(matter, Cause) else Cause.TASK
        since = NOW - late - timedelta(minutes=3)
        entry = Waiting(
            Thing("x", 1, cause), matter, "", "", since, NOW - late, WEIGHTS[matter.value], 1
        )
        return entry.urgency(NOW)

    late, fresh = timedelta(minutes=1), timedelta(minutes=-2)
    assert waits(Cause.TO_DISPATCH, fresh) > waits(TaskKind.FOLLOW_UP, timedelta(0))
    assert waits(TaskKind.COMPLAINT, timedelta(minutes=1)) > waits(Cause.TO_DISPATCH, fresh)
    for matter in TaskKind:
        assert waits(Cause.TO_DISPATCH, late) > waits(matter, timedelta(days=30))


def test_a_key_names_its_thing() -> None:
    thing = Thing("order", 7, Cause.UNPAID)
    assert Thing.of(str(thing)) == thing
    for wrong in ("order:7", "order:x:unpaid", "order:7:nothing", ""):
        try:
            Thing.of(wrong)
        except NotFound:
            continue
        raise AssertionError(wrong)
