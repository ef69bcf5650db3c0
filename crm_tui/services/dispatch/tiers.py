"""The ladder of a round, as data: who is asked first, and after how long the next are.

A ladder is a setting, and is stored with the round that it opened, so that a round goes on as it
began whatever is set meanwhile. Pure; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a ladder: the companions of some levels, or companions by name.

    Without either it asks everybody who fits. ``seconds`` is for how long it has the order to
    itself before the next tier is asked as well; after the last tier nobody is.
    """

    seconds: int
    levels: tuple[str, ...] = ()
    """Codes of companion levels."""
    named: tuple[int, ...] = ()
    """Ids of companions, who are asked whether they fit or not."""

    def asks(self, level: str | None) -> bool:
        """Whether it asks a companion of ``level`` who fits."""
        return not self.named and (not self.levels or level in self.levels)

    def without(self, companion_ids: Collection[int]) -> Tier | None:
        """The tier without some of those it names; ``None`` where it named nobody else."""
        named = tuple(one for one in self.named if one not in companion_ids)
        return replace(self, named=named) if named or not self.named else None


Ladder = tuple[Tier, ...]


def parse(stored: Iterable[Mapping[str, Any]]) -> Ladder:
    """A ladder from the setting or a round."""
    return tuple(
        Tier(int(each["seconds"]), tuple(each.get("levels", ())), tuple(each.get("named", ())))
        for each in stored
    )


def document(ladder: Ladder) -> list[dict[str, Any]]:
    """The form in which a round stores its ladder."""
    return [
        {"seconds": tier.seconds, "levels": list(tier.levels)}
        | ({"named": list(tier.named)} if tier.named else {})
        for tier in ladder
    ]


def added(
    ladder: Ladder, number: int, levels: Mapping[int, str | None], asked: Collection[int]
) -> list[int]:
    """Whom tier ``number`` (from 1) asks who has not been ``asked``, the best first.

    ``levels`` are the companions who fit, best first, with the code of their level. Who fits an
    earlier tier and came free only now is asked as well.
    """
    so_far = ladder[:number]
    named = [one for one in ladder[number - 1].named if one not in asked]
    fitting = [
        one
        for one, level in levels.items()
        if one not in asked and any(tier.asks(level) for tier in so_far)
    ]
    return list(dict.fromkeys([*named, *fitting]))


def next_tier(
    ladder: Ladder, after: int, levels: Mapping[int, str | None], asked: Collection[int]
) -> tuple[int, list[int]] | None:
    """The first tier beyond number ``after`` that has somebody to ask, and whom; see :func:`added`.

    ``None``: nobody is left.
    """
    for number in range(after + 1, len(ladder) + 1):
        if found := added(ladder, number, levels, asked):
            return number, found
    return None
