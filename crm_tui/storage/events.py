"""Writing and reading the event log, and the hash chain that proves it.

``hash = sha256(prev_hash + canonical JSON of [store_id, seq, at, actor, kind, entity, entity_id,
ref, data])``, with ``at`` in microseconds. Personal values appear in ``data`` only as
``sha256(salt + value)``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, tuple_, update
from sqlmodel import Session, col, select

from crm_tui.core.clock import to_micros
from crm_tui.core.ids import IdSource
from crm_tui.models import Event, EventHead, EventValue
from crm_tui.storage.dialect import Dialect

FIRST_HASH = "0" * 64
"""What the first event of a store stands on."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as the feed and the history show it."""

    store_id: int
    seq: int
    at: datetime
    actor: str
    kind: str
    entity: str
    entity_id: int
    ref: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that waits for its transaction to commit."""

    store_id: int
    kind: str
    entity: str
    entity_id: int
    ref: str
    data: Mapping[str, Any]
    changed: Mapping[str, tuple[str | None, str | None]]
    at: datetime | None = None
    """When it happened, where a history is brought in; else when the transaction commits."""


def digest(salt: str, value: str | None) -> str | None:
    """What the chain knows of a personal value."""
    return None if value is None else hashlib.sha256((salt + value).encode()).hexdigest()


def chain_hash(previous: str, event: EventRow) -> str:
    """The hash of ``event`` on top of ``previous``; 64 hexadecimal digits."""
    content = [
        event.store_id,
        event.seq,
        to_micros(event.at),
        event.actor,
        event.kind,
        event.entity,
        event.entity_id,
        event.ref,
        dict(event.data),
    ]
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((previous + canonical).encode()).hexdigest()


def append(
    session: Session,
    dialect: Dialect,
    recorded: Iterable[Recorded],
    at: datetime,
    actor: str,
    ids: IdSource,
) -> None:
    """Write what a unit of work has recorded; called once, just before it commits.

    Stores are locked in the order of their ids, so that two transactions can't wait in a ring.
    """
    by_store: dict[int, list[Recorded]] = {}
    for event in recorded:
        by_store.setdefault(event.store_id, []).append(event)
    for store_id in sorted(by_store):
        dialect.lock_store(session, store_id)
        _append_to_store(session, store_id, by_store[store_id], at, actor, ids)
        dialect.announce(session, store_id)


_OF_STORE = col(EventHead.store_id) == bindparam("of_store")
_HEAD = select(EventHead.seq, EventHead.hash).where(_OF_STORE)
_MOVE_HEAD = update(EventHead).where(_OF_STORE)
_INSERT = insert(Event)


def _append_to_store(
    session: Session,
    store_id: int,
    recorded: list[Recorded],
    at: datetime,
    actor: str,
    ids: IdSource,
) -> None:
    connection = session.connection()
    head = connection.execute(_HEAD, {"of_store": store_id}).first()
    seq, previous = (head.seq, head.hash) if head else (0, FIRST_HASH)
    events: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    for record in recorded:
        seq += 1
        data, personal = _without_values(record, seq, ids)
        row = EventRow(
            store_id,
            seq,
            record.at or at,
            actor,
            record.kind,
            record.entity,
            record.entity_id,
            record.ref,
            data,
        )
        hashed = chain_hash(previous, row)
        events.append(
            {name: getattr(row, name) for name in EventRow.__slots__}
            | {"prev_hash": previous, "hash": hashed}
        )
        values.extend(personal)
        previous = hashed
    connection.execute(_INSERT, events)
    if values:
        connection.execute(insert(EventValue), values)
    if head:
        connection.execute(_MOVE_HEAD, {"of_store": store_id, "seq": seq, "hash": previous})
    else:
        connection.execute(insert(EventHead), {"store_id": store_id, "seq": seq, "hash": previous})


def _without_values(
    record: Recorded, seq: int, ids: IdSource
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The event's data with digests for personal values, and the rows that hold the values."""
    data = dict(record.data)
    if not record.changed:
        return data, []
    salt = ids.token()
    data["changed"] = {
        field: [digest(salt, before), digest(salt, after)]
        for field, (before, after) in record.changed.items()
    }
    return data, [
        {
            "store_id": record.store_id,
            "seq": seq,
            "field": field,
            "salt": salt,
            "before": before,
            "after": after,
        }
        for field, (before, after) in record.changed.items()
    ]


_COLUMNS = (
    col(Event.store_id),
    col(Event.seq),
    col(Event.at),
    col(Event.actor),
    col(Event.kind),
    col(Event.entity),
    col(Event.entity_id),
    col(Event.ref),
    col(Event.data),
)


def heads(session: Session) -> dict[int, int]:
    """The number of the last event of every store."""
    rows = session.connection().execute(select(EventHead.store_id, EventHead.seq))
    return {row.store_id: row.seq for row in rows}


def after(session: Session, store_id: int, seq: int, limit: int = 10_000) -> list[EventRow]:
    """The events of a store that follow number ``seq``, oldest first, at most ``limit``."""
    query = (
        select(*_COLUMNS)  # type: ignore[call-overload]
        .where(Event.store_id == store_id, Event.seq > seq)
        .order_by(col(Event.seq))
        .limit(limit)
    )
    return [EventRow(*row) for row in session.connection().execute(query)]


def of_entity(session: Session, entity: str, entity_id: int, limit: int = 500) -> list[EventRow]:
    """The history of one record, oldest first; the newest ``limit`` events of it."""
    query = (
        select(*_COLUMNS)  # type: ignore[call-overload]
        .where(Event.entity == entity, Event.entity_id == entity_id)
        .order_by(col(Event.at).desc(), col(Event.seq).desc())
        .limit(limit)
    )
    return [EventRow(*row) for row in session.connection().execute(query)][::-1]


def some(session: Session, keys: Collection[tuple[int, int]]) -> list[EventRow]:
    """The events with these stores and numbers, in no particular order."""
    which = tuple_(col(Event.store_id), col(Event.seq)).in_(list(keys))
    query = select(*_COLUMNS).where(which)  # type: ignore[call-overload]
    return [EventRow(*row) for row in session.connection().execute(query)]


def values_of(
    session: Session, keys: Collection[tuple[int, int]]
) -> dict[tuple[int, int], dict[str, tuple[str | None, str | None]]]:
    """The personal values of these events, before and after, by event and field.

    What was erased is not there.
    """
    columns = (EventValue.store_id, EventValue.seq, EventValue.field)
    query = select(*columns, EventValue.before, EventValue.after).where(  # type: ignore[call-overload]
        tuple_(col(EventValue.store_id), col(EventValue.seq)).in_(list(keys))
    )
    found: dict[tuple[int, int], dict[str, tuple[str | None, str | None]]] = {}
    for store_id, seq, field, before, after_ in session.connection().execute(query):
        found.setdefault((store_id, seq), {})[field] = (before, after_)
    return found
