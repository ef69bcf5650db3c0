"""What passed between the studio and a customer, the newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import ContactChannel, ContactDirection
from crm_tui.models import Customer, Order
from crm_tui.models.contacts import Interaction
from crm_tui.services.attachments import reads as attachments
from crm_tui.services.attachments.reads import AttachmentRow
from crm_tui.services.orders.reads import iso
from crm_tui.storage.store import ReadWork

PAGE = 50
Place = tuple[datetime, int]
"""Where a page goes on: an interaction's instant and id."""


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One contact, or a note. ``at`` is when it happened, ``noted_at`` when it was written down."""

    id: int
    store_id: int
    customer_id: int
    customer_no: str
    order_id: int | None
    order_no: str | None
    at: datetime
    channel: ContactChannel
    direction: ContactDirection
    summary: str
    noted_by: str
    noted_at: datetime
    version: int
    attachments: tuple[AttachmentRow, ...] = ()

    @property
    def place(self) -> Place:
        """What :func:`of_customer` takes as ``before`` for the page that follows."""
        return self.at, self.id


_ELSEWHERE: dict[str, Any] = {"customer_no": col(Customer.no), "order_no": col(Order.no)}
_ROW: tuple[Any, ...] = tuple(
    _ELSEWHERE.get(field.name, getattr(Interaction, field.name, None))
    for field in fields(InteractionRow)
    if field.name != "attachments"
)
_ROWS = (
    select(*_ROW)
    .join(Customer, col(Customer.id) == col(Interaction.customer_id))
    .outerjoin(Order, col(Order.id) == col(Interaction.order_id))
    .order_by(col(Interaction.at).desc(), col(Interaction.id).desc())
)


def of_customer(
    work: ReadWork, customer_id: int, before: Place | None = None, limit: int = PAGE
) -> list[InteractionRow]:
    """The newest ``limit`` interactions with a customer, of those older than ``before``."""
    which: list[ColumnElement[bool]] = [col(Interaction.customer_id) == customer_id]
    if before is not None:
        at, row_id = before
        same = and_(col(Interaction.at) == at, col(Interaction.id) < row_id)
        which.append(or_(col(Interaction.at) < at, same))
    rows = work.session.connection().execute(_ROWS.where(*which).limit(limit)).all()
    return _with_files(work, rows)


def last_of(work: ReadWork, customer_id: int) -> ContactChannel | None:
    """The channel of the newest contact with a customer, notes aside."""
    query = (
        select(col(Interaction.channel))
        .where(
            col(Interaction.customer_id) == customer_id,
            col(Interaction.direction) != ContactDirection.NOTE,
        )
        .order_by(col(Interaction.at).desc(), col(Interaction.id).desc())
        .limit(1)
    )
    channel: ContactChannel | None = work.session.connection().scalar(query)
    return channel


def one(work: ReadWork, interaction_id: int) -> InteractionRow:
    """The interaction with this id. Raises :class:`NotFound`."""
    rows = work.session.connection().execute(_ROWS.where(col(Interaction.id) == interaction_id))
    found = _with_files(work, rows.all())
    if not found:
        raise NotFound(what=_("interaction"), ref=str(interaction_id))
    return found[0]


def by_ids(work: ReadWork, ids: Collection[int]) -> list[InteractionRow]:
    """The interactions with these ids, the newest first."""
    rows = work.session.connection().execute(_ROWS.where(col(Interaction.id).in_(ids)))
    return _with_files(work, rows.all())


def _with_files(work: ReadWork, rows: Sequence[Any]) -> list[InteractionRow]:
    files = attachments.of_interactions(work, [row.id for row in rows])
    return [replace(InteractionRow(*row), attachments=files.get(row.id, ())) for row in rows]


def document(row: InteractionRow, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form that commands answer, with times as ``zone`` shows them."""
    return {
        "id": row.id,
        "customer": row.customer_no,
        "order": row.order_no,
        "at": iso(row.at, zone),
        "channel": row.channel.value,
        "direction": row.direction.value,
        "summary": row.summary,
        "noted_by": row.noted_by,
        "noted_at": iso(row.noted_at, zone),
        "version": row.version,
        "attachments": [attachments.document(each) for each in row.attachments],
    }
