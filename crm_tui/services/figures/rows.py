"""What the figures tell, as screens, commands and reports take it.

Money is fen, durations are minutes or days, rates are 0…1, ``None`` is "there is nothing to tell
it from". The formulas stand with the measures (``measures_*``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from crm_tui.core.words import Segment
from crm_tui.services.figures.periods import Period, Step


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """Income of one bucket, or of all of them.

    ``at``: ``2026-09-21T20:00+08:00``, ``2026-09-21``, ``2026-W39``, ``2026-09``; empty in a total.
    What the ledger says (``studio_fen``, ``companion_fen``, ``refunds_fen``) is None where a scope
    says more than the store: the books know of no games.
    """

    at: str
    orders: int
    gross_fen: int
    tips_fen: int
    studio_fen: int | None
    companion_fen: int | None
    refunds_fen: int | None
    customers: int
    new_customers: int


@dataclass(frozen=True, slots=True)
class Income:
    """Income over a period: a row for every bucket of it, and the whole.

    ``elapsed`` of the rows have begun. ``compared`` is the period that it is held against,
    ``rows_before`` its buckets and ``total_before`` its whole; where the period is running, only
    up to the same moment. ``target_fen`` is the goal for the gross of exactly this period.
    """

    period: Period
    step: Step
    rows: tuple[RevenueRow, ...]
    total: RevenueRow
    elapsed: int
    compared: Period | None = None
    rows_before: tuple[RevenueRow, ...] = ()
    total_before: RevenueRow | None = None
    target_fen: int | None = None


@dataclass(frozen=True, slots=True)
class HourRow:
    """Orders and income of one hour of the day (0…23) over a period."""

    hour: int
    orders: int
    gross_fen: int
    tips_fen: int


@dataclass(frozen=True, slots=True)
class LeaderRow:
    """A companion's place on the leaderboard.

    ``rating`` is the plain mean of ``ratings`` votes, ``fair_rating`` the one to rank by.
    """

    companion_id: int
    companion: str
    level: str
    orders: int
    minutes: int
    gross_fen: int
    share_fen: int | None
    tips_fen: int
    rating: float | None
    ratings: int
    fair_rating: float | None
    repurchase_rate: float
    average_fen: int
    acceptance_rate: float | None
    punctuality_rate: float | None


@dataclass(frozen=True, slots=True)
class TradeRow:
    """What one game, kind of service, skill, channel or city brought in a period.

    ``key`` is the game's id, the stored word or the text; ``name`` what a person reads. ``growth``
    is against the compared period's ``gross_before_fen``; ``conversion`` is told of channels and
    cities.
    """

    key: str
    name: str
    orders: int
    gross_fen: int
    share: float
    customers: int
    new_customers: int
    average_fen: int | None
    repurchase_rate: float | None
    gross_before_fen: int | None
    growth: float | None
    conversion: float | None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer's scores; none of a prospect. ``orders`` and ``spent_fen`` are those of ever."""

    customer_id: int
    customer: str
    r: int | None
    f: int | None
    m: int | None
    segment: Segment
    orders: int
    spent_fen: int
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A value tier: its customers and what they ever spent, with the shares of both."""

    segment: Segment
    customers: int
    share: float
    orders: int
    spent_fen: int
    spent_share: float


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """``name``: new, second, regular. ``rate`` is of the first step's customers, ``median_days``
    the time since the step before."""

    name: str
    customers: int
    rate: float
    median_days: float | None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What a customer is worth so far, on average."""

    customers: int
    ltv_fen: int | None
    orders_each: float | None
    average_fen: int | None
    median_days: float | None
    """Between the first and the last order of those who ordered more than once."""


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers as they stand at the end of business day ``day``; ``funnel`` of those whose
    first order was in ``period``."""

    day: date
    period: Period
    segments: tuple[SegmentRow, ...]
    funnel: tuple[FunnelStep, ...]
    lifetime: Lifetime


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Customers of a month's cohort who ordered ``month`` months after, and what each of the
    cohort had brought by then (``value_fen``)."""

    cohort: str
    month: int
    customers: int
    size: int
    rate: float
    value_fen: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A business day that is unlike its weekday's days before; ``high`` or not.

    ``measure``: ``orders``, ``gross_fen``, ``customers`` or ``new_customers``; ``expected`` is
    the median of the days before, ``score`` how far off it is.
    """

    day: date
    measure: str
    value: int
    expected: float
    score: float

    @property
    def high(self) -> bool:
        """More than expected, not less."""
        return self.value > self.expected


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A goal and where it stands; ``progress`` is the part of the way from the baseline (or from
    nothing) to the target, below 0 where it went the other way."""

    goal_id: int
    name: str
    measure: str
    unit: str
    period: Period
    target: float
    baseline: float | None
    actual: float | None
    progress: float | None
    elapsed: float
    """The part of the goal's days that has passed."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The four numbers of a glance."""

    orders: int
    gross_fen: int
    customers: int
    new_customers: int


@dataclass(frozen=True, slots=True)
class Glance:
    """The running business day at one look; ``yesterday`` and ``last_week`` up to the same time.

    ``days`` are the last 14 days' income with today's, ``hours`` today's by hour and
    ``hours_last_week`` the same weekday's of the week before, whole.
    """

    day: date
    now: datetime
    today: Sum
    yesterday: Sum
    last_week: Sum
    target_fen: int | None
    days: tuple[RevenueRow, ...]
    hours: tuple[HourRow, ...]
    hours_last_week: tuple[HourRow, ...]
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """The orders behind a figure: how many, their income, and the ids of the last of them, the
    latest first."""

    orders: int
    gross_fen: int
    order_ids: tuple[int, ...]
