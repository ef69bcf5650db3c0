"""Figures: the columnar copy tells what the database tells."""

from __future__ import annotations

from crm_tui.core.language import _
from crm_tui.services.upkeep.findings import Finding, finding
from crm_tui.storage.store import ReadWork


def copied(work: ReadWork) -> Finding:
    """The copy, where this machine has one, agrees with the database in every month."""
    from crm_tui.services.figures.copy.door import folder_of
    from crm_tui.services.figures.copy.proof import differences

    promise = _(
        "The copy that figures are read from agrees with the database; “crm-tui figures rebuild” "
        "makes it anew."
    )
    return finding("figures.copied", promise, differences(work, folder_of(work.store)))
