"""Which days are unlike their weekday."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures import measures_anomalies as measures
from crm_tui.services.figures import sales
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reads import calendar_of, narrowed
from crm_tui.services.figures.rows import Anomaly
from crm_tui.services.figures.scope import EVERYTHING, Narrowed, Scope
from crm_tui.storage.store import ReadWork


def anomalies(
    work: ReadWork, frames: Frames, period: Period, scope: Scope = EVERYTHING
) -> tuple[Anomaly, ...]:
    """The days of ``period`` that are unlike their weekday, the latest first; see
    :func:`.measures_anomalies.anomalies`. The running day is held against the same hours."""
    of = narrowed(work, frames, scope, period.last)
    return strange_days(work, of, period, calendar_of(work, scope))


def strange_days(
    work: ReadWork, of: Narrowed, period: Period, calendar: BusinessCalendar
) -> tuple[Anomaly, ...]:
    """As :func:`anomalies`, of what is narrowed already."""
    now = work.clock.now()
    today = calendar.day_of(now)
    back = timedelta(weeks=measures.WEEKS)
    asked = [measures.daily(sales.days(of, Period(period.first - back, min(period.last, today))))]
    if period.holds(today):
        same_weekday = pl.col("day").dt.weekday() == today.isoweekday()
        lines = of.lines(Period(today - back, today)).filter(same_weekday)
        so_far = lines.filter(_as_late_as(now, calendar))
        asked.append(measures.daily(sales.counted(so_far, pl.col("day"))))
    whole, *running = (
        {day: dict(zip(measures.JUDGED, values, strict=True)) for day, *values in told.iter_rows()}
        for told in pl.collect_all(asked)
    )
    days = [period.first + timedelta(days=ahead) for ahead in range(period.days)]
    found = measures.anomalies(whole, [day for day in days if day < today])
    for today_and_before in running:
        found = measures.anomalies(today_and_before, [today]) + found
    return tuple(found)


def _as_late_as(now: datetime, calendar: BusinessCalendar) -> pl.Expr:
    """Whether a row is not later in its business day than ``now`` is, on the wall clock."""
    wall = pl.col("at").dt.convert_time_zone(str(calendar.zone)).dt.replace_time_zone(None)
    begun = calendar.local(now).replace(tzinfo=None) - datetime.combine(
        calendar.day_of(now), datetime.min.time()
    )
    return wall - pl.col("day").cast(pl.Datetime("us")) < begun
