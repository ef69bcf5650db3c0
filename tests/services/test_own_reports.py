"""Reports of one's own: what they ask, what they come to, who may keep and see them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.words import Role
from crm_tui.models import Companion, Game
from crm_tui.services.figures.copy import layout
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.measures_customers import histories
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reports import actions, reads
from crm_tui.services.figures.reports.actions import NewReport
from crm_tui.services.figures.reports.behind import behind
from crm_tui.services.figures.reports.definition import checked, stored
from crm_tui.services.figures.reports.run import Report, run
from crm_tui.services.figures.reports.tables import document_of, table_of
from crm_tui.services.figures.table import Chart
from crm_tui.storage.store import Store

KING, PEACE = 1, 2
LULU, BEI = 1, 2


def _lines(*orders: tuple[int, int, str, int, int, str, int]) -> pl.DataFrame:
    """Orders as (day of September, hour, channel, customer, game, city, yuan)."""
    seen: set[int] = set()
    rows = []
    for number, (day, hour, channel, customer, game, city, amount) in enumerate(orders, start=1):
        at = datetime(2026, 9, day, hour, tzinfo=UTC)
        rows.append(
            {
                "order_id": number, "store_id": 1, "at": at, "day": date(2026, 9, day),
                "hour": (hour + 8) % 24, "customer_id": customer, "game_id": game,
                "kind": "companion", "channel": channel, "city": city, "minutes": 60,
                "gross_fen": amount * 100, "tips_fen": 0, "new": customer not in seen,
                "nth": 1, "created_at": at, "renewal": False,
            }
        )  # fmt: skip
        seen.add(customer)
    return pl.DataFrame(rows, schema=layout.LINES.schema)


LINES = _lines(
    (1, 12, "wechat", 1, KING, "杭州", 60),
    (1, 13, "douyin", 2, PEACE, "上海", 90),
    (2, 12, "wechat", 1, KING, "杭州", 30),
    (21, 12, "wechat", 3, PEACE, "", 45),
)
SERVED = pl.DataFrame(
    [
        {"order_id": order, "store_id": 1, "day": date(2026, 9, day), "companion_id": companion,
         "customer_id": customer, "game_id": game, "kind": "companion", "minutes": 60,
         "gross_fen": fen, "tips_fen": 0, "rating": rating}
        for order, day, companion, customer, game, fen, rating in (
            (1, 1, LULU, 1, KING, 6000, 5),
            (2, 1, LULU, 2, PEACE, 4500, 3),
            (2, 1, BEI, 2, PEACE, 4500, None),
            (3, 2, BEI, 1, KING, 3000, 4),
        )
    ],
    schema={**layout.SERVED.schema},
)  # fmt: skip
BOOKS = pl.DataFrame(
    {"store_id": [1], "day": [date(2026, 9, 1)], "studio_fen": [3000], "refunds_fen": [500]}
)


@pytest.fixture
def frames() -> Frames:
    """Four orders of September."""
    companions = pl.DataFrame({"companion_id": [LULU, BEI], "level": ["大神", None]})
    customers = pl.DataFrame(
        {
            "customer_id": [1, 2, 3],
            "city": ["杭州", "上海", ""],
            "channel": ["wechat", "douyin", "wechat"],
        }
    )
    tables = {
        "lines": LINES,
        "customers": customers,
        "history": histories(LINES.lazy()).collect(),
        "served": SERVED,
        "books": BOOKS,
        "companions": companions,
    }
    return Frames.of({name: table.lazy() for name, table in tables.items()})


@pytest.fixture
def studio(store: Store, manager: Actor) -> Store:
    """A studio that has the games and companions of the orders."""
    with store.write(manager) as work:
        at = work.clock.now()
        work.session.add_all(
            Companion(id=key, store_id=1, no=f"P{key}", nick=nick, created_at=at)
            for key, nick in ((LULU, "鹿鹿"), (BEI, "北岸"))
        )
        known = dict(work.session.exec(select(Game.name, Game.id)).all())
        assert (known["王者荣耀"], known["和平精英"]) == (KING, PEACE)
    return store


def _run(store: Store, frames: Frames, role: Role = Role.MANAGER, **asked: Any) -> Report:
    with store.read() as work:
        return run(work, frames, checked(asked), role)


def _told(report: Report) -> dict[str, tuple[Any, ...]]:
    return {row.label: row.values for row in report.rows}


def test_a_report_is_told_by_any_group_from_the_frame_that_knows_it(
    studio: Store, frames: Frames
) -> None:
    by_game = _run(studio, frames, measures="orders,gross_fen,repurchase_rate", group="game")
    assert _told(by_game) == {"王者荣耀": (2, 9000, 1.0), "和平精英": (2, 13500, 0.0)}
    assert by_game.total == (4, 22500, pytest.approx(1 / 3))

    # An order of two companions counts for each of them, and once in the whole.
    by_companion = _run(studio, frames, measures=["Income", "Rating"], group="陪玩师")
    assert _told(by_companion) == {"鹿鹿": (10500, 4.0), "北岸": (7500, 4.0)}
    assert by_companion.total == (18000, 4.0), "nobody served the last one to its end"

    by_level = _run(studio, frames, measures="orders", group="level", filter="channel:抖音")
    assert _told(by_level) == {"大神": (1,), "": (1,)}

    by_segment = _run(studio, frames, measures="orders,customers", group="segment")
    assert _told(by_segment) == {"Active": (2, 1), "New customer": (2, 2)}

    books = _run(studio, frames, measures="studio_fen,refunds_fen", group="week")
    assert _told(books)["2026-W36"] == (3000, 500)


def test_the_orders_behind_a_row_are_those_that_it_tells_of(studio: Store, frames: Frames) -> None:
    asked: tuple[dict[str, Any], ...] = (
        *({"group": group} for group in ("game", "companion", "level", "city", "segment", "week")),
        *({"group": "weekday", "filter": "city:杭州"}, {"group": "hour"}, {"filter": "game:和平"}),
    )
    for one in asked:
        measures = "rating,gross_fen" if one.get("group") == "companion" else "orders,gross_fen"
        told = _run(studio, frames, measures=measures, **one)
        with studio.read() as work:
            for row in told.rows:
                found = behind(work, frames, told.definition, told.period, row.key)
                assert found is not None and found.gross_fen == row.values[1], (one, row)
                assert measures[0] == "r" or found.orders == len(found.order_ids) == row.values[0]
            if not told.rows:
                found = behind(work, frames, told.definition, told.period, limit=1)
                assert found is not None and (found.orders, found.order_ids) == (2, (4,))
    with studio.read() as work:
        nobody = _run(studio, frames, measures="studio_fen", group="day")
        assert behind(work, frames, nobody.definition, nobody.period, date(2026, 9, 1)) is None
        for name in ("new_customers", "renewals"):
            told = _run(studio, frames, measures=name)
            found = behind(work, frames, told.definition, told.period)
            assert found is not None and found.orders == told.total[0], name


def test_every_part_of_the_time_has_its_row(studio: Store, frames: Frames) -> None:
    days = _run(studio, frames, measures="orders,average_fen", group="day")
    assert len(days.rows) == 21, "the running business day is the last"
    assert days.rows[0].values == (2, 7500)
    assert days.rows[2].values == (0, None), "nothing adds up to 0, and has no average"
    weekdays = _run(
        studio, frames, measures="orders", group="weekday", period="2026-09-01..2026-09-02"
    )
    assert _told(weekdays) == {
        "Mon": (0,), "Tue": (2,), "Wed": (1,), "Thu": (0,), "Fri": (0,), "Sat": (0,), "Sun": (0,),
    }  # fmt: skip
    hours = _run(studio, frames, measures="orders", group="hour")
    assert hours.rows[0].label == "06:00" and len(hours.rows) == 24
    assert _told(hours)["20:00"] == (3,)


def test_each_value_stands_beside_what_was_before(studio: Store, frames: Frames) -> None:
    asked: dict[str, Any] = {"measures": "gross_fen,repurchase_rate,ltv_fen", "compare": "上期"}
    days = {"period": "2026-09-02..2026-09-02"}
    by_channel = _run(studio, frames, **asked, **days, group="channel")
    assert by_channel.compared == Period(date(2026, 9, 1), date(2026, 9, 1))
    wechat, douyin = by_channel.rows
    assert (wechat.values, wechat.before) == ((3000, 0, 6750), (6000, 0, None))
    assert (douyin.values, douyin.before) == ((0, None, 9000), (9000, 0, None)), "nothing by now"
    told = document_of(by_channel)
    assert told["rows"][0]["change"] == {"gross_fen": -0.5, "repurchase_rate": 0, "ltv_fen": None}
    assert told["compared"]["total"]["gross_fen"] == 15_000
    table = table_of(by_channel)
    assert [column.key for column in table.columns[1:4]] == [
        *("gross_fen", "before_gross_fen", "gross_fen_change")
    ]
    assert table.all_rows[-1][1:4] == (30.0, 150.0, -0.8)
    assert table.chart == Chart(0, (1, 2), before=True)

    # The second and third day beside the first two; what those had not stands beside nothing.
    by_day = _run(
        studio, frames, measures="orders", group="day", period="2026-08-31..2026-09-02",
        compare="last_week",
    )  # fmt: skip
    assert [(row.values, row.before) for row in by_day.rows] == [
        ((0,), (0,)), ((2,), (0,)), ((1,), (0,)),
    ]  # fmt: skip
    march = _run(
        studio, frames, measures="orders", group="day", period="2026-03", compare="previous"
    )
    assert [row.before for row in march.rows[27:]] == [(0,), (None,), (None,), (None,)]


def test_what_is_running_is_held_against_as_much_of_the_time_before(studio: Store) -> None:
    """It is 22:16 on the wall clock, 14:16 UTC."""
    lines = _lines(
        (20, 12, "wechat", 1, KING, "", 60),
        (20, 16, "wechat", 1, KING, "", 60),
        (21, 12, "wechat", 1, KING, "", 60),
    )
    frames = Frames.of({"lines": lines.lazy()})
    today = {"measures": "orders", "group": "game", "compare": "previous"}
    assert _run(studio, frames, **today, period="today").total_before == (1,)
    assert _run(studio, frames, **today, period="today").rows[0].before == (1,)
    assert _run(studio, frames, **today, period="yesterday").total == (2,)


def test_a_filter_lets_pass_what_it_says(studio: Store, frames: Frames) -> None:
    meant = {
        "game:王者": 2,
        "-game:王者": 2,
        "城市:- or 城市:上海": 2,
        "渠道:douyin,微信 amount:>50": 2,
        "new:yes hour:20..21": 3,
        "companion:鹿鹿": 2,
        "level:大神 -city:杭州": 1,
        "game:nothing": 0,
    }
    told = {line: _run(studio, frames, measures="orders", filter=line).total for line in meant}
    assert told == {line: (orders,) for line, orders in meant.items()}


def test_what_can_not_be_asked_is_refused_by_its_field(sqlite_store: Store, manager: Actor) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"measures": ""}, "measures"),
        ({"measures": "nonsense"}, "measures"),
        ({"measures": "orders", "group": "moon"}, "group"),
        ({"measures": "orders", "chart": "pie"}, "chart"),
        ({"measures": "orders", "top": "-1"}, "top"),
        ({"measures": "orders", "compare": "tomorrow"}, "compare"),
        ({"measures": "orders", "period": "someday"}, "period"),
        ({"measures": "orders", "period": "<2026-09-01"}, "period"),
        ({"measures": "studio_fen", "group": "game"}, "measure"),
        ({"measures": "orders,share_fen", "filter": "game:王者"}, "measure"),
        ({"measures": "orders", "filter": "小鱼"}, "filter"),
        ({"measures": "orders", "filter": "hour:late"}, "hour"),
        ({"measures": "orders", "filter": "moon:full"}, "moon"),
    ]
    for asked, field in refused:
        with pytest.raises(CrmError) as told, sqlite_store.write(manager) as work:
            actions.save(work, NewReport("晚高峰", checked(asked)))
        assert (asked, told.value.facts["field"]) == (asked, field)


def test_reports_are_kept_shared_and_brought_back(store: Store, manager: Actor) -> None:
    finance = Actor("zhao", Role.FINANCE)
    income = checked({"measures": "gross_fen", "group": "day", "period": "last-month"})
    orders = checked({"measures": "orders"})
    with store.write(finance) as work:
        own = actions.save(work, NewReport("每日 收入", income))
    with store.read() as work:
        kept = reads.report_called(work, "zhao", " 每日  收入 ")
        assert (kept.id, kept.definition) == (own, income)
        assert reads.reports_of(work, "wang") == []
    with store.write(finance) as work:
        actions.share(work, own)
        actions.put_on_glance(work, own)
    with store.read() as work:
        assert [each.name for each in reads.reports_of(work, "li", on_glance=True)] == ["每日 收入"]
    # A second shared one can't have the name; an own one can, and comes first.
    with pytest.raises(Duplicate), store.write(manager) as work:
        actions.save(work, NewReport("每日 收入", orders, shared=True))
    with store.write(manager) as work:
        mine = actions.save(work, NewReport("每日 收入", orders))
    with store.read() as work:
        assert reads.report_called(work, "wang", "每日 收入").id == mine
        assert len(reads.reports_of(work, "wang")) == 1
    with store.write(manager) as work:
        actions.remove(work, mine)
    with store.read() as work:
        assert reads.report_called(work, "wang", "每日 收入").id == own
        removed = actions.last_removed(work, "wang", "每日 收入")
    with store.write(manager) as work:
        actions.restore(work, removed)
    with store.read() as work:
        assert reads.report_called(work, "wang", "每日 收入").definition == orders


def test_roles_see_and_change_what_they_may(
    sqlite_store: Store, manager: Actor, actor: Actor, frames: Frames
) -> None:
    income = checked({"measures": "gross_fen"})
    with pytest.raises(Refused, match="figures in money"):
        _run(sqlite_store, frames, Role.DISPATCHER, measures="orders,gross_fen")
    with pytest.raises(Refused), sqlite_store.write(actor) as work:
        actions.save(work, NewReport("收入", income))
    with sqlite_store.write(manager) as work:
        theirs = actions.save(work, NewReport("收入", income, shared=True))
    with pytest.raises(Refused, match="of wang"), sqlite_store.write(actor) as work:
        actions.remove(work, theirs)
    with pytest.raises(Invalid), sqlite_store.write(manager) as work:
        actions.save(work, NewReport("revenue", income))
    with pytest.raises(NotFound), sqlite_store.read() as work:
        reads.report_called(work, "li", "没有")


def test_a_report_that_was_kept_before_it_could_be_compared_compares_nothing() -> None:
    kept = checked({"measures": "orders", "group": "day"}).as_json()
    del kept["compare"]
    assert stored(kept) == checked({"measures": "orders", "group": "day"})


def test_no_report_is_called_like_a_command() -> None:
    from crm_tui.cli.reports import app

    assert {command.name for command in app.registered_commands} <= actions.FIXED
