"""Which split rule holds: versions with the business day from which they do, for a store or for
the whole studio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.models import STUDIO, Store
from crm_tui.models.splits import SplitRule as SplitRuleRow
from crm_tui.services.money.splits.definition import parse
from crm_tui.services.money.splits.rules import SplitRule
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of the split rule of a store; store 0 is the whole studio."""

    id: int | None
    """``None`` for the rule that the software comes with."""
    store_id: int
    version: int
    valid_from: date | None
    """The first business day on which it holds; ``None``: from the beginning."""
    rule: SplitRule
    note: str = ""
    made_by: str = ""
    made_at: datetime | None = None


SHIPPED = RuleVersion(None, STUDIO, 1, None, SplitRule())
"""Version 1 of every store: everybody's agreed share. It holds where no other does."""

_COLUMNS: tuple[Any, ...] = (
    col(SplitRuleRow.id),
    col(SplitRuleRow.store_id),
    col(SplitRuleRow.version),
    col(SplitRuleRow.valid_from),
    col(SplitRuleRow.definition),
    col(SplitRuleRow.note),
    col(SplitRuleRow.made_by),
    col(SplitRuleRow.made_at),
)
_NEWEST_FIRST = (
    col(SplitRuleRow.store_id).desc(),
    col(SplitRuleRow.valid_from).desc(),
    col(SplitRuleRow.version).desc(),
)
_IN_FORCE = (
    select(*_COLUMNS)
    .where(
        col(SplitRuleRow.store_id).in_(bindparam("stores", expanding=True)),
        col(SplitRuleRow.valid_from) <= bindparam("day"),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_OF_STORE = (
    select(*_COLUMNS)
    .where(col(SplitRuleRow.store_id) == bindparam("store"))
    .order_by(*_NEWEST_FIRST)
)


def in_force(work: ReadWork, store_id: int, day: date) -> RuleVersion:
    """The version that holds for orders which the store completes on business day ``day``: its
    own if it has one by then, else the studio's, else :data:`SHIPPED`. Of two from the same day
    the later version holds."""
    asked = {"stores": [STUDIO, store_id], "day": day}
    row = work.session.connection().execute(_IN_FORCE, asked).one_or_none()
    return SHIPPED if row is None else _version(row)


def versions(work: ReadWork, store_id: int = STUDIO) -> list[RuleVersion]:
    """The versions of the store, what holds last first; the shipped one at the end."""
    rows = work.session.connection().execute(_OF_STORE, {"store": store_id})
    return [*map(_version, rows), SHIPPED]


def own_versions(work: ReadWork, store_id: int) -> list[RuleVersion]:
    """What was made for the store itself, what holds last first; of the studio the shipped one,
    too. Where a store has none, :func:`in_force` says what it goes by."""
    found = versions(work, store_id)
    return found if store_id == STUDIO else found[:-1]


def stores(work: ReadWork) -> dict[int, str]:
    """The names of the stores that can have rules of their own, by id; one without a name has its
    number."""
    columns: tuple[Any, ...] = (col(Store.id), col(Store.name))
    rows = work.session.connection().execute(
        select(*columns).where(col(Store.id) != STUDIO).order_by(col(Store.id))
    )
    return {
        store_id: name or _("store {number}").format(number=store_id) for store_id, name in rows
    }


def version_of(work: ReadWork, number: int, store_id: int = STUDIO) -> RuleVersion:
    """Version ``number`` of the store. Raises :class:`NotFound`."""
    for each in versions(work, store_id):
        if each.version == number:
            return each
    raise NotFound(what=_("split rule"), ref=number)


def tip_share_bp(work: ReadWork, store_id: int, day: date) -> int:
    """The companion's share of a tip on business day ``day``, in basis points: the rule's, else
    that of the setting ``orders.tip_share_bp``."""
    told = in_force(work, store_id, day).rule.tip_share_bp
    return int(work.setting("orders.tip_share_bp", store_id)) if told is None else told


def _version(row: Any) -> RuleVersion:
    rule_id, store_id, version, valid_from, definition, note, made_by, made_at = row
    return RuleVersion(
        rule_id, store_id, version, valid_from, parse(definition), note, made_by, made_at
    )
