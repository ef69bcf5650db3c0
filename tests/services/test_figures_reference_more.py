"""What goals, reports of one's own, the glance and the rows behind figures tell is what the slow
reference says, too, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OfferState, Role
from crm_tui.services.figures import (
    reads_anomalies,
    reads_behind,
    reads_income,
    reads_people,
    reads_trade,
)
from crm_tui.services.figures.catalogue import MEASURES
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import EVER, Period, same_moment
from crm_tui.services.figures.reports.definition import checked
from crm_tui.services.figures.reports.run import figure, run
from crm_tui.services.figures.scope import EVERYTHING, Scope
from crm_tui.services.money import backfill
from crm_tui.storage.store import Store, UnitOfWork
from tests.figures_reference import Reference, half_up, rate
from tests.services.test_figures_reference import MANAGER, NOW, PERIOD, Studio, Undone


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**20))
def test_all_that_is_told_is_what_counting_by_hand_gives(
    store: Store, tmp_path: Path, seed: int
) -> None:
    with pytest.raises(Undone), store.write(MANAGER) as work:
        studio = Studio(work, Random(seed))
        frames = door.rebuilt(work, tmp_path / "copy")
        hand = Reference(work)
        check_measures(work, frames, hand)
        check_groups(work, frames, hand)
        for scope in (EVERYTHING, studio.scope()):
            check_glance(work, frames, hand, scope)
            check_behind(work, frames, hand, scope)
            check_parts(work, frames, scope)
            check_segments(work, frames, hand, scope)
        raise Undone


class Lively(Studio):
    """A studio with orders at the same hour every day, many of them three days ago and today."""

    def __init__(self, work: UnitOfWork, random: Random) -> None:
        super().__init__(work, random)
        for back in range(60):
            self._on(back, 30 if back in (0, 3) else random.randint(2, 4))
        backfill.bring_in_all(work)

    def _on(self, back: int, count: int) -> None:
        self.when: datetime | None = NOW - timedelta(days=back, hours=1)
        for _ in range(count):
            self._order()
        self.when = None

    def _at(self, *, since: datetime | None = None) -> datetime:
        return getattr(self, "when", None) or super()._at(since=since)


def test_a_strange_day_is_told_as_counting_by_hand_tells_it(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with pytest.raises(Undone), sqlite_store.write(MANAGER) as work:
        Lively(work, Random(6))
        frames = door.rebuilt(work, tmp_path / "copy")
        hand = Reference(work)
        for scope in (EVERYTHING, Scope(game_id=1), Scope(store_id=1)):
            told = reads_anomalies.anomalies(work, frames, PERIOD, scope)
            found = {(one.day, one.measure): (one.value, one.expected) for one in told}
            assert found == strange(work, hand, scope)
            days = {day for day, _measure in found}
            assert {hand.today, hand.today - timedelta(days=3)} <= days
        raise Undone


def strange(work: UnitOfWork, hand: Reference, scope: Scope) -> dict[tuple[date, str], Any]:
    """The days unlike their weekday: each held against eight of them, the running one up to now."""
    calendar = work.calendar(scope.store_id or 0)
    lines = hand.lines(Period(PERIOD.first - timedelta(weeks=8), PERIOD.last), scope, PERIOD.last)

    def on(day: date, running: bool) -> dict[str, int]:
        until = same_moment(calendar, NOW, (hand.today - day).days)
        return hand.sums(one for one in lines if one.day == day and (not running or one.at < until))

    told = {}
    for ahead in range(PERIOD.days):
        day = PERIOD.first + timedelta(days=ahead)
        running = day == hand.today
        weeks = [day - timedelta(weeks=back) for back in range(1, 9)]
        kept = [on(each, running) for each in weeks if each >= min(one.day for one in lines)]
        for measure, value in on(day, running).items() if len(kept) >= 4 else ():
            values = [each[measure] for each in kept]
            middle = median(values)
            counted = "orders" if measure == "gross_fen" else measure
            noise = middle / max(median(each[counted] for each in kept), 1) ** 0.5
            scale = max(1.4826 * median(abs(each - middle) for each in values), noise)
            if scale and abs(value - middle) / scale >= 3.5:
                told[day, measure] = (value, middle)
    return told


def by_hand(hand: Reference, store_id: int | None) -> dict[str, float | None]:
    """Every measure of the catalogue over the period."""
    scope = Scope(store_id=store_id)
    lines, served = hand.lines(PERIOD, scope), hand.served(PERIOD, scope)
    sums, books = hand.sums(lines), hand.revenue(PERIOD, scope)
    orders, gross, customers = (sums[name] for name in ("orders", "gross_fen", "customers"))
    ids = [one.customer.id for one in lines]
    votes = [place.rating for _, place in served if place.rating is not None]
    times = [place.on_time for _, place in served if place.on_time is not None]
    ended = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    offers = [
        one.state is OfferState.ACCEPTED
        for one in hand.offers
        if one.state in ended
        and PERIOD.holds(hand.day_of(one.store_id, one.sent_at))
        and store_id in (None, one.store_id)
    ]
    return {
        **sums,
        "tips_fen": sum(one.order.tip_fen for one in lines),
        "minutes": sum(one.minutes for one in lines),
        "average_fen": half_up(gross, orders),
        "repurchase_rate": rate(sum(ids.count(who) > 1 for who in set(ids)), customers),
        "spent_fen": half_up(gross, customers),
        "renewals": sum(one.order.renewal_of_id is not None for one in lines),
        "rating": rate(sum(votes), len(votes)),
        "satisfied_rate": rate(sum(vote >= 4 for vote in votes), len(votes)),
        "punctual_rate": rate(sum(times), len(times)),
        "acceptance_rate": rate(sum(offers), len(offers)),
        **{name: books[name] for name in ("studio_fen", "refunds_fen")},
        "share_fen": books["companion_fen"],
    }


def of_customers(hand: Reference) -> dict[str, float | None]:
    """The measures that are told of the whole studio's customers."""
    joined = {
        one.id: one.registered_on or hand.day_of(one.store_id, one.created_at)
        for one in hand.customers.values()
    }
    firsts = {who: own[0].day for who, own in hand.histories(EVERYTHING, EVER.last).items()}
    cycles = [(day - joined[who]).days for who, day in firsts.items() if PERIOD.holds(day)]
    came = [who in firsts for who, day in joined.items() if PERIOD.holds(day)]
    return {
        "ltv_fen": hand.lifetime(EVERYTHING)["ltv_fen"],
        "cycle_days": median(cycles) if cycles else None,
        "joined": len(came),
        "conversion_rate": rate(sum(came), len(came)),
    }


