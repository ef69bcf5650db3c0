"""A companion as cells of a table, the line below it, and what ``/`` can ask of the roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.content import Content

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, Presence
from crm_tui.widgets.countdown import span
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow

NONE = "-"

Order = Callable[["CompanionRow"], Any]
SORTS: dict[str, Order | None] = {
    "presence": None,
    "today": lambda row: (-row.today_orders, row.nick),
    "rating": lambda row: (-(row.rating or 0), -row.ratings),
    "rate": lambda row: (-row.rate_fen, row.nick),
    "nick": lambda row: row.nick,
}
"""By column: the order of the rows. The roster is read by presence and level already."""
SORT_NAMES = {
    "presence": N_("presence"),
    "today": N_("orders today"),
    "rating": N_("rating"),
    "rate": N_("price"),
    "nick": N_("name"),
}


def columns() -> tuple[Column, ...]:
    """The roster's columns, in the language in force."""
    return (
        Column("nick", _("Companion"), 10, grow=2, most=24),
        Column("presence", _("Presence"), 8, grow=1, most=15),
        Column("level", _("Level"), 6, grow=1, most=12, priority=1),
        Column("games", _("Plays"), 12, grow=4, most=60, priority=2),
        Column("today", _("Today"), 5, align="right"),
        Column("rating", _("Rating"), 6, align="right"),
        Column("idle", _("Idle for"), 8, align="right", live=True, priority=1),
        Column("order", _("On order"), 12, priority=3),
        Column("rate", _("Per hour"), 8, align="right", priority=4),
    )


def cells(row: CompanionRow, now: datetime) -> tuple[Cell, ...]:
    """What :func:`columns` name, for ``row``."""
    return (
        shown(row.nick),
        row.presence.label,
        shown(row.level_label or NONE),
        shown(" ".join(dict.fromkeys(skill.game for skill in row.games)) or NONE),
        str(row.today_orders),
        NONE if row.rating is None else f"{row.rating:.2f}",
        span((now - row.idle_since).total_seconds()) if row.idle_since else NONE,
        row.current_order or NONE,
        yuan(row.rate_fen),
    )


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


def page(row: CompanionRow) -> Content:
    """The companion under the cursor: skills with ranks, price and share, tags, note."""
    gender = "" if row.gender is Gender.UNKNOWN else row.gender.label
    facts = [
        fact
        for fact in (
            row.no,
            gender,
            row.level_label,
            row.phone,
            _("¥{price} an hour, share {share} %").format(
                price=yuan(row.rate_fen), share=f"{row.share_bp / 100:g}"
            ),
            _rated(row),
        )
        if fact
    ]
    skills = (" ".join((skill.game, skill.rank)).strip() for skill in row.games)
    lines = [
        Content.assemble(shown(row.nick, "bold"), "  ", shown(" · ".join(facts), "$text-muted")),
        shown(" · ".join((*skills, *row.tags))),
        shown(row.note, "$text-accent"),
    ]
    return Content("\n").join(line for line in lines if line.plain)


def _rated(row: CompanionRow) -> str:
    if row.rating is None:
        return ""
    return ngettext("{mean} of {count} rating", "{mean} of {count} ratings", row.ratings).format(
        mean=f"{row.rating:.2f}", count=row.ratings
    )
