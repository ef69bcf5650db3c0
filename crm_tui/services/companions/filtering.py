"""What a filter line can ask of companions: the same on the roster and by command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from crm_tui.core.language import N_
from crm_tui.core.words import Gender, Presence
from crm_tui.services.filters.rules import Field, FilterSpec, Kind, called

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow


def filter_spec(
    now: Callable[[], datetime], custom: Iterable[Field[CompanionRow]] = ()
) -> FilterSpec[CompanionRow]:
    """The fields of companions, under their names in both languages, then the ``custom`` ones; who
    works, works at ``now``.

    Somebody without hours works whenever they say so.
    """

    def works(row: CompanionRow) -> bool:
        standing = row.standing(now())
        return standing is None or standing.works

    return FilterSpec(
        (
            Field(
                called(N_("presence"), "status"),
                lambda row: row.presence.spellings,
                lambda: [presence.label for presence in Presence],
                leading=True,
            ),
            Field(called(N_("game")), lambda row: [skill.game for skill in row.games]),
            Field(called(N_("rank")), lambda row: [skill.rank for skill in row.games]),
            Field(called(N_("level")), lambda row: (row.level_label, row.level or "")),
            Field(
                called(N_("gender")),
                lambda row: row.gender.spellings,
                lambda: [gender.label for gender in Gender],
                leading=True,
            ),
            Field(called(N_("tag")), lambda row: row.tags),
            Field(called(N_("order-no"), "order"), lambda row: row.current_order),
            Field(called(N_("note")), lambda row: row.note),
            Field(called(N_("rating")), lambda row: row.rating, kind=Kind.NUMBER),
            Field(called(N_("today")), lambda row: row.today_orders, kind=Kind.NUMBER),
            Field(called(N_("credit")), lambda row: row.credit, kind=Kind.NUMBER),
            Field(called(N_("on-duty"), "works"), works, kind=Kind.FLAG),
            Field(
                called(N_("served-today"), "load"),
                lambda row: row.load.minutes(now()),
                kind=Kind.MINUTES,
            ),
            Field(called(N_("price")), lambda row: row.rate_fen, kind=Kind.MONEY),
            Field(called(N_("idle")), lambda row: row.idle_since, kind=Kind.INSTANT),
            *custom,
        ),
        _haystack,
    )


def _haystack(row: CompanionRow) -> str:
    games = (f"{skill.game} {skill.rank}" for skill in row.games)
    return " ".join(
        (row.nick, row.no, row.level_label, row.presence.label, *row.tags, *games, row.note)
    )
