"""``report``: the studio's figures. Days are business days, money in JSON is fen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from crm_tui.cli._days import known_day
from crm_tui.cli._own_reports import ReportGroup, add_to
from crm_tui.cli._reporting import (
    Asked,
    By,
    Channel,
    Compare,
    ComparedWith,
    File,
    From,
    Game,
    Hour,
    Kind,
    Level,
    StoreId,
    To,
    Told,
)
from crm_tui.cli._run import Document, Json
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.periods import Period
    from crm_tui.storage.store import ReadWork

app = typer.Typer(cls=ReportGroup, no_args_is_help=True, add_completion=False)
add_to(app)

At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        formats=["%Y-%m-%d"],
        callback=known_day,
        help=_("As of the end of this business day."),
    ),
]


@app.command("revenue", help=_("Income by business day, hour, week or month."))
def revenue(
    first: From = None,
    to: To = None,
    by: Annotated[By, typer.Option(help=_("day, hour, week or month."))] = "day",
    store: StoreId = None,
    game: Game = None,
    kind: Kind = None,
    level: Level = None,
    channel: Channel = None,
    hour: Hour = None,
    compare: ComparedWith = "previous",
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import reads_income, tables

    asked = Asked(first, to, store, game, kind, level, channel, hour)

    def look(work: ReadWork, frames: Frames) -> Told:
        period = asked.days(work, by)
        told = reads_income.income(work, frames, period, by, asked.scope(work), compare)
        document = {
            **_said(period, frames),
            "by": by,
            "rows": [asdict(row) for row in told.rows],
            "total": _without_at(told.total),
            "target_fen": told.target_fen,
        }
        if told.compared and told.total_before:
            document["compared"] = {
                "from": told.compared.first.isoformat(),
                "to": told.compared.last.isoformat(),
                "total": _without_at(told.total_before),
            }
        return document, tables.income(told)

    asked.answer(look, as_json)


@app.command("companions", help=_("The leaderboard of companions, most orders first."))
def companions(
    first: From = None,
    to: To = None,
    store: StoreId = None,
    game: Game = None,
    kind: Kind = None,
    level: Level = None,
    channel: Channel = None,
    hour: Hour = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import reads_people, tables

    asked = Asked(first, to, store, game, kind, level, channel, hour)

    def look(work: ReadWork, frames: Frames) -> Told:
        period = asked.days(work)
        rows = reads_people.leaderboard(work, frames, period, asked.scope(work))
        return _rows(rows, _said(period, frames)), tables.leaders(rows, period)

    asked.answer(look, as_json)


@app.command("customers", help=_("What customers are worth: their scores and value tiers."))
def customers(at: At = None, to: File = None, store: StoreId = None, as_json: Json = False) -> None:
    from crm_tui.services.customers.rfm import NAMES
    from crm_tui.services.figures import reads, reads_people, tables

    asked = Asked(None, to, store)

    def look(work: ReadWork, frames: Frames) -> Told:
        day = at.date() if at else reads.today(work, store)
        scope = asked.scope(work)
        told = reads_people.customers(work, frames, scope=scope, day=day)
        rows = reads_people.customer_rows(work, frames, scope, day)
        document = {
            "at": day.isoformat(),
            "as_of": frames.as_of,
            "segments": {NAMES[row.segment]: row.customers for row in told.segments},
            "tiers": [{**asdict(row), "name": NAMES[row.segment]} for row in told.segments],
            "lifetime": asdict(told.lifetime),
            "rows": [{**asdict(row), "segment": NAMES[row.segment]} for row in rows],
        }
        everybody = to and not asked.draws
        return document, tables.customers(rows) if everybody else tables.segments(told)

    asked.answer(look, as_json)


@app.command("funnel", help=_("From the first order to the second and to more."))
def funnel(first: From = None, to: To = None, store: StoreId = None, as_json: Json = False) -> None:
    from crm_tui.services.figures import reads_people, tables

    asked = Asked(first, to, store)

    def look(work: ReadWork, frames: Frames) -> Told:
        period = asked.ever(work)
        steps = reads_people.funnel(work, frames, period, asked.scope(work))
        document = {**_said(period, frames), "steps": [asdict(step) for step in steps]}
        return document, tables.funnel(steps, period)

    asked.answer(look, as_json)


@app.command("cohorts", help=_("Who came back, by the month of the first order."))
def cohorts(to: File = None, store: StoreId = None, as_json: Json = False) -> None:
    from crm_tui.services.figures import reads_people, tables

    asked = Asked(None, to, store)

    def look(work: ReadWork, frames: Frames) -> Told:
        rows = reads_people.cohorts(work, frames, asked.scope(work))
        told = tables.returning(rows) if asked.draws else tables.cohorts(rows)
        return _rows(rows, {"as_of": frames.as_of}), told

    asked.answer(look, as_json)


@app.command("kpi", help=_("The goals and where they stand."))
def kpi(first: From = None, to: To = None, store: StoreId = None, as_json: Json = False) -> None:
    from crm_tui.services.figures import reads_goals, tables

    asked = Asked(first, to, store)

    def look(work: ReadWork, frames: Frames) -> Told:
        rows = reads_goals.kpi(work, frames, asked.days(work), store)
        return _rows(rows, {"as_of": frames.as_of}), tables.kpi(rows)

    asked.answer(look, as_json)


@app.command("games", help=_("What each game brought."))
def games(
    first: From = None,
    to: To = None,
    by: Annotated[
        Literal["game", "kind", "skill"], typer.Option(help=_("game, kind or skill."))
    ] = "game",
    store: StoreId = None,
    level: Level = None,
    hour: Hour = None,
    compare: ComparedWith = "previous",
    as_json: Json = False,
) -> None:
    _trade(f"{by}s", Asked(first, to, store, level=level, hour=hour), compare, as_json)


def _of_customers(what: str) -> Callable[..., None]:
    """The verb that tells what customers brought, by their channel or city."""

    def told(
        first: From = None,
        to: To = None,
        store: StoreId = None,
        level: Level = None,
        hour: Hour = None,
        compare: ComparedWith = "previous",
        as_json: Json = False,
    ) -> None:
        _trade(what, Asked(first, to, store, level=level, hour=hour), compare, as_json)

    return told


app.command("channels", help=_("What the customers of each channel brought."))(
    _of_customers("channels")
)
app.command("cities", help=_("What the customers of each city brought."))(_of_customers("cities"))


def _trade(what: str, asked: Asked, compare: Compare, as_json: bool) -> None:
    from crm_tui.services.figures import reads_trade, tables

    measures = {
        "games": reads_trade.games,
        "kinds": reads_trade.kinds,
        "skills": reads_trade.skills,
        "channels": reads_trade.channels,
        "cities": reads_trade.cities,
    }

    def look(work: ReadWork, frames: Frames) -> Told:
        period = asked.days(work)
        rows = measures[what](work, frames, period, asked.scope(work), compare)
        return _rows(rows, _said(period, frames)), tables.trade(what, rows, period)

    asked.answer(look, as_json)


def _rows(rows: Iterable[Any], said: Document) -> Document:
    return {**said, "rows": [asdict(row) for row in rows]}


def _said(period: Period, frames: Frames) -> Document:
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "as_of": frames.as_of,
    }


def _without_at(total: Any) -> Document:
    return {name: value for name, value in asdict(total).items() if name != "at"}
