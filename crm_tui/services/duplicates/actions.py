"""Two records become one, are taken apart again, or are judged to be two people.

``merge`` writes down what it replaced and the ids of what it moved; ``unmerge`` needs nothing else.
A merged customer's row stays, empty-handed, and points to the record that it went into; whoever had
been merged into it before points there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import SQLModel, col
from sqlmodel import select as pick

from crm_tui.core.errors import Conflict, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.models import Customer
from crm_tui.models.persons import CustomerMerge
from crm_tui.services.customers.index import write_keys
from crm_tui.services.duplicates import belongings
from crm_tui.services.duplicates.belongings import Counts, Row, from_json, to_json
from crm_tui.services.duplicates.choices import (
    CUSTOM,
    PLAIN,
    FieldChoice,
    as_text,
    choices,
    merged_custom,
)
from crm_tui.services.duplicates.reads import Party, parties
from crm_tui.services.fields import values as unique_values
from crm_tui.services.imports.orders import recount
from crm_tui.services.money.members import transfers
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import ReadWork, UnitOfWork

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_JUDGED = _TABLES["not_duplicate"]


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do: which value stands in each field and why, and what is moved."""

    keep: Party
    other: Party
    fields: tuple[FieldChoice, ...]
    moved: Counts


@dataclass(frozen=True, slots=True)
class Unmerged:
    """Two records again. ``left`` names the fields that were edited since and stay so."""

    keep_id: int
    other_id: int
    left: tuple[str, ...]


def preview(
    work: ReadWork, keep: int, other: int, choose: Mapping[str, str] | None = None
) -> MergePreview:
    """What :func:`merge` with the same arguments would do. Raises as it does."""
    _refuse(work, keep, other)
    mine, theirs = (belongings.customer_row(work, each) for each in (keep, other))
    people = parties(work, (keep, other))
    decided = choices(mine, theirs, choose or {})
    return MergePreview(people[keep], people[other], decided, belongings.counts(work, other))


def merge(
    work: UnitOfWork,
    keep: int,
    other: int,
    choose: Mapping[str, str] | None = None,
    versions: tuple[int, int] | None = None,
) -> int:
    """Let ``other`` go into ``keep``; answers the id of the merge.

    Orders, payments, identities, interactions, tasks, tags and stances change hands, and what the
    books keep for the customer (:mod:`..money.members.transfers`); of each field the value wins
    that :func:`choices.choices` says, or the side that ``choose`` names. Names that lost are found
    further on.

    Raises :class:`Refused` for a role that may not, for one record twice, and for who was merged or
    erased; :class:`NotFound`; :class:`Invalid` for a choice that there is not; :class:`Conflict`
    where somebody else merges the same customer at this moment, or where the two are no longer in
    the ``versions`` that were looked at.
    """
    require(work.actor, Permission.MERGE)
    _hold(work, keep, other)
    _refuse(work, keep, other)
    before = {each: belongings.customer_row(work, each) for each in (keep, other)}
    for each, version in zip((keep, other), versions or (), strict=False):
        if before[each]["version"] != version:
            raise Conflict(what=before[each]["no"], version=before[each]["version"])
    decided = choices(before[keep], before[other], choose or {})
    moved = belongings.counts(work, other)
    snapshot: Row = {"keep": to_json(before[keep]), "other": to_json(before[other])}
    snapshot |= belongings.hand_over(work, other, keep)
    snapshot["absorbed"] = _point(work, other, keep)
    _write_merged(work, before[keep], before[other], decided)
    recount(work, {keep, other})
    write_keys(work, (keep, other))
    rule_sets.refresh(work, [keep])
    after = belongings.customer_row(work, keep)
    snapshot["after"] = to_json({name: after[name] for name in (*PLAIN, "custom", "version")})
    merge_id = _note(work, before[keep], other, snapshot)
    transfers.hand_over(work, other, keep, merge_id)
    _tell(
        work,
        "customer.merged",
        before[keep],
        _changed(decided),
        other=before[other]["no"],
        orders=moved.orders,
        identities=moved.identities,
    )
    return merge_id


