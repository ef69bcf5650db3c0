"""What each party of an order would get, in a line, before anything is committed (N3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork


def of_giving(no: str, companion_id: int, leaving_id: int | None, work: ReadWork) -> Content:
    """What comes of giving order ``no``, or what is left of its service, to the companion, in the
    place of who is leaving; on a worker thread."""
    from crm_tui.services.money.splits import preview

    return shown(preview.of_giving(work, no, companion_id, leaving_id).text, limit=600)
