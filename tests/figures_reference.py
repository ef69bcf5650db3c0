"""The figures once more, slowly: plain Python over the rows of the database.

Nothing of the measures is used, nor of the columnar copy; only the business calendar and the one
rule of value tiers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import select

from crm_tui.core.words import Account, JournalKind, OfferState, OrderStatus, Segment, SessionEnd
from crm_tui.models import (
    STUDIO,
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    Customer,
    Offer,
    Order,
    Rating,
)
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.customers.rfm import Edges, Tier, tier
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.scope import Scope
from crm_tui.storage.store import ReadWork

_EARNED = (JournalKind.COMPLETION, JournalKind.WRITE_OFF, JournalKind.TIP)
_INCOME = (Account.REVENUE, Account.TIP_REVENUE, Account.DISCOUNT)


@dataclass(frozen=True)
class Place:
    """A companion who served an order to its end, and their part of it."""

    companion_id: int
    level: str
    skill: str
    minutes: int
    gross: int
    tips: int
    rating: int | None
    on_time: bool | None

    def fits(self, scope: Scope) -> bool:
        return all(
            wanted is None or wanted == own
            for wanted, own in (
                (scope.companion_id, self.companion_id),
                (scope.level, self.level),
                (scope.skill, self.skill),
            )
        )


@dataclass(frozen=True)
class Done:
    """A completed order."""

    order: Order
    customer: Customer
    at: datetime
    day: date
    hour: int
    nth: int
    minutes: int
    places: tuple[Place, ...]

    @property
    def gross(self) -> int:
        return self.order.amount_fen


@dataclass(frozen=True)
class Posted:
    """A line of the ledger, with the kind of what it tells of."""

    store_id: int
    day: date
    at: datetime
    kind: JournalKind
    account: Account
    subject_id: int
    credited: int


def half_up(numerator: int, denominator: int) -> int | None:
    return (2 * numerator + denominator) // (2 * denominator) if denominator else None


def rate(part: float, whole: float) -> float | None:
    return part / whole if whole else None


class Reference:
    """What a studio's figures must be."""

    def __init__(self, work: ReadWork) -> None:
        self.work = work
        self.now = work.clock.now()
        self.today = work.calendar(STUDIO).day_of(self.now)
        self.edges = Edges.of(work.setting("customers.rfm_edges", STUDIO))
        self.customers = {one.id: one for one in self._all(Customer) if one.merged_into_id is None}
        self.offers: list[Offer] = self._all(Offer)
        self.orders = {one.id: one for one in self._all(Order)}
        self.done = self._done()
        self.posted = self._posted()

    def _all(self, table: Any) -> list[Any]:
        return list(self.work.session.scalars(select(table)))

    def day_of(self, store_id: int, at: datetime) -> date:
        return self.work.calendar(store_id).day_of(at)

    def _done(self) -> list[Done]:
        names = {one.id: one.name for one in self._all(CompanionLevel)}
        levels = {one.id: names.get(one.level_id, "") for one in self._all(Companion)}
        skills = {
            (one.companion_id, one.game_id): one.rank_text for one in self._all(CompanionSkill)
        }
        ratings = {(one.order_id, one.companion_id): one.overall for one in self._all(Rating)}
        finished: defaultdict[int, dict[int, int]] = defaultdict(dict)
        for one in sorted(self._all(Assignment), key=lambda each: each.id):
            if one.outcome is SessionEnd.FINISHED:
                finished[one.order_id][one.place] = one.companion_id
        turns: Counter[int] = Counter()
        told = []
        completed = [one for one in self.orders.values() if one.status is OrderStatus.COMPLETED]
        for order in sorted(completed, key=lambda one: (one.completed_at, one.id)):
            turns[order.customer_id] += 1
            own = sorted(finished[order.id].items())
            minutes = (
                order.planned_minutes if order.billed_minutes is None else order.billed_minutes
            )
            places = tuple(
                Place(
                    who,
                    levels[who],
                    skills.get((who, order.game_id), ""),
                    minutes,
                    _part(order.amount_fen, number, len(own)),
                    _part(order.tip_fen, number, len(own)),
                    ratings.get((order.id, who)),
                    _on_time(order),
                )
                for number, (_, who) in enumerate(own)
            )
            wall = self.work.calendar(order.store_id).local(order.completed_at)
            told.append(
                Done(
                    order,
                    self.customers[order.customer_id],
                    order.completed_at,
                    self.day_of(order.store_id, order.completed_at),
                    wall.hour,
                    turns[order.customer_id],
                    minutes,
                    places,
                )
            )
        return told

    def _posted(self) -> list[Posted]:
        journals = {one.id: one for one in self._all(Journal)}

        def kind(journal: Journal) -> JournalKind:
            return journals[journal.reverses_id].kind if journal.reverses_id else journal.kind

        return [
            Posted(
                journal.store_id,
                self.day_of(journal.store_id, journal.at),
                journal.at,
                kind(journal),
                line.account,
                line.subject_id,
                -line.amount_fen,
            )
            for line in self._all(JournalLine)
            for journal in [journals[line.journal_id]]
        ]

    # Which rows

    def lines(self, period: Period, scope: Scope, day: date | None = None) -> list[Done]:
        day = day or min(period.last, self.today)
        return [
            one
            for one in self.done
            if period.holds(one.day) and self._fits(one, scope, day) and _served(one, scope)
        ]

    def served(
        self, period: Period, scope: Scope, day: date | None = None
    ) -> list[tuple[Done, Place]]:
        day = day or min(period.last, self.today)
        return [
            (one, place)
            for one in self.done
            if period.holds(one.day) and self._fits(one, scope, day)
            for place in one.places
            if place.fits(scope)
        ]

    def _fits(self, one: Done, scope: Scope, day: date) -> bool:
        return all(
            wanted is None or wanted == own
            for wanted, own in (
                (scope.store_id, one.order.store_id),
                (scope.game_id, one.order.game_id),
                (scope.kind, one.order.kind.value),
                (scope.channel, one.customer.channel.value),
                (scope.city, one.customer.city),
                (scope.hour, one.hour),
            )
        ) and (scope.segment is None or self.tier(one.customer.id, day).segment is scope.segment)

    def tier(self, customer_id: int | None, day: date) -> Tier:
        own = [one for one in self.done if one.customer.id == customer_id and one.day <= day]
        if not own:
            return Tier(Segment.PROSPECT)
        late = [one for one in own if one.day >= day - timedelta(days=90)]
        age = (day - max(one.day for one in own)).days
        return tier(self.edges, age, len(own), len(late), sum(one.gross for one in late))

    def people(self, scope: Scope, day: date) -> list[Customer]:
        """The customers whom a scope means."""
        whose = {one.customer.id for one in self.lines(Period(date.min, date.max), scope, day)}
        return [
            one
            for one in self.customers.values()
            if scope.store_id in (None, one.store_id)
            and scope.channel in (None, one.channel.value)
            and scope.city in (None, one.city)
            and (scope.segment is None or self.tier(one.id, day).segment is scope.segment)
            and (not scope.of_orders or one.id in whose)
        ]

    def histories(self, scope: Scope, day: date) -> dict[int, list[Done]]:
        """The orders that fit, of every customer who has any, in order."""
        found: defaultdict[int, list[Done]] = defaultdict(list)
        for one in self.lines(Period(date.min, day), scope):
            found[one.order.customer_id].append(one)
        return found

    # Measures

    def sums(self, lines: Iterable[Done]) -> dict[str, int]:
        rows = list(lines)
        return {
            "orders": len(rows),
            "gross_fen": sum(one.gross for one in rows),
            "customers": len({one.customer.id for one in rows}),
            "new_customers": sum(one.nth == 1 for one in rows),
        }

    def revenue(
        self, period: Period, scope: Scope, of: Callable[[Any], bool] = lambda _: True
    ) -> dict[str, int | None]:
        lines = [one for one in self.lines(period, scope) if of(one)]
        books = [
            one
            for one in self.posted
            if period.holds(one.day) and scope.store_id in (None, one.store_id) and of(one)
        ]
        tips = sum(one.order.tip_fen for one in lines)
        told: dict[str, int | None] = {**self.sums(lines), "tips_fen": tips}
        told |= dict.fromkeys(("studio_fen", "companion_fen", "refunds_fen"))
        if not scope.only_store:
            return told

        def total(kinds: Iterable[JournalKind], accounts: Iterable[Account]) -> int:
            return sum(
                one.credited for one in books if one.kind in kinds and one.account in accounts
            )

        return told | {
            "tips_fen": total([JournalKind.TIP], [Account.COMPANION_PAYABLE, Account.TIP_REVENUE]),
            "studio_fen": total(JournalKind, _INCOME),
            "companion_fen": total(_EARNED, [Account.COMPANION_PAYABLE]),
            "refunds_fen": total(
                [JournalKind.REFUND], [Account.CHANNEL, Account.STORED, Account.BONUS]
            ),
        }

    def board(self, period: Period, scope: Scope) -> dict[int, dict[str, Any]]:
        served = self.served(period, scope)
        votes = [place.rating for _, place in served if place.rating is not None]
        told = {}
        for who in {place.companion_id for _, place in served}:
            own = [(one, place) for one, place in served if place.companion_id == who]
            mine = [place.rating for _, place in own if place.rating is not None]
            times = [place.on_time for _, place in own if place.on_time is not None]
            again = Counter(one.customer.id for one, _ in own)
            gross = sum(place.gross for _, place in own)
            told[who] = {
                "orders": len(own),
                "minutes": sum(place.minutes for _, place in own),
                "gross_fen": gross,
                "tips_fen": sum(place.tips for _, place in own),
                "share_fen": self._share(who, period, scope),
                "rating": rate(sum(mine), len(mine)),
                "ratings": len(mine),
                "fair_rating": (5 * sum(votes) / len(votes) + sum(mine)) / (5 + len(mine))
                if mine
                else None,
                "repurchase_rate": sum(count > 1 for count in again.values()) / len(again),
                "average_fen": half_up(gross, len(own)),
                "acceptance_rate": self._acceptance(who, period, scope),
                "punctuality_rate": rate(sum(times), len(times)),
            }
        return told

    def _share(self, who: int, period: Period, scope: Scope) -> int | None:
        if not scope.only_companions:
            return None
        return sum(
            one.credited
            for one in self.posted
            if one.account is Account.COMPANION_PAYABLE
            and one.kind in _EARNED
            and one.subject_id == who
            and period.holds(one.day)
            and scope.store_id in (None, one.store_id)
        )

    def _acceptance(self, who: int, period: Period, scope: Scope) -> float | None:
        if not scope.only_offers:
            return None
        ended = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
        states = [
            one.state
            for one in self.offers
            if one.companion_id == who
            and one.state in ended
            and period.holds(self.day_of(one.store_id, one.sent_at))
            and scope.store_id in (None, one.store_id)
            and scope.game_id in (None, self.orders[one.order_id].game_id)
        ]
        return rate(states.count(OfferState.ACCEPTED), len(states))

    def trade(
        self, period: Period, before: Period, scope: Scope, key: Callable[[Done], Any]
    ) -> dict[str, dict[str, Any]]:
        return self._trade(
            [(str(key(one)), one, one.gross) for one in self.lines(period, scope)],
            [(str(key(one)), one, one.gross) for one in self.lines(before, scope, period.last)],
        )

    def skills(self, period: Period, before: Period, scope: Scope) -> dict[str, dict[str, Any]]:
        now, then = (
            [
                (place.skill, one, place.gross)
                for one, place in self.served(each, scope, period.last)
            ]
            for each in (period, before)
        )
        return self._trade(now, then)

    def _trade(
        self, now: list[tuple[str, Done, int]], then: list[tuple[str, Done, int]]
    ) -> dict[str, dict[str, Any]]:
        told = {}
        whole = sum(gross for _, _, gross in now)
        for key in {key for key, _, _ in now}:
            own = {one.order.id: one for each, one, _ in now if each == key}
            gross = sum(gross for each, _, gross in now if each == key)
            was = sum(gross for each, _, gross in then if each == key)
            again = Counter(one.customer.id for one in own.values())
            told[key] = {
                "orders": len(own),
                "gross_fen": gross,
                "share": gross / whole if whole else 0.0,
                "customers": len(again),
                "new_customers": sum(one.nth == 1 for one in own.values()),
                "average_fen": half_up(gross, len(own)),
                "repurchase_rate": sum(count > 1 for count in again.values()) / len(again),
                "gross_before_fen": was,
                "growth": rate(gross - was, was),
            }
        return told

    def conversion(
        self, period: Period, scope: Scope, key: Callable[[Customer], str]
    ) -> dict[str, float]:
        day = min(period.last, self.today)
        histories = self.histories(scope, date.max)
        joined: defaultdict[str, list[bool]] = defaultdict(list)
        for one in self.people(scope, day):
            came = one.registered_on or self.day_of(one.store_id, one.created_at)
            if period.holds(came):
                joined[key(one)].append(one.id in histories)
        return {each: sum(came) / len(came) for each, came in joined.items()}

    def funnel(self, period: Period, scope: Scope) -> list[tuple[int, float, float | None]]:
        own = [
            sorted(one.day for one in orders)
            for orders in self.histories(scope, date.max).values()
            if period.holds(min(one.day for one in orders))
        ]
        told: list[tuple[int, float, float | None]] = []
        for step in range(3):
            reached = [days for days in own if len(days) > step]
            gaps = [(days[step] - days[step - 1]).days for days in reached] if step else []
            share = len(reached) / len(own) if own else 0.0
            told.append((len(reached), share, median(gaps) if gaps else None))
        return told

    def lifetime(self, scope: Scope) -> dict[str, Any]:
        own = list(self.histories(scope, date.max).values())
        gross = sum(one.gross for orders in own for one in orders)
        count = sum(map(len, own))
        known = [
            (max(one.day for one in orders) - min(one.day for one in orders)).days
            for orders in own
            if len(orders) > 1
        ]
        return {
            "customers": len(own),
            "ltv_fen": half_up(gross, len(own)),
            "orders_each": rate(count, len(own)),
            "average_fen": half_up(gross, count),
            "median_days": median(known) if known else None,
        }

    def cohorts(self, scope: Scope) -> dict[tuple[str, int], tuple[int, int, float, int | None]]:
        born: defaultdict[str, list[list[Done]]] = defaultdict(list)
        for orders in self.histories(scope, date.max).values():
            born[f"{min(one.day for one in orders):%Y-%m}"].append(orders)
        told = {}
        for cohort, own in born.items():
            first = int(cohort[:4]) * 12 + int(cohort[5:])
            by_month: defaultdict[int, list[Done]] = defaultdict(list)
            for one in (one for orders in own for one in orders):
                by_month[one.day.year * 12 + one.day.month - first].append(one)
            brought = 0
            for month, lines in sorted(by_month.items()):
                brought += sum(one.gross for one in lines)
                count = len({one.customer.id for one in lines})
                told[cohort, month] = (
                    count,
                    len(own),
                    count / len(own),
                    half_up(brought, len(own)),
                )
        return told


def _served(one: Done, scope: Scope) -> bool:
    if scope.level is scope.skill is scope.companion_id is None:  # type: ignore[comparison-overlap]
        return True
    return any(place.fits(scope) for place in one.places)


def _part(whole: int, number: int, parts: int) -> int:
    return whole // parts + (whole % parts if number == 0 else 0)


def _on_time(order: Order) -> bool | None:
    if order.start_at is not None:
        return None if order.started_at is None else order.started_at <= order.start_at
    if order.due_at is None or order.accepted_at is None:
        return None
    return order.accepted_at <= order.due_at
