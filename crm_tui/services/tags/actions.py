"""The writes to tags: putting them on, taking them off, and keeping the words themselves tidy.

Whatever changes who carries what brings the look-up keys along. A tag with a rule is put on and
taken off by :mod:`rule_sets` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, text
from sqlmodel import col, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound, Refused
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO, CustomerTag, Tag
from crm_tui.services.customers.index import write_keys
from crm_tui.services.customers.rules import COLOURS, checked_tag
from crm_tui.services.tags import rule_sets
from crm_tui.services.tags.reads import TagRow
from crm_tui.storage.store import ReadWork, UnitOfWork


def put(work: UnitOfWork, customer_id: int, names: Iterable[str]) -> list[str]:
    """Put tags on a customer and answer those that were not there; new tags are made.

    The caller writes the customer's keys and event. Raises :class:`Invalid` for a tag without a
    name, :class:`Refused` for one that a rule puts on.
    """
    added = []
    for name in dict.fromkeys(map(checked_tag, names)):
        row = by_hand(work, name, new=True)
        if work.session.get(CustomerTag, (customer_id, row.id)) is None:
            work.session.add(CustomerTag(customer_id=customer_id, tag_id=_id(row)))
            added.append(name)
    work.session.flush()
    return added


def take_off(work: UnitOfWork, customer_id: int, names: Iterable[str]) -> list[str]:
    """Take tags off a customer and answer those that were there.

    The caller writes the customer's keys and event. Raises :class:`NotFound` for a tag that does
    not exist, :class:`Refused` for one that a rule puts on.
    """
    removed = []
    for name in dict.fromkeys(map(checked_tag, names)):
        row = by_hand(work, name)
        worn = work.session.get(CustomerTag, (customer_id, row.id))
        if worn is not None:
            work.session.delete(worn)
            removed.append(name)
    work.session.flush()
    return removed


def by_hand(work: UnitOfWork, name: str, *, new: bool = False) -> Tag:
    """The tag with this name, which people put on and take off; made where it is ``new``.

    Raises :class:`Invalid`, :class:`NotFound`, :class:`Refused` for one that a rule puts on.
    """
    row = made(work, name) if new else _named(work, name)
    require_by_hand(row)
    return row


def made(work: UnitOfWork, name: str) -> Tag:
    """The tag with this name, made where there is none, whoever else makes it meanwhile."""
    wanted = {"name": checked_tag(name)}
    work.session.connection().execute(
        text(
            "INSERT INTO tag (name, \"group\", colour) VALUES (:name, '', '') "
            "ON CONFLICT (name) DO NOTHING"
        ),
        wanted,
    )
    return work.session.exec(select(Tag).where(Tag.name == wanted["name"])).one()


def add(work: UnitOfWork, name: str, *, group: str = "", colour: str = "", rule: str = "") -> int:
    """Make a tag and answer its id; with a ``rule`` it goes to whom that fits, at once.

    Raises :class:`Invalid`, :class:`Duplicate` for a name that there is, :class:`Refused` for a
    rule by a role that may not make one.
    """
    wanted = checked_tag(name)
    row = Tag(name=wanted, group=_checked_group(group), colour=_checked_colour(colour))
    work.session.add(row)
    taken = Duplicate(field=_("Tag name"), value=wanted, owner=_("another tag"))
    with work.on_violation({"uq_tag_name": taken}):
        work.session.flush()
    _tell(work, "tag.added", row)
    if rule.strip():
        _rule(work, row, rule)
    return _id(row)


def edit(
    work: UnitOfWork,
    name: str,
    *,
    group: str | None = None,
    colour: str | None = None,
    rule: str | None = None,
) -> None:
    """Change a tag's group, colour or rule; what is ``None`` stays.

    With a new rule the tag goes to whom that fits and from everybody else, at once; with an empty
    one it stays where it is and is an ordinary tag from then on. Raises :class:`NotFound`,
    :class:`Invalid`, :class:`Refused`.
    """
    row = _named(work, name)
    before = (row.group, row.colour)
    if group is not None:
        row.group = _checked_group(group)
    if colour is not None:
        row.colour = _checked_colour(colour)
    if (row.group, row.colour) != before:
        _tell(work, "tag.edited", row)
    if rule is not None and rule.strip() != row.rule:
        _rule(work, row, rule)


def rename(work: UnitOfWork, name: str, new_name: str) -> int:
    """Call a tag something else; answers how many customers carry it.

    Raises :class:`NotFound`, :class:`Invalid`, :class:`Refused`, and :class:`Duplicate` for a name
    that another tag has: those two are merged instead.
    """
    require(work.actor, Permission.DEFINE)
    row = _named(work, name)
    wanted = checked_tag(new_name)
    if wanted == row.name:
        return 0
    before, row.name = row.name, wanted
    work.session.add(row)
    taken = Duplicate(field=_("Tag name"), value=wanted, owner=_("another tag"))
    with work.on_violation({"uq_tag_name": taken}):
        work.session.flush()
    owners = _owners(work, _id(row))
    write_keys(work, owners)
    _tell(work, "tag.renamed", row, before=before, customers=len(owners))
    return len(owners)


def merge(work: UnitOfWork, name: str, into: str) -> int:
    """Let ``into`` stand for the tag ``name`` too, which is gone then; answers how many customers
    got it by that.

    Raises :class:`NotFound`, :class:`Refused` for a tag that a rule puts on.
    """
    require(work.actor, Permission.DEFINE)
    gone, kept = _named(work, name), _named(work, into)
    require_by_hand(gone)
    require_by_hand(kept)
    if gone.id == kept.id:
        raise Invalid(field=_("Tag name"), value=into, expected=_("another tag"))
    owners, known = _owners(work, _id(gone)), set(_owners(work, _id(kept)))
    new = [owner for owner in owners if owner not in known]
    if new:
        rows = [{"customer_id": owner, "tag_id": _id(kept)} for owner in new]
        work.session.connection().execute(insert(CustomerTag), rows)
    _tell(work, "tag.merged", gone, into=kept.name, customers=len(owners))
    _delete(work, gone, owners)
    return len(new)


def remove(work: UnitOfWork, name: str) -> int:
    """Do away with a tag; answers how many customers carried it.

    Raises :class:`NotFound`, :class:`Refused`.
    """
    require(work.actor, Permission.DEFINE)
    row = _named(work, name)
    owners = _owners(work, _id(row))
    _tell(work, "tag.removed", row, customers=len(owners))
    _delete(work, row, owners)
    return len(owners)


def _rule(work: UnitOfWork, row: Tag, rule: str) -> None:
    require(work.actor, Permission.DEFINE)
    row.rule = rule_sets.checked(work, row.name, rule) if rule.strip() else ""
    work.session.flush()
    _tell(work, "tag.ruled", row, rule=row.rule)
    if row.rule:
        rule_sets.refresh_tag(work, _id(row))


def require_by_hand(row: Tag | TagRow) -> None:
    """Raises :class:`Refused` for a tag that comes and goes by itself."""
    if row.rule:
        why = _("the tag {tag} comes and goes by its rule: {rule}").format(
            tag=row.name, rule=row.rule
        )
        raise Refused(why=why, reason="rule_set", tag=row.name, rule=row.rule)


def _named(work: ReadWork, name: str) -> Tag:
    wanted = checked_tag(name)
    row = work.session.exec(select(Tag).where(Tag.name == wanted)).one_or_none()
    if row is None:
        raise NotFound(what=_("tag"), ref=wanted)
    return row


def _id(row: Tag) -> int:
    assert row.id is not None
    return row.id


def _owners(work: ReadWork, tag_id: int) -> list[int]:
    carried = select(CustomerTag.customer_id).where(CustomerTag.tag_id == tag_id)
    return list(work.session.exec(carried.order_by(col(CustomerTag.customer_id))))


def _delete(work: UnitOfWork, row: Tag, owners: list[int]) -> None:
    work.session.flush()
    connection = work.session.connection()
    connection.execute(delete(CustomerTag).where(col(CustomerTag.tag_id) == row.id))
    connection.execute(delete(Tag).where(col(Tag.id) == row.id))
    work.session.expunge_all()
    write_keys(work, owners)


def _checked_group(group: str) -> str:
    return checked_tag(group) if group.strip() else ""


def _checked_colour(colour: str) -> str:
    if colour and colour not in COLOURS:
        raise Invalid(field=_("Colour"), value=colour, expected=joined(COLOURS))
    return colour


def _tell(work: UnitOfWork, kind: str, row: Tag, **facts: Any) -> None:
    work.session.add(row)
    work.session.flush()
    work.record(kind, "tag", _id(row), store_id=STUDIO, ref=row.name, **facts)
