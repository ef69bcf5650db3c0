"""Who fits an order, as a table: score, its parts in words, and why the others are out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.services.dispatch.reasons import PARTS, Why
from crm_tui.services.orders.billing import margin, preview, split
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.dispatch.reads import Candidate, Excluded, Suggestion
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import ReadWork

MOST_CANDIDATES = 500
EXCLUDED_SHOWN = 12
"""Companions of whom it is said why they are out."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion, with each candidate's share in basis points for the money preview, and their
    numbers for the look-up."""

    suggestion: Suggestion
    shares: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)

    def named(self, typed: str) -> Suggestion:
        """The suggestion with those only whom all the words typed fit."""
        from crm_tui.services.companions.lookup import fitting
        from crm_tui.services.customers.keys import words_of

        words = words_of(typed)

        def fits(one: Candidate | Excluded) -> bool:
            return fitting(words, one.companion, self.numbers.get(one.companion_id, "")) is not None

        return replace(
            self.suggestion,
            candidates=[one for one in self.suggestion.candidates if fits(one)],
            excluded=[one for one in self.suggestion.excluded if fits(one)],
        )


def read_advice(no: str, work: ReadWork) -> Advice:
    """Who fits order ``no``, on a worker thread."""
    from crm_tui.services.companions import reads as companions
    from crm_tui.services.dispatch import reads

    rows = companions.roster(work)
    return Advice(
        reads.suggest(work, no, limit=MOST_CANDIDATES),
        {row.id: row.share_bp for row in rows},
        {row.id: row.no for row in rows},
    )


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


def why_out(suggestion: Suggestion) -> Content:
    """Why the others can't: those with the fewest reasons first."""
    if not suggestion.excluded:
        return Content("")
    lines = [Content.styled(_("Why not the others"), "bold")]
    lines += [
        shown(f"{other.companion}: {', '.join(Why(code).label for code in other.why)}")
        for other in suggestion.excluded[:EXCLUDED_SHOWN]
    ]
    rest = len(suggestion.excluded) - EXCLUDED_SHOWN
    if rest > 0:
        lines.append(Content(_("and {count} more").format(count=rest)))
    return Content("\n").join(lines)


def money_preview(row: OrderRow, candidate: Candidate, advice: Advice) -> Content:
    """What each party would get, seen before it is committed."""
    share_bp = advice.shares.get(candidate.companion_id)
    if share_bp is None:
        return Content("")
    beside = [advice.shares.get(one.id, 0) for one in (*row.companions, *row.reserved)]
    if row.places > 1 and len(beside) < row.places:
        parts = preview(row.amount_fen, row.places, [*beside, share_bp])
        return shown(
            _("The {count} places filled then: ¥{theirs} to companions, {studio}").format(
                count=len(beside) + 1,
                theirs=yuan(parts.companion_fen),
                studio=margin(parts.studio_fen),
            )
        )
    parts = split(row.amount_fen, share_bp)
    return shown(
        _("{companion}: ¥{theirs} ({share}%), studio: ¥{ours}, of ¥{amount}").format(
            companion=candidate.companion,
            theirs=yuan(parts.companion_fen),
            share=f"{share_bp / 100:g}",
            ours=yuan(parts.studio_fen),
            amount=yuan(row.amount_fen),
        )
    )
