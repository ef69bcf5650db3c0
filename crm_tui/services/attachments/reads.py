"""Which files belong to interactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import col, select

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.models.contacts import Attachment
from crm_tui.services.attachments.folder import folder_of
from crm_tui.services.fields.reads import file_contents
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file of an interaction. ``name`` is as people gave it: clean it before it is shown."""

    id: int
    interaction_id: int
    sha256: str
    name: str
    media_type: str
    size_bytes: int
    attached_at: datetime


_ROW: tuple[Any, ...] = tuple(col(getattr(Attachment, name)) for name in AttachmentRow.__slots__)


def of_interactions(work: ReadWork, ids: Collection[int]) -> dict[int, tuple[AttachmentRow, ...]]:
    """The files of each of the interactions ``ids`` that has any, in the order of attaching."""
    found: defaultdict[int, list[AttachmentRow]] = defaultdict(list)
    if ids:
        rows = work.session.connection().execute(
            columns(*_ROW)
            .where(col(Attachment.interaction_id).in_(ids))
            .order_by(col(Attachment.id))
        )
        for row in rows:
            found[row.interaction_id].append(AttachmentRow(*row))
    return {interaction_id: tuple(files) for interaction_id, files in found.items()}


def one(work: ReadWork, attachment_id: int) -> AttachmentRow:
    """The attachment with this id. Raises :class:`NotFound`."""
    row = (
        work.session.connection()
        .execute(columns(*_ROW).where(col(Attachment.id) == attachment_id))
        .one_or_none()
    )
    if row is None:
        raise NotFound(what=_("attachment"), ref=str(attachment_id))
    return AttachmentRow(*row)


def missing(work: ReadWork) -> list[int]:
    """The attachments whose content is not in the data folder, or not in its full length."""
    folder = folder_of(work.store)
    rows = work.session.exec(select(Attachment.id, Attachment.sha256, Attachment.size_bytes))
    return [row_id for row_id, sha256, size in rows if row_id and not folder.has(sha256, size)]


def needed(work: ReadWork) -> set[str]:
    """The contents that an interaction or a custom field refers to."""
    return set(work.session.exec(select(Attachment.sha256).distinct())) | file_contents(work)


def document(row: AttachmentRow) -> dict[str, Any]:
    """The JSON form that commands answer."""
    return {
        "id": row.id,
        "name": row.name,
        "media_type": row.media_type,
        "bytes": row.size_bytes,
        "sha256": row.sha256,
    }
