"""Settlement batches: what they hold comes out of the books again, and is booked as they say."""

from __future__ import annotations

from sqlalchemy import BigInteger, case, cast, func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_, _
from crm_tui.core.words import Account, SettlementState
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.models.settlement import SettlementBatch, SettlementLine
from crm_tui.services.money.settlement import proof
from crm_tui.services.upkeep.findings import Finding, Rule, finding
from crm_tui.storage.store import ReadWork


def _booked_otherwise() -> SelectOfScalar[str]:
    """What is settled and not paid stands in the books, nothing else of a batch does."""
    booked = (
        select(func.coalesce(func.sum(col(JournalLine.amount_fen)), 0))
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(
            col(Journal.batch_id) == col(SettlementBatch.id),
            JournalLine.account == Account.SETTLED_PAYABLE,
        )
        .correlate(SettlementBatch)
        .scalar_subquery()
    )
    payable = (
        select(func.coalesce(func.sum(col(SettlementLine.payable_fen)), 0))
        .where(col(SettlementLine.batch_id) == col(SettlementBatch.id))
        .correlate(SettlementBatch)
        .scalar_subquery()
    )
    approved = col(SettlementBatch.state) == SettlementState.APPROVED
    expected = case((approved, -cast(payable, BigInteger)), else_=0)
    return select(SettlementBatch.no).where(booked != expected)


RULES = (
    Rule(
        "settlement.booked",
        N_("What is settled and not paid out is booked as the batches say."),
        _booked_otherwise,
    ),
)


def proved(work: ReadWork) -> Finding:
    """Every batch that was not cancelled comes out of the books again, line by line."""
    batches = select(SettlementBatch).where(SettlementBatch.state != SettlementState.CANCELLED)
    wrong = [
        batch.no
        for batch in work.session.exec(batches.order_by(col(SettlementBatch.id))).all()
        if proof.differences(work, batch)
    ]
    return finding("settlement.proved", _("Every batch is what the books say."), wrong)
