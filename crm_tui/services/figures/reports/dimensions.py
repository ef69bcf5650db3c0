"""By what a report can be grouped and filtered, and which frames know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, in_every_language, joined
from crm_tui.core.text import fold
from crm_tui.services.figures.catalogue import Basis

_TIMED = frozenset(Basis) - {Basis.EVER}
_ORDERS = frozenset({Basis.LINES, Basis.SERVED})
_COMPANIONS = frozenset({Basis.SERVED, Basis.OFFERS, Basis.SHARES})
_CUSTOMERS = _ORDERS | {Basis.EVER, Basis.FIRSTS, Basis.JOINED}


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that rows have one of. ``column`` is what the prepared frames call it."""

    name: str
    title: str
    """What people call it (msgid)."""
    bases: frozenset[Basis]
    column: str
    timed: bool = False
    """A part of the time, in whose order the rows stand; the others stand by size."""

    @property
    def label(self) -> str:
        """What people call it, in the language in force."""
        return _(self.title)


_ALL = (
    Dimension("day", N_("Day"), _TIMED, "day", timed=True),
    Dimension("week", N_("Week"), _TIMED, "week", timed=True),
    Dimension("month", N_("Month"), _TIMED, "month", timed=True),
    Dimension("weekday", N_("Weekday"), _TIMED, "weekday", timed=True),
    Dimension("hour", N_("Hour"), _ORDERS, "hour", timed=True),
    Dimension("companion", N_("Companion"), _COMPANIONS, "companion_id"),
    Dimension("level", N_("Level"), _COMPANIONS, "level"),
    Dimension("game", N_("Game"), _ORDERS | {Basis.OFFERS}, "game_id"),
    Dimension("kind", N_("Kind"), _ORDERS, "kind"),
    Dimension("channel", N_("Channel"), _CUSTOMERS, "channel"),
    Dimension("city", N_("City"), _CUSTOMERS, "city"),
    Dimension("segment", N_("Segment"), _CUSTOMERS, "segment"),
    Dimension("store", N_("Store"), frozenset(Basis), "store_id"),
)
DIMENSIONS: Mapping[str, Dimension] = {each.name: each for each in _ALL}
"""By name, in the order in which they are offered."""


def dimension_called(text: str, field: str = "group") -> Dimension:
    """The dimension with this name, or that people call so in any language. Raises
    :class:`Invalid`, which names all of them."""
    wanted = fold(text)
    for each in _ALL:
        if wanted in (each.name, *map(fold, in_every_language(each.title))):
            return each
    raise Invalid(field=field, value=text, expected=joined(DIMENSIONS))
