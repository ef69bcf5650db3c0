"""A new version of the split rule: added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import col, func, select

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO, CompanionLevel
from crm_tui.models.splits import SplitRule as SplitRuleRow
from crm_tui.services.catalogue.reads import require_store
from crm_tui.services.money.splits.definition import as_data, levels_in, parse
from crm_tui.services.money.splits.in_force import RuleVersion, version_of
from crm_tui.services.money.splits.rules import Scheme, SplitRule
from crm_tui.storage.store import ReadWork, UnitOfWork


def add_version(
    work: UnitOfWork,
    definition: Mapping[str, Any],
    valid_from: date | None = None,
    note: str = "",
    store_id: int = STUDIO,
) -> RuleVersion:
    """Let the rule that ``definition`` describes hold from business day ``valid_from`` (``None``:
    today) on. What is completed before keeps the version that held then.

    Raises :class:`Refused` for who may not define rules, :class:`Invalid` for what is wrong in the
    definition and for a day that is over, :class:`NotFound` for a store.
    """
    require(work.actor, Permission.DEFINE)
    require_store(work, store_id)
    rule = checked(work, definition)
    today = work.calendar(store_id).day_of(work.clock.now())
    day = valid_from or today
    if day < today:
        raise Invalid(field=_("Holds from"), value=day, expected=_("today or a later business day"))
    newest = select(func.max(SplitRuleRow.version)).where(SplitRuleRow.store_id == store_id)
    row = SplitRuleRow(
        store_id=store_id,
        version=(work.session.exec(newest).one() or 1) + 1,
        valid_from=day,
        definition=as_data(rule),
        note=note.strip(),
        made_by=work.actor.login,
        made_at=work.clock.now(),
    )
    work.session.add(row)
    work.session.flush()
    assert row.id is not None
    work.record(
        "split_rule.added",
        "split_rule",
        row.id,
        store_id=store_id,
        ref=str(row.version),
        version=row.version,
        valid_from=day.isoformat(),
        definition=row.definition,
    )
    return version_of(work, row.version, store_id)


def checked(work: ReadWork, definition: Any) -> SplitRule:
    """The rule that ``definition`` describes; levels may be named by code or by name.

    Raises :class:`Invalid` for what is wrong in it, an unknown level among that.
    """
    rule = parse(definition)
    columns = select(col(CompanionLevel.code), col(CompanionLevel.name))
    rows: Any = work.session.connection().execute(columns).all()
    codes = {name: code for code, name in rows} | {code: code for code, _name in rows}
    for name in sorted(levels_in(rule)):
        if name not in codes:
            expected = joined(code for code, _name in rows)
            raise Invalid(field=f"levels.{name}", value=name, expected=expected)
    return replace(
        rule,
        scheme=_by_code(rule.scheme, codes),
        kinds={kind: _by_code(scheme, codes) for kind, scheme in rule.kinds.items()},
    )


def _by_code(scheme: Scheme, codes: Mapping[str, str]) -> Scheme:
    return Scheme(scheme.scale, {codes[name]: scale for name, scale in scheme.levels.items()})
