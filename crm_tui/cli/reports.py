"""``report``: the studio's figures. Days are business days, money in JSON is fen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from crm_tui.cli._run import Document, Json, answer, line, read, table
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.text import clean
from crm_tui.core.words import SourceChannel

if TYPE_CHECKING:
    from crm_tui.services.figures.reads import Period
    from crm_tui.storage.store import ReadWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

By = Literal["day", "hour", "month"]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help=_("First business day.")),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help=_("Last business day; without it, today.")),
]
StoreId = Annotated[int | None, typer.Option("--store", help=_("Only this store, by its id."))]

_CHART_HEIGHT = 14
_WIDEST_CHART = 160
_WIDE = 100
_NARROW_COLUMNS = 7
"""How many columns of the leaderboard a narrower terminal holds."""


@app.command("revenue", help=_("Income by business day, hour or month; a row for each of them."))
def revenue(
    first: From = None,
    last: To = None,
    by: Annotated[By, typer.Option(help=_("day, hour or month."))] = "day",
    store: StoreId = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import reads

    def look(work: ReadWork) -> Document:
        period = _period(work, first, last, store, by)
        told = reads.revenue(work, period.first, period.last, by, store)
        total = asdict(told.total)
        del total["at"]
        return {**_said(period), "rows": [asdict(row) for row in told.rows], "total": total}

    answer(read(look), as_json, _show_revenue)


@app.command("companions", help=_("The leaderboard of companions, most orders first."))
def companions(
    first: From = None, last: To = None, store: StoreId = None, as_json: Json = False
) -> None:
    from crm_tui.services.figures import reads

    answer(read(_rows(reads.companions, first, last, store)), as_json, _show_companions)


@app.command("channels", help=_("What the customers of each channel brought."))
def channels(
    first: From = None, last: To = None, store: StoreId = None, as_json: Json = False
) -> None:
    from crm_tui.services.figures import reads

    answer(read(_rows(reads.channels, first, last, store)), as_json, _show_channels)


@app.command("cohorts", help=_("Who came back, by the month of the first order."))
def cohorts(store: StoreId = None, as_json: Json = False) -> None:
    from crm_tui.services.figures import reads

    def look(work: ReadWork) -> Document:
        return {"rows": [asdict(row) for row in reads.cohorts(work, store)]}

    answer(read(look), as_json, _show_cohorts)


def _rows(
    measure: Callable[[ReadWork, date, date, int | None], list[Any]],
    first: datetime | None,
    last: datetime | None,
    store: int | None,
) -> Callable[[ReadWork], Document]:
    def look(work: ReadWork) -> Document:
        period = _period(work, first, last, store)
        rows = measure(work, period.first, period.last, store)
        return {**_said(period), "rows": [asdict(row) for row in rows]}

    return look


def _period(
    work: ReadWork,
    first: datetime | None,
    last: datetime | None,
    store: int | None,
    by: By = "day",
) -> Period:
    """What was asked for; else the running business month so far (today for hours, the year so
    far for months). Raises :class:`Invalid` where it ends before it begins."""
    from crm_tui.services.figures import reads

    end = last.date() if last else reads.today(work, store)
    begin = (
        first.date()
        if first
        else {
            "day": end.replace(day=1),
            "hour": end,
            "month": end.replace(month=1, day=1),
        }[by]
    )
    if begin > end:
        expected = _("a day not before {first}").format(first=begin)
        raise Invalid(field="--to", value=end, expected=expected)
    return reads.Period(begin, end)


def _said(period: Period) -> Document:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _show_revenue(document: Document) -> None:
    rows, total = document["rows"], document["total"]
    money = {
        "gross_fen": _("Income"),
        "tips_fen": _("Tips"),
        "studio_fen": _("Studio"),
        "companion_fen": _("Share"),
        "refunds_fen": _("Refunds"),
    }
    if not total["refunds_fen"]:
        del money["refunds_fen"]
    heads = [_("When"), _("Orders"), *money.values(), _("Customers"), _("New")]

    def cells(at: str, row: Document) -> list[str]:
        amounts = (yuan(row[name]) for name in money)
        return [at, str(row["orders"]), *amounts, str(row["customers"]), str(row["new_customers"])]

    told = [cells(row["at"][:16].replace("T", " "), row) for row in rows]
    table(heads, [*told, cells(_("Total"), total)], "")
    _draw([row["at"][:16] for row in rows], [row["gross_fen"] / 100 for row in rows], _("Income"))


def _show_companions(document: Document) -> None:
    rows = document["rows"]
    heads = [
        *(_("Companion"), _("Orders"), _("Hours"), _("Income"), _("Share"), _("Tips")),
        *(_("Rating"), _("Repurchase"), _("Average"), _("Acceptance")),
    ]
    fits = len(heads) if _terminal_width() >= _WIDE else _NARROW_COLUMNS
    cells = (_companion_cells(row)[:fits] for row in rows)
    table(heads[:fits], cells, _("Nobody served an order."))
    best = rows[:20]
    if best:
        _draw([row["companion"] for row in best], [row["orders"] for row in best], _("Orders"))


def _companion_cells(row: Document) -> list[str]:
    return [
        row["companion"],
        str(row["orders"]),
        f"{row['minutes'] / 60:.1f}",
        *(yuan(row[name]) for name in ("gross_fen", "share_fen", "tips_fen")),
        "" if row["rating"] is None else f"{row['rating']:.2f}/{row['ratings']}",
        _per_cent(row["repurchase_rate"]),
        yuan(row["average_fen"]),
        _per_cent(row["acceptance_rate"]),
    ]


def _show_channels(document: Document) -> None:
    heads = [
        *(_("Channel"), _("Customers"), _("New"), _("Repurchase"), _("Orders"), _("Income")),
        _("Average"),
    ]
    cells = (
        [
            SourceChannel(row["channel"]).label,
            str(row["customers"]),
            str(row["new_customers"]),
            _per_cent(row["repurchase_rate"]),
            str(row["orders"]),
            yuan(row["gross_fen"]),
            yuan(row["average_fen"]),
        ]
        for row in document["rows"]
    )
    table(heads, cells, _("No orders were completed."))


def _show_cohorts(document: Document) -> None:
    heads = [_("First order"), _("Months after"), _("Customers"), _("Of"), _("Rate")]
    cells = (
        [
            row["cohort"],
            str(row["month"]),
            str(row["customers"]),
            str(row["size"]),
            _per_cent(row["rate"]),
        ]
        for row in document["rows"]
    )
    table(heads, cells, _("No orders were completed."))


def _per_cent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"


def _terminal_width() -> int:
    return shutil.get_terminal_size((_WIDEST_CHART, 24)).columns


def _draw(names: list[str], values: list[float], label: str) -> None:
    """A chart of ``values`` below the table, as wide as the terminal."""
    from crm_tui.widgets.chart import ChartData, draw

    width = min(_terminal_width(), _WIDEST_CHART)
    short = tuple(clean(name[-5:]) for name in names)
    line(label)
    for drawn in draw(ChartData(short, tuple(values), label), width, _CHART_HEIGHT).lines:
        sys.stdout.write(drawn.rstrip() + "\n")