def unmerge(work: UnitOfWork, customer_id: int) -> Unmerged:
    """Take back the merge of a customer who was merged, or else the last one into this customer.

    Both become what they were. What was edited since stays edited, and what the kept record got
    since (new orders, payments, identities …) stays with it.

    Raises :class:`Refused` for a role that may not, where a person was erased, where the kept
    record was itself merged or took in somebody later (those merges come first), and where a value
    of a unique field has another owner by now; :class:`NotFound` without a merge.
    """
    require(work.actor, Permission.MERGE)
    found = merge_of(work, customer_id)
    keep, other = found.kept_id, found.other_id
    _hold(work, keep, other)
    work.session.refresh(found, with_for_update=True)
    _refuse_undoing(work, found)
    snapshot = found.snapshot
    belongings.take_back(work, other, keep, snapshot)
    work.session.connection().execute(
        update(_CUSTOMER)
        .where(_CUSTOMER.c.id.in_(snapshot["absorbed"]), _CUSTOMER.c.merged_into_id == keep)
        .values(merged_into_id=other)
    )
    left = _restore(work, keep, other, snapshot)
    assert found.id is not None
    transfers.take_back(work, other, keep, found.id, snapshot["orders"])
    recount(work, {keep, other})
    write_keys(work, (keep, other))
    rule_sets.refresh(work, [keep, other])
    found.undone_at = work.clock.now()
    work.session.add(found)
    _tell(
        work, "customer.unmerged", belongings.customer_row(work, keep), {}, other=_no(work, other)
    )
    return Unmerged(keep, other, left)


def distinct(work: UnitOfWork, one: int, other: int) -> None:
    """Judge that two customers who look alike are two people; they are not shown again.

    Judged before is fine. Raises :class:`Refused` for a role that may not and for one record twice,
    :class:`NotFound`.
    """
    require(work.actor, Permission.MERGE)
    first, second = _ordered(one, other)
    pair = {"first_id": first, "second_id": second}
    rows = [belongings.customer_row(work, each) for each in _known(work, first, second)]
    found = select(_JUDGED).where(_JUDGED.c.first_id == first, _JUDGED.c.second_id == second)
    if work.session.connection().execute(found).first() is not None:
        return
    judgement = {**pair, "judged_at": work.clock.now(), "judged_by": work.actor.login}
    with work.on_violation({"pk_not_duplicate": Conflict(what=rows[0]["no"])}):
        work.session.connection().execute(insert(_JUDGED).values(judgement))
    _tell(work, "customer.distinct", rows[0], {}, other=rows[1]["no"])


def reconsider(work: UnitOfWork, one: int, other: int) -> None:
    """Take back :func:`distinct`: the two may be shown as duplicates again. Raises as it does."""
    require(work.actor, Permission.MERGE)
    first, second = _ordered(one, other)
    rows = [belongings.customer_row(work, each) for each in _known(work, first, second)]
    work.session.connection().execute(
        _JUDGED.delete().where(_JUDGED.c.first_id == first, _JUDGED.c.second_id == second)
    )
    _tell(work, "customer.reconsidered", rows[0], {}, other=rows[1]["no"])


def merge_of(work: ReadWork, customer_id: int) -> CustomerMerge:
    """The merge in force by which this customer went into another one; else the last one of those
    who went into this customer. Raises :class:`NotFound`."""
    in_force = pick(CustomerMerge).where(col(CustomerMerge.undone_at).is_(None))
    newest = in_force.order_by(col(CustomerMerge.id).desc())
    found = (
        work.session.exec(in_force.where(CustomerMerge.other_id == customer_id)).first()
        or work.session.exec(newest.where(CustomerMerge.kept_id == customer_id)).first()
    )
    if found is None:
        raise NotFound(what=_("merge"), ref=_no(work, customer_id))
    return found


def _known(work: ReadWork, *customer_ids: int) -> tuple[int, ...]:
    found = set(
        work.session.connection().scalars(
            select(_CUSTOMER.c.id).where(_CUSTOMER.c.id.in_(customer_ids))
        )
    )
    for each in customer_ids:
        if each not in found:
            raise NotFound(what=_("customer"), ref=str(each))
    return customer_ids


def _ordered(one: int, other: int) -> tuple[int, int]:
    if one == other:
        raise Refused(why=_("that is one and the same customer."))
    return min(one, other), max(one, other)


def _hold(work: UnitOfWork, *customer_ids: int) -> None:
    """Hold the rows against others' changes, in the order of their ids: nobody waits in a ring."""
    for each in sorted(customer_ids):
        work.session.connection().execute(
            select(_CUSTOMER.c.id).where(_CUSTOMER.c.id == each).with_for_update()
        )


def _refuse(work: ReadWork, keep: int, other: int) -> None:
    """Raises where these two can't be merged."""
    _ordered(keep, other)
    for each in _known(work, keep, other):
        row = belongings.customer_row(work, each)
        if row["merged_into_id"] is not None:
            why = _("{no} was merged into {kept} already.")
            raise Refused(why=why.format(no=row["no"], kept=_no(work, row["merged_into_id"])))
        if row["erased_at"] is not None:
            raise Refused(why=_("{no} was erased.").format(no=row["no"]))


