"""Opening a studio: the database, and what a new one begins with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import text

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import Clock
from crm_tui.core.ids import IdSource, RandomSource
from crm_tui.storage.store import Store, open_store

Progress = Callable[[int, int], object]
"""Told how many orders of how many are in the books that are being made."""

_A_JOURNAL, _A_PAYMENT = (
    text("SELECT 1 FROM journal LIMIT 1"),
    text("SELECT 1 FROM payment LIMIT 1"),
)


def open_studio(
    target: str | Path,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    random: RandomSource | None = None,
    progress: Progress | None = None,
) -> Store:
    """The studio at a file or URL; a new one gets its catalogue of games, ladders and levels, an
    old one its books.

    Making the books of a large studio takes minutes: ``progress`` hears of it. They are there whole
    or not at all: whoever opens the studio after that was broken off makes them.
    Raises :class:`crm_tui.core.errors.StorageProblem`.
    """
    store = open_store(target, clock=clock, ids=ids, random=random)
    if store.created:
        from crm_tui.services.catalogue import actions

        store.perform(SYSTEM, actions.seed)
    else:
        _keep_books(store, progress)
    return store


def _keep_books(store: Store, progress: Progress | None) -> None:
    """Book what a studio from before there were books holds; all of it or nothing, once."""
    with store.read() as work:
        has_books = work.session.connection().execute(_A_JOURNAL).first() is not None
        has_money = work.session.connection().execute(_A_PAYMENT).first() is not None
    if has_money and not has_books:
        from crm_tui.services.money import backfill

        store.perform(SYSTEM, partial(backfill.bring_in_all, progress=progress))
