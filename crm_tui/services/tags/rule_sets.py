"""Tags that come and go by themselves (A4): whom the rule fits carries the tag, and nobody else.

A rule is a filter line over customers (:mod:`customers.listing`). It is looked at again for the
customers concerned in the transaction that changes them or completes an order of theirs, and for
all when the rule is set, by ``tags refresh``, and when a business day begins, because what a rule
says of time (``last:<-30d``) changes without anybody's doing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, delete, insert, not_
from sqlmodel import SQLModel, col, select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, Invalid
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.models import STUDIO, Customer, CustomerTag, Tag
from crm_tui.services.customers import listing
from crm_tui.services.customers.filtering import fields
from crm_tui.services.customers.index import write_keys
from crm_tui.services.filters.columns import Where
from crm_tui.services.filters.grammar import leaves
from crm_tui.services.filters.rules import Context, Moment, read_line
from crm_tui.services.filters.values import Has
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

LONGEST_RULE = 2000
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a look at everybody changed for one tag: customers who got it, who lost it; or why its
    rule can no longer be read, and nothing was changed."""

    tag: str
    added: int = 0
    removed: int = 0
    problem: str = ""


def checked(work: ReadWork, name: str, rule: str) -> str:
    """``rule``, if the tag ``name`` can go by it.

    It may name what everybody may see, and no tag that goes by a rule itself. Raises
    :class:`Invalid`, and what the filter language raises.
    """
    line = rule.strip()
    if len(line) > LONGEST_RULE:
        limit = _("at most {count} characters").format(count=LONGEST_RULE)
        raise Invalid(field=_("Rule"), value=line[:100], expected=limit)
    _condition(work, line)
    ruled = {fold(each.name) for each in _tags(work)} | {fold(name)}
    for test in _tags_asked(work, line):
        if any(test.text in known for known in ruled):
            expected = _("only tags that are put on by hand")
            raise Invalid(field=_("Rule"), value=test.typed, expected=expected)
    return line


def refresh(work: UnitOfWork, customer_ids: Iterable[int]) -> None:
    """Put the tags with rules on these customers whom they fit, and take them off the others.

    A rule that can no longer be read leaves its tag where it is (``refresh_all`` tells of it).
    """
    tags = _tags(work)
    if not tags:
        return
    ids = sorted(set(customer_ids))
    work.session.flush()
    changes: dict[int, tuple[list[str], list[str]]] = {each: ([], []) for each in ids}
    for tag in tags:
        try:
            where = _condition(work, tag.rule)
        except CrmError:
            continue
        for portion in _portions(ids):
            got, lost = _bring(work, tag, where, portion)
            for owner in got:
                changes[owner][0].append(tag.name)
            for owner in lost:
                changes[owner][1].append(tag.name)
    touched = [owner for owner, (got, lost) in changes.items() if got or lost]
    write_keys(work, touched)
    for owner in touched:
        _tell_customer(work, owner, *changes[owner])


def refresh_tag(work: UnitOfWork, tag_id: int) -> Refreshed:
    """Let the tag be on everybody whom its rule fits, and on nobody else."""
    tag = work.session.get_one(Tag, tag_id)
    try:
        where = _condition(work, tag.rule)
    except CrmError as error:
        return Refreshed(tag.name, problem=error.message())
    work.session.flush()
    got, lost = _bring(work, tag, where)
    write_keys(work, [*got, *lost])
    if got or lost:
        work.record(
            "tag.refreshed",
            "tag",
            tag_id,
            store_id=STUDIO,
            ref=tag.name,
            added=len(got),
            removed=len(lost),
        )
    return Refreshed(tag.name, len(got), len(lost))


def refresh_all(work: UnitOfWork) -> list[Refreshed]:
    """Look at everybody by every rule; answers what that changed, a line a tag."""
    return [refresh_tag(work, tag.id) for tag in _tags(work) if tag.id is not None]


def unreadable(work: ReadWork) -> list[tuple[str, str]]:
    """The tags whose rules can no longer be read, each with the reason."""
    found = []
    for tag in _tags(work):
        try:
            _condition(work, tag.rule)
        except CrmError as error:
            found.append((tag.name, error.message()))
    return found


def begin_day(store: Store, actor: Actor) -> date:
    """Look at everybody by every rule, once a business day, whoever asks first; answers the day.

    Nothing is written where no tag goes by a rule.
    """
    with store.read() as work:
        day = work.calendar().day_of(work.clock.now())
        ruled = bool(_tags(work))
    if ruled:
        store.perform(actor, _refreshed, key=f"tags.refresh {day}", request=["tags", str(day)])
    return day


def _refreshed(work: UnitOfWork) -> int:
    return len(refresh_all(work))


def _tags(work: ReadWork) -> Sequence[Tag]:
    return work.session.exec(select(Tag).where(Tag.rule != "").order_by(col(Tag.id))).all()


def _context(work: ReadWork) -> Context:
    return Context(Moment(work.clock.now(), work.calendar()))


def _condition(work: ReadWork, rule: str) -> Where:
    return listing.condition(work, rule, _context(work))


def _tags_asked(work: ReadWork, rule: str) -> Iterable[Has]:
    """The tags that the rule itself asks for."""
    for condition in leaves(read_line(fields(work, None), rule, _context(work))):
        if condition.field is not None and "tag" in condition.field.names:
            yield from (test for test in condition.tests if isinstance(test, Has))


def _bring(
    work: UnitOfWork, tag: Tag, where: Where, ids: Sequence[int] | None = None
) -> tuple[list[int], list[int]]:
    """Make the tag's carriers those who meet ``where``, among ``ids`` or all; who got and lost
    it."""
    connection = work.session.connection()
    customer_id: ColumnElement[int] = SQLModel.metadata.tables["customer"].c.id
    among = () if ids is None else (customer_id.in_(ids),)
    worn = (
        select(CustomerTag.customer_id)
        .where(CustomerTag.customer_id == Customer.id, CustomerTag.tag_id == tag.id)
        .exists()
    )
    got = list(connection.scalars(select(customer_id).where(where, not_(worn), *among)))
    lost = list(connection.scalars(select(customer_id).where(not_(where), worn, *among)))
    if got:
        rows = [{"customer_id": owner, "tag_id": tag.id} for owner in got]
        connection.execute(insert(CustomerTag), rows)
    for portion in _portions(lost):
        connection.execute(
            delete(CustomerTag).where(
                col(CustomerTag.tag_id) == tag.id, col(CustomerTag.customer_id).in_(portion)
            )
        )
    return got, lost


def _portions(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def _tell_customer(work: UnitOfWork, owner: int, got: list[str], lost: list[str]) -> None:
    customer = work.session.get_one(Customer, owner)
    work.record(
        "customer.tagged",
        "customer",
        owner,
        store_id=customer.store_id,
        ref=customer.no,
        added=got,
        removed=lost,
        by_rule=True,
    )