def _refuse_undoing(work: ReadWork, found: CustomerMerge) -> None:
    """Raises where a merge can't be taken back (any more, or yet)."""
    if found.undone_at is not None:
        raise Conflict(what=_no(work, found.other_id))
    keep, other = (belongings.customer_row(work, e) for e in (found.kept_id, found.other_id))
    if not found.snapshot or keep["erased_at"] or other["erased_at"]:
        raise Refused(why=_("the person was erased; nothing is left of what was merged."))
    if keep["merged_into_id"] is not None:
        why = _("{no} was itself merged into {kept}; take that back first.")
        raise Refused(why=why.format(no=keep["no"], kept=_no(work, keep["merged_into_id"])))
    later = work.session.exec(
        pick(CustomerMerge.other_id)
        .where(CustomerMerge.kept_id == found.kept_id, col(CustomerMerge.undone_at).is_(None))
        .order_by(col(CustomerMerge.id).desc())
    ).first()
    if later is not None and later != found.other_id:
        why = _("{other} was merged into {no} later; take that back first.")
        raise Refused(why=why.format(other=_no(work, later), no=keep["no"]))


def _point(work: UnitOfWork, other: int, keep: int) -> list[int]:
    """Let ``other``, and who was merged into it before, point to ``keep``; answers the latter."""
    connection = work.session.connection()
    into_other = _CUSTOMER.c.merged_into_id == other
    query = select(_CUSTOMER.c.id).where(into_other).order_by(_CUSTOMER.c.id)
    absorbed = list(connection.scalars(query))
    connection.execute(update(_CUSTOMER).where(into_other).values(merged_into_id=keep))
    connection.execute(
        update(_CUSTOMER)
        .where(_CUSTOMER.c.id == other)
        .values(merged_into_id=keep, version=_CUSTOMER.c.version + 1)
    )
    return absorbed


def _write_merged(
    work: UnitOfWork, keep: Row, other: Row, decided: tuple[FieldChoice, ...]
) -> None:
    """The winning values into the row that stays; unique ones are claimed from the other."""
    result = {each.field: each.result for each in decided if not each.field.startswith(CUSTOM)}
    custom = merged_custom(decided, keep, other)
    unique_values.release(work, "customer", other["id"])
    unique_values.claim(work, "customer", keep["id"], custom)
    _update(work, keep["id"], {**result, "custom": custom, "version": keep["version"] + 1})


def _changed(decided: tuple[FieldChoice, ...]) -> dict[str, tuple[str | None, str | None]]:
    """What a merge changes in the row that stays, as events keep personal values."""
    return {
        each.field: (as_text(each.keep) or None, as_text(each.result) or None)
        for each in decided
        if each.result != each.keep
    }


def _note(work: UnitOfWork, keep: Row, other: int, snapshot: Row) -> int:
    """Write the merge down. The index behind it lets a customer be merged once at a time."""
    row = CustomerMerge(
        store_id=keep["store_id"],
        kept_id=keep["id"],
        other_id=other,
        merged_at=work.clock.now(),
        merged_by=work.actor.login,
        snapshot=snapshot,
    )
    taken = Conflict(what=_no(work, other))
    work.session.add(row)
    with work.on_violation({"uq_customer_merge_other": taken}):
        work.session.flush()
    assert row.id is not None
    return row.id


def _restore(work: UnitOfWork, keep: int, other: int, snapshot: Row) -> tuple[str, ...]:
    """Both rows as they were; answers the fields of the kept one that were edited since."""
    before = from_json(_CUSTOMER, snapshot["keep"])
    after = from_json(_CUSTOMER, snapshot["after"])
    now = belongings.customer_row(work, keep)
    untouched = now["version"] == after["version"]
    written = {name: before[name] for name in after if now[name] == after[name]}
    written["version"] = before["version"] if untouched else now["version"] + 1
    left = tuple(name for name in after if name not in written)
    was = from_json(_CUSTOMER, snapshot["other"])
    custom = before["custom"] if "custom" in written else now["custom"]
    unique_values.claim(work, "customer", keep, custom)
    unique_values.claim(work, "customer", other, was["custom"])
    _update(work, keep, written)
    counted = ("keys", "order_count", "last_order_at")
    _update(work, other, {name: value for name, value in was.items() if name not in counted})
    return left


def _update(work: UnitOfWork, customer_id: int, values: Mapping[str, Any]) -> None:
    work.session.connection().execute(
        update(_CUSTOMER).where(_CUSTOMER.c.id == customer_id).values(dict(values))
    )
    loaded = work.session.identity_map.get(work.session.identity_key(Customer, customer_id))
    if loaded is not None:
        work.session.expire(loaded)


def _no(work: ReadWork, customer_id: int) -> str:
    found = work.session.connection().scalar(
        select(_CUSTOMER.c.no).where(_CUSTOMER.c.id == customer_id)
    )
    return str(found or customer_id)


def _tell(
    work: UnitOfWork,
    kind: str,
    customer: Row,
    changed: Mapping[str, tuple[str | None, str | None]],
    **facts: Any,
) -> None:
    work.record(
        kind,
        "customer",
        customer["id"],
        store_id=customer["store_id"],
        ref=customer["no"],
        changed=changed,
        **facts,
    )
