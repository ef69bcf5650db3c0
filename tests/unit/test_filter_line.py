"""The filter line: free words, fields, ranges, turned conditions, completion."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import CrmError
from crm_tui.core.language import set_language
from crm_tui.services.filters.completion import complete
from crm_tui.services.filters.grammar import Unreadable
from crm_tui.services.filters.rules import (
    MOST_TESTS,
    BadValue,
    Context,
    Field,
    FilterSpec,
    Kind,
    Moment,
    TooMuch,
    UnknownField,
    UnknownView,
)


@dataclass(frozen=True)
class Row:
    no: str
    status: tuple[str, ...]
    game: str
    amount: int
    """Fen."""
    companion: str | None = None
    minutes: int = 60
    created: datetime | None = None
    born: date | None = None
    blocked: bool = False


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of September 2026, by the clock in Shanghai."""
    return datetime(2026, 9, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


SERVING = Row("O1", ("serving", "服务中"), "王者荣耀", 4500, "鹿鹿09", 90, at(22, 2), blocked=True)
PENDING = Row("O2", ("pending", "待派单"), "和平精英", 9000, None, 30, at(21, 5, 59))
OFFERED = Row("O3", ("offered", "待接单"), "CS2", 6050, "two words", 120, None, date(2026, 8, 31))
ROWS = (SERVING, PENDING, OFFERED)

SPEC: FilterSpec[Row] = FilterSpec(
    (
        Field(
            ("status", "状态"), lambda row: row.status, lambda: ("serving", "pending"), leading=True
        ),
        Field(("game", "游戏"), lambda row: row.game),
        Field(("amount", "金额"), lambda row: row.amount, kind=Kind.MONEY),
        Field(("companion", "陪玩师"), lambda row: row.companion, lambda: ("鹿鹿09", "two words")),
        Field(("minutes", "时长"), lambda row: row.minutes, kind=Kind.MINUTES),
        Field(("created", "下单"), lambda row: row.created, kind=Kind.INSTANT),
        Field(("born", "生日"), lambda row: row.born, kind=Kind.DAY),
        Field(("blocked", "拉黑"), lambda row: row.blocked, kind=Kind.FLAG),
    ),
    lambda row: f"{row.no} {row.game} {row.companion or ''}",
)


NOW = at(22, 3)
"""Still the business day 09-21, a Monday."""
CONTEXT = Context(
    Moment(NOW.astimezone(UTC), BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))),
    {"夜班": "status:serving or status:pending", "two": "@夜班 amount:>60", "self": "@self"},
)


def passing(line: str) -> list[str]:
    keep = SPEC.parse(line, CONTEXT)
    return [row.no for row in ROWS if keep(row)]


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("", ["O1", "O2", "O3"]),
        ("   ", ["O1", "O2", "O3"]),
        ("王者", ["O1"]),
        ("ＣＳ２", ["O3"]),
        ("cs2 o3", ["O3"]),
        ("cs2 o1", []),
        ("状态:服务中", ["O1"]),
        ("状态：服务中", ["O1"]),
        ("status:serving 游戏:王者", ["O1"]),
        ("status:SERV", ["O1"]),
        ("状态:服务中,待接单", ["O1", "O3"]),
        ("状态:待", ["O2", "O3"]),
        ("状态:接单", []),
        ("-状态:服务中", ["O2", "O3"]),
        ("-cs2", ["O1", "O2"]),
        ("金额:>60", ["O2", "O3"]),
        ("金额:>=60.5", ["O2", "O3"]),
        ("amount:<60.5", ["O1"]),
        ("amount:45", ["O1"]),
        ("amount:50..90", ["O2", "O3"]),
        ("amount:..60", ["O1"]),
        ("amount:61..", ["O2"]),
        ("陪玩师:-", ["O2"]),
        ("-陪玩师:-", ["O1", "O3"]),
        ('陪玩师:"two words"', ["O3"]),
        ('"two w"', ["O3"]),
        ("状态:", ["O1", "O2", "O3"]),
        ("-", ["O1", "O2", "O3"]),
        ("status:=serving", ["O1"]),
        ("status:=serv", []),
        ("status:!=serving,待派单", ["O3"]),
        ("amount:>=￥60.50元", ["O2", "O3"]),
        ("amount:>80,<50", ["O1", "O2"]),
        ("amount:0.006万", []),
        ("minutes:>=1.5h", ["O1", "O3"]),
        ("时长:30分钟..1小时30分", ["O1", "O2"]),
        ("minutes:2:00", ["O3"]),
        ("minutes:90", ["O1"]),
        ("created:today", ["O1"]),
        ("下单:今天", ["O1"]),
        ("下单:>=昨天", ["O1", "O2"]),
        ("下单:昨天", ["O2"]),
        ("created:>yesterday", ["O1"]),
        ("created:this-week", ["O1"]),
        ("created:上周", ["O2"]),
        ("created:2026-09", ["O1", "O2"]),
        ("created:2026-09-01..2026-09-20", ["O2"]),
        ("created:9月21日", ["O1"]),
        ("created:>=-1d", ["O1", "O2"]),
        ("created:<1天前", []),
        ("created:>=-2h", ["O1"]),
        ("created:>02:00", []),
        ("created:>=2:00", ["O1"]),
        ("created:<2026-09-21T06:00", ["O2"]),
        ('created:"2026-09-21 05:59"', ["O2"]),
        ("created:-", ["O3"]),
        ("born:<-20d", ["O3"]),
        ("born:last-month", ["O3"]),
        ("拉黑:是", ["O1"]),
        ("blocked:no", ["O2", "O3"]),
        ("cs2 or 和平", ["O2", "O3"]),
        ("CS2 或 和平 amount:>80", ["O2", "O3"]),
        ("(CS2 或 和平) amount:>80", ["O2"]),
        ("（CS2 or 王者） 且 非 status:serving", ["O3"]),
        ("not (cs2 or 王者)", ["O2"]),
        ("-(cs2 or 王者)", ["O2"]),
        ("王者 and 鹿鹿", ["O1"]),
        ('"or"', ["O3"]),
        ("status:serving or 状态:", ["O1"]),
        ("@夜班", ["O1", "O2"]),
        ("-@夜班", ["O3"]),
        ("@two", ["O2"]),
    ],
)
def test_which_rows_pass(line: str, numbers: list[str]) -> None:
    assert passing(line) == numbers