def check_measures(work: UnitOfWork, frames: door.Frames, hand: Reference) -> None:
    whole = {**by_hand(hand, None), **of_customers(hand)}
    assert whole.keys() == MEASURES.keys(), "each measure has its reference"
    for store_id, expected in ((None, whole), (1, by_hand(hand, 1))):
        for name, value in expected.items():
            told = figure(work, frames, MEASURES[name], PERIOD, store_id)
            wanted = 0 if value is None and MEASURES[name].adds else value
            assert told == (wanted if wanted is None else pytest.approx(wanted)), name


def check_groups(work: UnitOfWork, frames: door.Frames, hand: Reference) -> None:
    measures = ("orders", "gross_fen", "customers", "new_customers", "average_fen")
    keys: dict[str, Any] = {
        "game": lambda one: one.order.game_id,
        "kind": lambda one: one.order.kind.value,
        "channel": lambda one: one.customer.channel.value,
        "city": lambda one: one.customer.city,
        "store": lambda one: one.order.store_id,
        "hour": lambda one: one.hour,
        "weekday": lambda one: one.day.isoweekday(),
        "day": lambda one: one.day,
        "segment": lambda one: hand.tier(one.customer.id, PERIOD.last).segment.value,
    }
    for group, key in keys.items():
        asked = {
            "measures": [*measures, "repurchase_rate"],
            "group": group,
            "period": f"{PERIOD.first}..{PERIOD.last}",
        }
        told = run(work, frames, checked(asked), Role.MANAGER)
        expected = hand.trade(PERIOD, PERIOD, EVERYTHING, key)
        found = {str(row.key): row.values for row in told.rows if row.values[0]}
        assert found.keys() == expected.keys(), group
        for each, values in found.items():
            wanted = [expected[each][name] for name in (*measures, "repurchase_rate")]
            assert list(values) == pytest.approx(wanted), (group, each)


