"""Who fits an order, as a table: score, its parts in words, and why the others are out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _
from crm_tui.services.dispatch.reasons import PARTS
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tui.services.dispatch.reads import Candidate, Excluded, Suggestion
    from crm_tui.storage.store import ReadWork

MOST_CANDIDATES = 500
EXCLUDED_SHOWN = 12
"""Companions of whom it is said why they are out."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion, with each companion's number for the look-up."""

    suggestion: Suggestion
    numbers: dict[int, str] = field(default_factory=dict)

    def named(self, typed: str) -> tuple[list[Candidate], list[Excluded]]:
        """The candidates and the others whom all the words typed fit."""
        from crm_tui.services.companions.lookup import fitting
        from crm_tui.services.customers.keys import words_of

        words = words_of(typed)

        def fits(one: Candidate | Excluded) -> bool:
            number = self.numbers.get(one.companion_id, "")
            return fitting(words, one.companion, number) is not None

        found = self.suggestion
        return [one for one in found.candidates if fits(one)], [
            one for one in found.excluded if fits(one)
        ]


def read_advice(no: str, work: ReadWork) -> Advice:
    """Who fits order ``no``, on a worker thread."""
    from crm_tui.services.dispatch import reads

    return Advice(reads.suggest(work, no, limit=MOST_CANDIDATES), reads.numbers(work))


def candidate_table(empty: str, id: str) -> tuple[RecordTable, MemorySource[Candidate]]:
    """A table of candidates, best first, and the source to fill it."""
    source: MemorySource[Candidate] = MemorySource(
        key=lambda candidate: candidate.companion_id, cells=_cells
    )
    return RecordTable(_columns(), source, empty=empty, id=id), source


def _columns() -> tuple[Column, ...]:
    return (
        Column("companion", _("Companion"), 10, grow=1, most=20),
        Column("score", _("Match"), 5, align="right"),
        Column("parts", _("Why"), 12, grow=3, priority=1),
    )


def _cells(candidate: Candidate) -> tuple[str, ...]:
    return candidate.companion, f"{candidate.score:.2f}", in_words(candidate)


def in_words(candidate: Candidate) -> str:
    """The parts of the score, the strongest first: ``rating 0.95 price 0.80 …``; a preference
    of the customer before them."""
    parts = sorted(candidate.parts.items(), key=lambda part: -part[1])
    marks = [_("preferred by the customer")] if candidate.preferred else []
    return " ".join([*marks, *(f"{_(PARTS.get(name, name))} {value:.2f}" for name, value in parts)])


def why_out(suggestion: Suggestion, excluded: Sequence[Excluded]) -> Content:
    """Why these can't, each reason with the fact behind it: those with the fewest first."""
    if not excluded:
        return Content("")
    lines = [Content.styled(_("Why not the others"), "bold")]
    for other in excluded[:EXCLUDED_SHOWN]:
        reasons = (one.text for one in suggestion.against(other.companion_id))
        lines.append(shown(f"{other.companion}: {', '.join(reasons)}"))
    rest = len(excluded) - EXCLUDED_SHOWN
    if rest > 0:
        lines.append(Content(_("and {count} more").format(count=rest)))
    return Content("\n").join(lines)