def test_a_field_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownField) as unknown:
        SPEC.parse("colour:red")
    assert "colour" in unknown.value.message()
    assert "status" in unknown.value.message()


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("amount:>cheap", 8),
        ("cs2 amount:60,cheap", 15),
        ("amount:6.001", 8),
        ("created:someday", 9),
        ("created:2026-13-01", 9),
        ("created:-99999y", 9),
        ("minutes:", None),
        ("minutes:long", 9),
        ("blocked:maybe", 9),
        ("game:>5", 6),
    ],
)
def test_a_value_that_does_not_fit_is_refused_where_it_stands(line: str, at: int | None) -> None:
    if at is None:
        assert passing(line) == ["O1", "O2", "O3"]
        return
    with pytest.raises(BadValue) as refused:
        SPEC.parse(line, CONTEXT)
    assert refused.value.facts["at"] == at
    assert str(at) in refused.value.message()


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("(cs2", 5),
        ("cs2)", 4),
        ("or cs2", 1),
        ("cs2 or", 7),
        ("cs2 and or x", 9),
        ("not", 4),
        ("()", 2),
        ("(" * 60, 41),
        ("not " * 60 + "x", 161),
    ],
)
def test_a_line_that_is_built_wrongly_is_refused_where_it_breaks(line: str, at: int) -> None:
    with pytest.raises(Unreadable) as refused:
        SPEC.parse(line, CONTEXT)
    assert refused.value.facts["at"] == at


@pytest.mark.parametrize("line", ["@nobody", "@self"])
def test_a_view_that_is_not_there_or_names_itself_is_refused(line: str) -> None:
    with pytest.raises(UnknownView):
        SPEC.parse(line, CONTEXT)
    assert passing(f'"{line}"') == []


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("st", ["status:"]),
        ("状", ["status:"]),
        ("cs2 ga", ["cs2 game:"]),
        ("-st", ["-status:"]),
        ("(cs2 or st", ["(cs2 or status:"]),
        ("status:se", ["status:serving"]),
        ("状态:se", ["状态:serving"]),
        ("status:serving,", ["status:serving,pending"]),
        ("companion:two", ['companion:"two words"']),
        ('cs2 companion:"two w', ['cs2 companion:"two words"']),
        ("colour:r", []),
        ("created:>=yes", ["created:>=yesterday"]),
        (
            "created:last-week..this-w",
            ["created:last-week..this-week"],
        ),
        ("amount:", ["amount:>=", "amount:<=", "amount:>", "amount:<"]),
        ("amount:6", []),
        ("blocked:", ["blocked:yes", "blocked:no"]),
        ("cs2 o", ["cs2 or"]),
        ("cs2 @t", ["cs2 @two"]),
    ],
)
def test_a_line_completes(line: str, lines: list[str]) -> None:
    set_language("en")
    found = complete(SPEC.fields, line, CONTEXT.views)
    assert [found.before + value for value in found.values] == lines


def test_an_empty_line_offers_every_field() -> None:
    assert complete(SPEC.fields, "").values == tuple(f"{each.names[0]}:" for each in SPEC.fields)


def test_operators_and_days_are_offered_in_the_language_in_force() -> None:
    set_language("zh")
    try:
        assert complete(SPEC.fields, "cs2 或").values == ()
        assert "本周" in complete(SPEC.fields, "created:").values
        assert complete(SPEC.fields, "created:今").values == ("今天", "今年")
    finally:
        set_language("en")


def test_an_empty_filter_is_false() -> None:
    assert not SPEC.parse("")
    assert SPEC.parse("x")


def test_a_filter_knows_whether_time_changes_it() -> None:
    assert SPEC.parse("cs2 or created:today", CONTEXT).timed
    assert not SPEC.parse("cs2", CONTEXT).timed


@given(st.text(alphabet='状态status:=<>.,"()-@ 且或非andort1260今天d元h', max_size=40))
def test_no_line_is_too_strange(line: str) -> None:
    complete(SPEC.fields, line, CONTEXT.views)
    with suppress(CrmError):
        passing(line)


def test_a_line_longer_than_a_database_reads_is_refused() -> None:
    assert SPEC.parse(" ".join(["x"] * MOST_TESTS))
    views = {"half": " ".join(["x"] * (MOST_TESTS // 2))}
    for line in (" ".join(["x"] * 3000), "game:" + ",".join("x" * 300), "@half @half x"):
        with pytest.raises(TooMuch):
            SPEC.parse(line, Context(views=views))