def check_glance(work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope) -> None:
    told = reads_income.glance(work, frames, scope)
    calendar = work.calendar(scope.store_id or 0)
    for back, found in ((0, told.today), (1, told.yesterday), (7, told.last_week)):
        day, until = hand.today - timedelta(days=back), same_moment(calendar, NOW, back)
        whole = hand.lines(Period(day, day), scope, hand.today)
        lines = [one for one in whole if one.at < until]
        expected = hand.sums(lines)
        assert {name: getattr(found, name) for name in expected} == expected, back
        hours = {0: told.hours, 7: told.hours_last_week}.get(back, ())
        for row in hours:
            own = [one for one in whole if one.hour == row.hour]
            assert (row.orders, row.gross_fen) == (len(own), sum(one.gross for one in own))


def check_behind(work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope) -> None:
    lines = hand.lines(PERIOD, scope)
    asked: list[tuple[dict[str, Any], list[Any]]] = [
        ({"at": "2026-W37"}, [one for one in lines if one.day.isocalendar().week == 37]),
        ({"at": "2026-09-20"}, [one for one in lines if one.day.day == 20]),
        *(({"hour": hour}, [one for one in lines if one.hour == hour]) for hour in (0, 12, 23)),
    ]
    if scope.segment is None:
        histories = hand.histories(scope, EVER.last).values()
        new = [own for own in histories if PERIOD.holds(min(one.day for one in own))]
        for nth in (1, 2, 3):
            steps = [own[nth - 1] for own in new if len(own) >= nth]
            asked.append(({"nth": nth}, steps))
    asked.append(({"new": True}, [one for one in lines if one.nth == 1]))
    for how, expected in asked:
        found = reads_behind.behind(work, frames, PERIOD, scope, **how)
        assert set(found.order_ids) == {one.order.id for one in expected}, how
        assert (found.orders, found.gross_fen) == (
            len(expected),
            sum(one.gross for one in expected),
        )


def check_parts(work: UnitOfWork, frames: door.Frames, scope: Scope) -> None:
    """What lies behind a row of the leaderboard or of skills is what the row tells."""
    board = reads_people.leaderboard(work, frames, PERIOD, scope)
    skills = reads_trade.skills(work, frames, PERIOD, scope)
    rows: list[tuple[Any, dict[str, Any]]] = [
        *((each, {"companion_id": each.companion_id}) for each in board),
        *((each, {"skill": each.key}) for each in skills),
    ]
    for row, own in rows:
        found = reads_behind.behind(work, frames, PERIOD, replace(scope, **own), parts=True)
        assert (found.orders, found.gross_fen) == (row.orders, row.gross_fen), own


def check_segments(work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope) -> None:
    told = reads_people.customers(work, frames, PERIOD, scope, PERIOD.last)
    everybody = hand.people(scope, PERIOD.last)
    spent = {
        one.id: [each.gross for each in hand.done if each.customer.id == one.id]
        for one in everybody
    }
    whole = sum(map(sum, spent.values()))
    for row in told.segments:
        own = [one for one in everybody if hand.tier(one.id, PERIOD.last).segment is row.segment]
        fen = sum(sum(spent[one.id]) for one in own)
        assert (row.customers, row.orders, row.spent_fen) == (
            len(own),
            sum(len(spent[one.id]) for one in own),
            fen,
        )
        assert row.share == pytest.approx(len(own) / len(everybody) if everybody else 0.0)
        assert row.spent_share == pytest.approx(fen / whole if whole else 0.0)
