"""Who plays what at which rank: companions down, games across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.screens.companion_cells import NONE
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow

PLAYS = "+"
"""A game that is played at no rank that is known."""


def games_of(rows: Iterable[CompanionRow]) -> tuple[str, ...]:
    """The games that anybody plays, those that most play first."""
    played = Counter(skill.game for row in rows for skill in row.games)
    return tuple(game for game, _count in sorted(played.items(), key=lambda each: -each[1]))


def columns(games: Iterable[str]) -> tuple[Column, ...]:
    """A column for each game; what few play goes first where the table is narrow."""
    return (
        Column("nick", _("Companion"), 10, grow=1, most=20),
        Column("presence", _("Presence"), 8, grow=1, most=15),
        Column("level", _("Level"), 6, most=12, priority=1),
        *(
            Column(f"game-{place}", shown(game).plain, 10, grow=1, most=16, priority=place + 2)
            for place, game in enumerate(games)
        ),
    )


def cells(row: CompanionRow, games: Iterable[str]) -> tuple[Cell, ...]:
    """What :func:`columns` name, for ``row``."""
    ranks = {skill.game: skill.rank or PLAYS for skill in row.games}
    return (
        shown(row.nick),
        row.presence.label,
        shown(row.level_label or NONE),
        *(shown(ranks.get(game, "")) for game in games),
    )
