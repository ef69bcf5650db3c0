"""What people said of the things that wait: who has taken them on, until when they rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import Cause
from crm_tui.models import Operator
from crm_tui.models.alarms import InboxMark
from crm_tui.services.inbox.rules import Thing, Waiting
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Mark:
    """What people said of a thing."""

    owner: str | None
    snoozed_until: datetime | None
    done_at: datetime | None


def marks_of(work: ReadWork, entity: str, ids: Sequence[int]) -> dict[Thing, Mark]:
    """What people said of the records with these ids."""
    entity_id: Any = col(InboxMark.entity_id)
    columns: tuple[Any, ...] = (
        entity_id,
        col(InboxMark.cause),
        col(Operator.login),
        col(InboxMark.snoozed_until),
        col(InboxMark.done_at),
    )
    query = (
        select(*columns)
        .outerjoin(Operator, col(Operator.id) == col(InboxMark.owner_id))
        .where(col(InboxMark.entity) == entity, work.store.dialect.among(entity_id, ids))
    )
    rows: Iterable[Any] = work.session.connection().execute(query)
    return {
        Thing(entity, about, Cause(cause)): Mark(owner, snoozed_until, done_at)
        for about, cause, owner, snoozed_until, done_at in rows
    }


def marked(entry: Waiting, mark: Mark | None) -> Waiting:
    """``entry`` with what was said of it."""
    if mark is None:
        return entry
    return replace(entry, owner=mark.owner, snoozed_until=mark.snoozed_until)
