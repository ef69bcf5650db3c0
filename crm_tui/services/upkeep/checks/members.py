"""Members have what they topped up for."""

from __future__ import annotations

from sqlmodel import select

from crm_tui.core.language import _
from crm_tui.models.members import Membership
from crm_tui.services.money.members import reads
from crm_tui.services.money.members.rules import level_for
from crm_tui.services.upkeep.findings import Finding, finding
from crm_tui.storage.store import ReadWork


def levels(work: ReadWork) -> Finding:
    """Every customer has the level that their top-ups reach."""
    known, totals = reads.levels(work), reads.topped_up(work)
    held = {row.customer_id: row.level_id for row in work.session.exec(select(Membership))}
    reached = {
        customer_id: level.id
        for customer_id, total in totals.items()
        if (level := level_for(total, known)) is not None
    }
    broken = sorted(
        each for each in held.keys() | reached.keys() if held.get(each) != reached.get(each)
    )
    promise = _("Every member has the level that their top-ups reach.")
    return finding("members.levels", promise, [str(each) for each in broken])
