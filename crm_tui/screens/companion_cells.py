"""A companion as cells of a table, and the lines below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.content import Content

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.pace import span
from crm_tui.core.words import Gender, Presence
from crm_tui.services.companions.rules import roster_order
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow
    from crm_tui.services.companions.schedule_rules import Standing

NONE = "-"
LOW_CREDIT = 80
"""Credit below it is shown as something to look at."""

Order = Callable[["CompanionRow"], Any]
Wall = Callable[[datetime], datetime]
"""An instant on the studio's wall clock."""

SORTS: dict[str, Order] = {
    "presence": lambda row: roster_order(row.presence, row.level_place, row.no),
    "today": lambda row: (-row.today_orders, row.nick),
    "credit": lambda row: (-row.credit, row.nick),
    "rating": lambda row: (-(row.rating or 0), -row.ratings),
    "rate": lambda row: (-row.rate_fen, row.nick),
    "nick": lambda row: row.nick,
}
"""By column: the order of the rows."""
SORT_NAMES = {
    "presence": N_("presence"),
    "today": N_("orders today"),
    "credit": N_("credit"),
    "rating": N_("rating"),
    "rate": N_("price"),
    "nick": N_("name"),
}


def columns() -> tuple[Column, ...]:
    """The roster's columns, in the language in force."""
    return (
        Column("nick", _("Companion"), 10, grow=2, most=24),
        Column("presence", _("Presence"), 8, grow=1, most=15),
        Column("level", _("Level"), 6, grow=1, most=12, priority=2),
        Column("games", _("Plays"), 11, grow=4, most=60, priority=1),
        Column("today", _("Today"), 5, align="right"),
        Column("served", _("Served"), 6, align="right", live=True, priority=4),
        Column("rating", _("Rating"), 6, align="right"),
        Column("credit", _("Credit"), 6, align="right"),
        Column("idle", _("Idle for"), 8, align="right", live=True, priority=1),
        Column("works", _("Works"), 8, live=True, priority=3),
        Column("order", _("On order"), 12, priority=5),
        Column("rate", _("Per hour"), 8, align="right", priority=6),
    )


def cells(row: CompanionRow, now: datetime, wall: Wall) -> tuple[Cell, ...]:
    """What :func:`columns` name, for ``row``."""
    return (
        shown(row.nick),
        row.presence.label,
        shown(row.level_label or NONE),
        shown(" ".join(dict.fromkeys(skill.game for skill in row.games)) or NONE),
        str(row.today_orders),
        hours_and_minutes(row.load.minutes(now)),
        NONE if row.rating is None else f"{row.rating:.2f}",
        Content.styled(str(row.credit), "$text-warning" if row.credit < LOW_CREDIT else ""),
        span((now - row.idle_since).total_seconds()) if row.idle_since else NONE,
        works(row.standing(now), wall),
        row.current_order or NONE,
        yuan(row.rate_fen),
    )


def hours_and_minutes(minutes: int) -> str:
    """``2:05``; nothing for none."""
    return f"{minutes // 60}:{minutes % 60:02d}" if minutes else NONE


def works(standing: Standing | None, wall: Wall) -> str:
    """Until when somebody works, or when they begin: ``to 02:00``, ``18:00``."""
    if standing is None:
        return NONE
    if standing.until is not None:
        return _("to {time}").format(time=f"{wall(standing.until):%H:%M}")
    return f"{wall(standing.next_at):%H:%M}" if standing.next_at else _("off")


def tone(row: CompanionRow) -> Tone:
    """Who is not there steps back."""
    return "muted" if row.presence in (Presence.OFFLINE, Presence.RESTING) else ""


def counted(rows: Iterable[CompanionRow]) -> Content:
    """How many are in each presence."""
    count = Counter(row.presence for row in rows)
    parts = (
        Content.assemble(presence.label, " ", (str(count[presence]), "bold"))
        for presence in Presence
    )
    return Content("   ").join(parts)


def page(row: CompanionRow, now: datetime, wall: Wall) -> Content:
    """The companion under the cursor: who, skills with ranks, the load, the note."""
    lines = [
        Content.assemble(
            shown(row.nick, "bold"), "  ", shown(" · ".join(facts(row)), "$text-muted")
        ),
        shown(" · ".join((*skills(row), *row.tags))),
        shown(" · ".join(load(row, now, wall))),
        shown(row.note, "$text-accent"),
    ]
    return Content("\n").join(line for line in lines if line.plain)


def facts(row: CompanionRow) -> list[str]:
    """Number, level, phone, price and share, rating."""
    price = _("¥{price} an hour, share {share} %").format(
        price=yuan(row.rate_fen), share=f"{row.share_bp / 100:g}"
    )
    gender = "" if row.gender is Gender.UNKNOWN else row.gender.label
    known = (row.no, gender, row.level_label, row.phone, price, _rated(row))
    return [fact for fact in known if fact]


def skills(row: CompanionRow) -> list[str]:
    """Each game with its rank."""
    return [" ".join((skill.game, skill.rank)).strip() for skill in row.games]


def load(row: CompanionRow, now: datetime, wall: Wall) -> list[str]:
    """Credit, what was done today, what is planned, and until when they work."""
    minutes = row.load.minutes(now)
    done = ngettext(
        "today {count} order, {minutes} min", "today {count} orders, {minutes} min", row.load.orders
    ).format(count=row.load.orders, minutes=minutes)
    said = [_("credit {credit}").format(credit=row.credit), done]
    if row.load.planned_minutes:
        said.append(_("{minutes} min planned").format(minutes=row.load.planned_minutes))
    if row.load.next_start is not None:
        said.append(_("kept for {time}").format(time=f"{wall(row.load.next_start):%m-%d %H:%M}"))
    if (standing := row.standing(now)) is not None:
        said.append(_("works {hours}").format(hours=works(standing, wall)))
    return said


def _rated(row: CompanionRow) -> str:
    if row.rating is None:
        return ""
    return ngettext("{mean} of {count} rating", "{mean} of {count} ratings", row.ratings).format(
        mean=f"{row.rating:.2f}", count=row.ratings
    )
