"""The tags there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.models import CustomerTag, Tag
from crm_tui.services.customers.rules import checked_tag
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag; ``customers`` carry it. With a ``rule`` it comes and goes by itself."""

    id: int
    name: str
    group: str
    colour: str
    rule: str
    customers: int


def tags(work: ReadWork) -> list[TagRow]:
    """All tags, by group and name."""
    return _rows(work)


def one(work: ReadWork, name: str) -> TagRow:
    """The tag with this name, however it is spaced. Raises :class:`NotFound`, :class:`Invalid`."""
    for row in _rows(work, col(Tag.name) == checked_tag(name)):
        return row
    raise NotFound(what=_("tag"), ref=name)


def _rows(work: ReadWork, *conditions: Any) -> list[TagRow]:
    carried = (
        select(func.count())
        .where(col(CustomerTag.tag_id) == col(Tag.id))
        .correlate(Tag)
        .scalar_subquery()
    )
    columns = (col(Tag.id), col(Tag.name), col(Tag.group), col(Tag.colour), col(Tag.rule))
    rows = work.session.connection().execute(
        select(*columns, carried).where(*conditions).order_by(col(Tag.group), col(Tag.name))
    )
    return [TagRow(*row) for row in rows]


def document(row: TagRow) -> dict[str, Any]:
    """The JSON form of a tag that commands answer."""
    return {name: getattr(row, name) for name in TagRow.__slots__}
