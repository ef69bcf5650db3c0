"""Membership levels: defined by whoever may define, reached by topping up."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete
from sqlmodel import col, select

from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO
from crm_tui.models.members import Membership, MembershipLevel
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.money.members.reads import levels, topped_up
from crm_tui.services.money.members.rules import Level, level_for, out_of_order
from crm_tui.storage.store import UnitOfWork

LONGEST_NAME = 60


def set_level(
    work: UnitOfWork,
    name: str,
    *,
    threshold_fen: int | None = None,
    discount_bp: int | None = None,
    bonus_bp: int | None = None,
    new_name: str | None = None,
) -> Level:
    """Define the level ``name``, or change what it has (what is ``None`` stays); everybody who
    has topped up enough is a member of it at once. Ranks follow the thresholds.

    Raises :class:`Refused` for a role that may not, and where two levels would be reached by the
    same amount; :class:`Invalid`; for a new level, also without a threshold.
    """
    require(work.actor, Permission.DEFINE)
    title = _checked_name(name)
    row = _named(work, title)
    before = None if row is None else _facts(row)
    if row is None:
        if threshold_fen is None:
            raise Invalid(field="threshold_fen", value="", expected=_("an amount in fen"))
        row = MembershipLevel(store_id=STUDIO, rank=_highest(work) + 1, name=title)
    wanted = {"threshold_fen": threshold_fen, "discount_bp": discount_bp, "bonus_bp": bonus_bp}
    for field, value in wanted.items():
        if value is not None:
            most = LARGEST_FEN if field == "threshold_fen" else 10_000
            setattr(row, field, _checked(field, value, most))
    if new_name is not None and _checked_name(new_name) != title:
        row.name = _checked_name(new_name)
        if _named(work, row.name) is not None:
            raise Refused(why=_("there is a level {name} already.").format(name=row.name))
    work.session.add(row)
    work.session.flush()
    _rank(work)
    refresh(work)
    _tell(work, row, "level.set", before)
    return next(each for each in levels(work) if each.id == row.id)


def remove_level(work: UnitOfWork, name: str) -> int:
    """Do away with a level; its members fall to the one below. Answers how many they were.

    Raises :class:`Refused` for a role that may not, :class:`NotFound`.
    """
    require(work.actor, Permission.DEFINE)
    row = _named(work, _checked_name(name))
    if row is None:
        raise NotFound(what=_("membership level"), ref=name)
    connection = work.session.connection()
    left = connection.execute(delete(Membership).where(col(Membership.level_id) == row.id))
    work.session.delete(row)
    work.session.flush()
    _rank(work)
    refresh(work)
    _tell(work, row, "level.removed", _facts(row))
    return left.rowcount


def refresh(work: UnitOfWork, customer_ids: Collection[int] | None = None) -> None:
    """Let the levels of these customers, or of all, be what their top-ups reach."""
    known = levels(work)
    totals = topped_up(work, customer_ids)
    query = select(Membership)
    if customer_ids is not None:
        query = query.where(col(Membership.customer_id).in_(customer_ids))
    held = {row.customer_id: row for row in work.session.exec(query)}
    for customer_id in held.keys() | totals.keys():
        level = level_for(totals.get(customer_id, 0), known)
        row = held.get(customer_id)
        if level is None:
            if row is not None:
                work.session.delete(row)
        elif row is None:
            member = Membership(customer_id=customer_id, level_id=level.id, since=work.clock.now())
            work.session.add(member)
        elif row.level_id != level.id:
            row.level_id, row.since = level.id, work.clock.now()
    work.session.flush()


def _rank(work: UnitOfWork) -> None:
    """Number the levels by what they take, from 1. Raises :class:`Refused`."""
    rows = work.session.exec(
        select(MembershipLevel)
        .where(MembershipLevel.store_id == STUDIO)
        .order_by(col(MembershipLevel.threshold_fen), col(MembershipLevel.rank))
    ).all()
    above = max((row.rank for row in rows), default=0)
    for step in (above, 0):  # no two may have one rank, not even on the way
        for place, row in enumerate(rows, start=1):
            row.rank = step + place
        work.session.flush()
    if out_of_order(levels(work)):
        raise Refused(why=_("two levels can’t be reached by topping up the same amount."))


def _named(work: UnitOfWork, name: str) -> MembershipLevel | None:
    with work.session.no_autoflush:
        return work.session.exec(
            select(MembershipLevel).where(
                MembershipLevel.store_id == STUDIO, MembershipLevel.name == name
            )
        ).first()


def _highest(work: UnitOfWork) -> int:
    return max((level.rank for level in levels(work)), default=0)


def _checked_name(name: str) -> str:
    title = checked_text(_("Level"), name, LONGEST_NAME)
    if not title:
        raise Invalid(field=_("Level"), value=name, expected=_("a name"))
    return title


def _checked(field: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        expected = _("a whole number, 0 to {most}").format(most=most)
        raise Invalid(field=field, value=value, expected=expected)
    return value


def _facts(row: MembershipLevel) -> dict[str, int | str]:
    return {
        "name": row.name,
        "threshold_fen": row.threshold_fen,
        "discount_bp": row.discount_bp,
        "bonus_bp": row.bonus_bp,
    }


def _tell(
    work: UnitOfWork, row: MembershipLevel, kind: str, before: dict[str, int | str] | None
) -> None:
    assert row.id is not None
    after = _facts(row) if kind == "level.set" else None
    work.record(kind, "level", row.id, store_id=STUDIO, ref=row.name, before=before, after=after)
