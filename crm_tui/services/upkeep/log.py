"""The event log, read from the beginning or from where one left off."""

from __future__ import annotations

from collections.abc import Iterator

from crm_tui.storage import events
from crm_tui.storage.events import EventRow
from crm_tui.storage.store import Store

PAGE = 1_000


def since(store: Store, after: int, store_id: int | None = None) -> Iterator[EventRow]:
    """The events that follow number ``after`` in the store named, or in each of them in turn.

    Reads page by page, so that a long listing keeps no transaction open.
    """
    with store.read() as work:
        heads = events.heads(work.session)
    for each in sorted(heads) if store_id is None else [store_id]:
        seq = after
        while True:
            with store.read() as work:
                page = events.after(work.session, each, seq, PAGE)
            yield from page
            if len(page) < PAGE:
                break
            seq = page[-1].seq
