"""The figures of a page as tables: for a terminal, a spreadsheet, a chart.

A table holds what people read: yuan, hours, labels. The first columns are those that matter most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_tui.core.language import N_, _
from crm_tui.services.figures.catalogue import Unit
from crm_tui.services.figures.periods import EVER, Period
from crm_tui.services.figures.rows import (
    CohortRow,
    CustomerRow,
    Customers,
    FunnelStep,
    Income,
    KpiRow,
    LeaderRow,
    RevenueRow,
    TradeRow,
)
from crm_tui.services.figures.table import Chart, Column, Look, Table

STEPS = {"new": N_("Ordered"), "second": N_("Ordered again"), "regular": N_("Three times and more")}
"""What people call the steps of the funnel (msgids)."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A column and how its value is told by a row."""

    key: str
    title: str
    """msgid"""
    look: Look = Look.NUMBER
    told: Callable[[Any], Any] | None = None
    """Where it is not the row's attribute ``key``; money of an attribute is put into yuan."""

    def of(self, row: Any) -> Any:
        """The row's value as people read it."""
        value = self.told(row) if self.told else getattr(row, self.key)
        return value / 100 if self.look is Look.MONEY and value is not None else value


def _money(key: str, title: str) -> _Field:
    return _Field(key, title, Look.MONEY)


def _rate(key: str, title: str) -> _Field:
    return _Field(key, title, Look.RATE)


_INCOME = (
    _Field("at", N_("When"), Look.WHEN, lambda row: row.at[:16].replace("T", " ")),
    _Field("orders", N_("Orders")),
    _money("gross_fen", N_("Income")),
    _money("tips_fen", N_("Tips")),
    _money("studio_fen", N_("Studio")),
    _money("companion_fen", N_("Share")),
    _money("refunds_fen", N_("Refunds")),
    _Field("customers", N_("Customers")),
    _Field("new_customers", N_("New")),
)
_LEADERS = (
    _Field("companion", N_("Companion"), Look.TEXT),
    _Field("orders", N_("Orders")),
    _Field("hours", N_("Hours"), told=lambda row: row.minutes / 60),
    _money("gross_fen", N_("Income")),
    _money("share_fen", N_("Share")),
    _Field("fair_rating", N_("Rating")),
    _rate("repurchase_rate", N_("Repurchase")),
    _money("tips_fen", N_("Tips")),
    _money("average_fen", N_("Average")),
    _rate("acceptance_rate", N_("Acceptance")),
    _rate("punctuality_rate", N_("Punctuality")),
    _Field("ratings", N_("Votes")),
)
_TRADE = (
    _Field("orders", N_("Orders")),
    _money("gross_fen", N_("Income")),
    _Field("growth", N_("Growth"), Look.CHANGE),
    _Field("customers", N_("Customers")),
    _Field("new_customers", N_("New")),
    _rate("repurchase_rate", N_("Repurchase")),
    _money("average_fen", N_("Average")),
)
_TRADED = {
    "games": (N_("By game"), N_("Game")),
    "kinds": (N_("By kind of order"), N_("Kind")),
    "skills": (N_("By rank"), N_("Rank")),
    "channels": (N_("By channel"), N_("Channel")),
    "cities": (N_("By city"), N_("City")),
}
"""Title and head of the first column (msgids)."""
_CUSTOMERS = (
    _Field("customer", N_("Customer"), Look.TEXT),
    _Field("segment", N_("Segment"), Look.TEXT, lambda row: row.segment.label),
    _Field("r", "R"),
    _Field("f", "F"),
    _Field("m", "M"),
    _Field("orders", N_("Orders")),
    _money("spent_fen", N_("Spent")),
)
_SEGMENTS = (
    _Field("segment", N_("Segment"), Look.TEXT, lambda row: row.segment.label),
    _Field("customers", N_("Customers")),
    _rate("share", N_("Of all")),
    _Field("orders", N_("Orders")),
    _money("spent_fen", N_("Spent")),
    _rate("spent_share", N_("Of all spent")),
)
_FUNNEL = (
    _Field("name", N_("Step"), Look.TEXT, lambda step: _(STEPS[step.name])),
    _Field("customers", N_("Customers")),
    _rate("rate", N_("Rate")),
    _Field("median_days", N_("Days since the step before")),
)
_COHORTS = (
    _Field("cohort", N_("First order"), Look.TEXT),
    _Field("month", N_("Months after")),
    _Field("customers", N_("Customers")),
    _Field("size", N_("Of")),
    _rate("rate", N_("Rate")),
    _money("value_fen", N_("Brought so far, each")),
)
_AFTER = (1, 2, 3)
"""Months after the first order that are drawn."""
_GOALS = (
    _Field("name", N_("Goal"), Look.TEXT),
    _Field("actual", N_("Now"), Look.TEXT, lambda row: Unit(row.unit).shown(row.actual)),
    _rate("progress", N_("Progress")),
    _rate("elapsed", N_("Time gone")),
    _Field("days", N_("Days"), Look.TEXT, lambda row: about(row.period)),
)


