"""Reconciling as scripts ask for it: carried out or only tried, and told as one document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.services.money.bills import actions, reads
from crm_tui.services.money.bills.actions import Progress
from crm_tui.storage.store import Store


class _NotReally(Exception):
    """Ends a trial, of which nothing is kept."""


def document(
    store: Store,
    actor: Actor,
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Reconcile a bill and answer the document of CLI.md; with ``dry_run`` nothing is kept.

    Raises what :func:`actions.reconcile` raises.
    """
    if not dry_run:
        done = actions.reconcile(store, actor, path, progress)
        with store.read() as work:
            return reads.document(work, done)
    found: dict[str, Any] = {}
    try:
        with store.write(actor) as work:
            found = reads.document(work, actions.try_reconcile(work, path))
            raise _NotReally
    except _NotReally:
        return {**found, "dry_run": True}
