"""The proof: a batch comes out of the books again, up to its cut, at any later time."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.core.words import SettlementState
from crm_tui.models.settlement import SettlementBatch
from crm_tui.services.money.settlement import batches, dues, plan, reads
from crm_tui.services.money.settlement.rules import Line, lines_of
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of a batch that the books don't say so, or not any more."""

    companion_id: int
    stored: Line | None
    computed: Line | None


def verify(work: ReadWork, no: str) -> list[Difference]:
    """Where a batch is not what comes out of the books up to its cut; empty where it is.

    Raises :class:`NotFound`.
    """
    batch = work.session.get(SettlementBatch, reads.one(work, no).id)
    assert batch is not None
    return differences(work, batch)


def differences(work: ReadWork, batch: SettlementBatch) -> list[Difference]:
    """:func:`verify` for a batch that is at hand."""
    asked = plan.question_of(work, batch)
    stored = {line.companion_id: line for line in batches.lines_of(work, batch)}
    if batch.state is SettlementState.CANCELLED:  # its adjustments went on to another one
        given = {who: line.adjustments_fen for who, line in stored.items() if line.adjustments_fen}
    else:
        given = reads.adjusted(work, batch.id)
    portions = dues.in_portions(work, asked, dues.companions_of(work, batch.store_id))
    found = (each for portion, _left in portions for each in portion)
    computed = {line.companion_id: line for line in lines_of(found, given)}
    return [
        Difference(who, stored.get(who), computed.get(who))
        for who in sorted({*stored, *computed})
        if stored.get(who) != computed.get(who)
    ]