def income(told: Income) -> Table:
    """Income by bucket with its total; what only the ledger knows is left out where it is not
    told, and refunds where there were none."""
    fields = tuple(each for each in _INCOME if _says_something(told.total, each))
    table = _table(_("Income"), told.rows, fields, about(told.period))
    total = (_("Total"), *(each.of(told.total) for each in fields[1:]))
    return replace(table, total=total, chart=Chart(0, (2,), timed=True))


def leaders(rows: Sequence[LeaderRow], period: Period) -> Table:
    """The leaderboard, with a chart of its first orders."""
    return _table(_("Companions"), rows, _LEADERS, about(period), chart=1)


def trade(what: str, rows: Sequence[TradeRow], period: Period) -> Table:
    """What each of something brought: of ``games``, ``kinds``, ``skills``, ``channels`` or
    ``cities``."""
    title, head = _TRADED[what]
    named = _Field("name", head, Look.TEXT)
    fields: tuple[_Field, ...] = (named, *_TRADE)
    if any(row.conversion is not None for row in rows):
        fields = (*fields, _rate("conversion", N_("Conversion")))
    return _table(_(title), rows, fields, about(period), chart=2)


def segments(told: Customers) -> Table:
    """The value tiers with their shares."""
    return _table(_("Customers"), told.segments, _SEGMENTS, f"{told.day}", chart=1)


def customers(rows: Sequence[CustomerRow]) -> Table:
    """Every customer with the scores."""
    return _table(_("Customers"), rows, _CUSTOMERS, "")


def funnel(steps: Sequence[FunnelStep], period: Period) -> Table:
    """From the first order to the regular."""
    return _table(_("Repurchase funnel"), steps, _FUNNEL, about(period), chart=1)


def cohorts(rows: Sequence[CohortRow]) -> Table:
    """Who came back, by the month of the first order."""
    return _table(_("Cohorts"), rows, _COHORTS, "")


def returning(rows: Sequence[CohortRow]) -> Table:
    """Which part of each month's new customers ordered again one, two and three months after:
    what of the cohorts can be drawn."""
    rates = {(row.cohort, row.month): row.rate for row in rows}
    columns = [Column("cohort", _("First order"), Look.TEXT)]
    columns += [Column(f"month_{after}", f"+{after}", Look.RATE) for after in _AFTER]
    told = tuple(
        (cohort, *(rates.get((cohort, after)) for after in _AFTER))
        for cohort in sorted({row.cohort for row in rows})
    )
    chart = Chart(0, tuple(range(1, len(columns))), timed=True)
    about = _("the part who ordered again, months after")
    return Table(_("Cohorts"), tuple(columns), told, chart, about)


def kpi(rows: Sequence[KpiRow]) -> Table:
    """The goals and where they stand."""
    return _table(_("Goals"), rows, _GOALS, "", chart=2)


def about(period: Period) -> str:
    """The days of a period; empty for all of them."""
    if period == EVER:
        return ""
    if period.days == 1:
        return f"{period.first}"
    return _("{first} to {last}").format(first=period.first, last=period.last)


def _says_something(total: RevenueRow, field: _Field) -> bool:
    value = getattr(total, field.key)
    return value is not None and (field.key != "refunds_fen" or value != 0)


def _table(
    title: str, rows: Iterable[Any], fields: Sequence[_Field], of: str, chart: int | None = None
) -> Table:
    columns = tuple(Column(each.key, _(each.title), each.look) for each in fields)
    told = tuple(tuple(each.of(row) for each in fields) for row in rows)
    return Table(title, columns, told, None if chart is None else Chart(0, (chart,)), of)
