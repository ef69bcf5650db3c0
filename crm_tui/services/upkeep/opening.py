"""Opening a studio: the database, and what a new one begins with."""

from __future__ import annotations

from pathlib import Path

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import Clock
from crm_tui.core.ids import IdSource, RandomSource
from crm_tui.storage.store import Store, open_store


def open_studio(
    target: str | Path,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    random: RandomSource | None = None,
) -> Store:
    """The studio at a file or URL; a new one gets its catalogue of games, ladders and levels.

    Raises :class:`crm_tui.core.errors.StorageProblem`.
    """
    store = open_store(target, clock=clock, ids=ids, random=random)
    if store.created:
        from crm_tui.services.catalogue import actions

        store.perform(SYSTEM, actions.seed)
    return store
