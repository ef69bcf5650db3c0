"""The event log: a chain without a gap or a change, and values that match their digests."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import col, select

from crm_tui.core.language import _, ngettext
from crm_tui.models import Event, EventHead, EventValue
from crm_tui.services.upkeep.findings import Finding, finding
from crm_tui.storage.events import FIRST_HASH, EventRow, chain_hash, digest
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5_000


def chain(work: ReadWork) -> Finding:
    """Every store's events count 1, 2, 3 … and each stands on the hash of the one before."""
    faults: list[str] = []
    checked = 0
    heads = {head.store_id: head for head in work.session.exec(select(EventHead))}
    store_id, seq, previous, broken = -1, 0, FIRST_HASH, False
    ends: dict[int, tuple[int, str]] = {}
    for row, stands_on, hashed in _events(work):
        if row.store_id != store_id:
            store_id, seq, previous, broken = row.store_id, 0, FIRST_HASH, False
        checked += 1
        sound = (row.seq, stands_on) == (seq + 1, previous) and chain_hash(previous, row) == hashed
        if not sound and not broken:
            faults.append(f"{row.store_id}:{row.seq}")
        broken = not sound
        seq, previous = row.seq, hashed
        ends[store_id] = (seq, hashed)
    faults += [
        f"{head.store_id}:{head.seq}"
        for head in heads.values()
        if ends.get(head.store_id, (0, FIRST_HASH)) != (head.seq, head.hash)
    ]
    faults += [f"{store}:{seq}" for store, (seq, _hash) in ends.items() if store not in heads]
    promise = ngettext(
        "The chain of {count} event is whole.", "The chain of {count} events is whole.", checked
    )
    return finding("events.chain", promise.format(count=checked), faults)


def _events(work: ReadWork) -> Iterator[tuple[EventRow, str, str]]:
    """All events in the order of their chains, a few thousand in memory at a time."""
    names = EventRow.__slots__
    query = select(*(getattr(Event, name) for name in (*names, "prev_hash", "hash"))).order_by(
        col(Event.store_id), col(Event.seq)
    )
    rows = work.session.connection().execution_options(yield_per=_AT_ONCE).execute(query)
    for *fields, stands_on, hashed in rows:
        yield EventRow(*fields), stands_on, hashed


def values(work: ReadWork) -> Finding:
    """Personal values that are still there are those whose digests the chain covers."""
    query = (
        select(  # type: ignore[call-overload]
            EventValue.store_id,
            EventValue.seq,
            EventValue.field,
            EventValue.salt,
            EventValue.before,
            EventValue.after,
            Event.data,
        )
        .join(
            Event,
            (col(Event.store_id) == EventValue.store_id) & (col(Event.seq) == EventValue.seq),
        )
        .order_by(col(EventValue.store_id), col(EventValue.seq))
    )
    faults: list[str] = []
    rows = work.session.connection().execution_options(yield_per=_AT_ONCE).execute(query)
    for store_id, seq, field, salt, before, after, data in rows:
        known = data.get("changed", {}).get(field)
        if known is None or any(
            value is not None and digest(salt, value) != expected
            for value, expected in zip((before, after), known, strict=True)
        ):
            faults.append(f"{store_id}:{seq}")
    return finding(
        "events.values", _("Personal values beside the log match their digests."), faults
    )
