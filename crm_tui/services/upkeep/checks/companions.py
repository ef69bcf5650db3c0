"""Companions: their credit is what its entries say."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_
from crm_tui.models import Companion, CreditEntry
from crm_tui.services.companions.credit_rules import BEGINS_AT
from crm_tui.services.upkeep.findings import Rule


def _credit_not_of_entries() -> SelectOfScalar[str]:
    moved = (
        select(func.coalesce(func.sum(col(CreditEntry.points)), 0))
        .where(col(CreditEntry.companion_id) == col(Companion.id))
        .scalar_subquery()
    )
    return select(Companion.no).where(col(Companion.credit) != BEGINS_AT + moved)


RULES = (
    Rule(
        "companions.credit",
        N_("The credit of every companion is 100 and the sum of its entries."),
        _credit_not_of_entries,
    ),
)
