"""What is done about a batch: adjusted, approved, paid out, cancelled. Each is one transaction.

Raises :class:`NotFound` for a batch that there is not, :class:`NotAllowed` for a step that its
state does not have, :class:`Refused` for whom may not take it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import update
from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Invalid, NotFound, Refused
from crm_tui.core.language import N_, _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.core.portions import portions
from crm_tui.core.text import listed
from crm_tui.core.words import Account, JournalKind, PayChannel, SettlementState
from crm_tui.models import MAIN_STORE, Companion
from crm_tui.models.ledger import Journal
from crm_tui.models.settlement import SettlementAdjustment, SettlementBatch
from crm_tui.services.catalogue.reads import require_store
from crm_tui.services.money.ledger import Entry, post, reverse
from crm_tui.services.money.settlement import batches, drafting, dues, plan
from crm_tui.services.money.settlement.rules import (
    PAYOUT_CHANNELS,
    Amount,
    Line,
    approved,
    is_alone,
    paid_out,
)
from crm_tui.storage.store import UnitOfWork

LARGEST_ADJUSTMENT_FEN = 100_000_000
"""¥1,000,000: more is a typing error."""


class Stale(Conflict):
    """Since the draft, something that it holds was given back or corrected."""

    code = "stale"
    template = N_("Since {no} was drafted, the books have changed for {companions}. Renew it.")


def adjust(
    work: UnitOfWork, companion_id: int, amount_fen: int, reason: str, store_id: int = MAIN_STORE
) -> int:
    """Give a companion ``amount_fen`` more, or less where it is negative, in the draft of the
    store or, where there is none, in its next one. Answers the adjustment's id.

    Raises :class:`Invalid` for nothing, for too much, and without a reason; :class:`NotFound` for
    a store.
    """
    require(work.actor, Permission.SETTLE)
    require_store(work, store_id)
    if not 0 < abs(amount_fen) <= LARGEST_ADJUSTMENT_FEN:
        expected = _("an amount, up to ¥1,000,000")
        raise Invalid(field="amount_fen", value=amount_fen, expected=expected)
    batch = batches.open_draft(work, store_id)
    new = SettlementAdjustment(
        store_id=store_id,
        batch_id=batch.id if batch else None,
        companion_id=companion_id,
        amount_fen=amount_fen,
        reason=_reason(reason),
        made_by=work.actor.login,
        at=work.clock.now(),
    )
    work.session.add(new)
    work.session.flush()
    _adjusted(work, "adjusted", new, batch)
    return new.id or 0


def drop_adjustment(work: UnitOfWork, adjustment_id: int) -> None:
    """Take an adjustment back that was not approved yet. Raises :class:`NotAllowed` for others."""
    require(work.actor, Permission.SETTLE)
    found = work.session.get(SettlementAdjustment, adjustment_id)
    if found is None:
        raise NotFound(what=_("adjustment"), ref=adjustment_id)
    batch = None
    if found.batch_id is not None:
        batch = work.session.get(SettlementBatch, found.batch_id, with_for_update=True)
    if batch:
        batches.require_draft(batch)
    work.session.delete(found)
    work.session.flush()
    _adjusted(work, "adjustment_dropped", found, batch)


def approve(work: UnitOfWork, no: str) -> None:
    """Approve a draft: what it holds moves from ``companion_payable`` to ``settled_payable``.

    Raises :class:`Stale` where the books have changed since, :class:`Refused` where the same
    person made it and their role needs two, or nothing in it is free yet.
    """
    require(work.actor, Permission.APPROVE)
    batch = batches.hold(work, no)
    batches.require_step(batch, SettlementState.APPROVED)
    _require_another(work, batch, {batch.made_by, *_who_adjusted(work, batch)})
    lines = batches.lines_of(work, batch)
    _require_fresh(work, batch, lines)
    if not _post(work, batch, JournalKind.SETTLEMENT, approved(lines)):
        why = _("nothing in {no} is free to be settled yet.").format(no=batch.no)
        raise Refused(why=why, reason="nothing")
    now, who = work.clock.now(), work.actor.login
    batches.change(work, batch, state=SettlementState.APPROVED, approved_by=who, approved_at=now)
    batches.tell(work, batch, "approved", lines)


def pay(work: UnitOfWork, no: str, channel: PayChannel) -> None:
    """The companions have their money; it left by ``channel``.

    Raises :class:`Invalid` for a channel that no money is paid out of, and :class:`Refused` where
    the same person approved it and their role needs two.
    """
    require(work.actor, Permission.SETTLE)
    if channel not in PAYOUT_CHANNELS:
        known = joined(each.value for each in PAYOUT_CHANNELS)
        raise Invalid(field="--channel", value=channel.value, expected=known)
    batch = batches.hold(work, no)
    batches.require_step(batch, SettlementState.PAID)
    _require_another(work, batch, {batch.approved_by})
    lines = batches.lines_of(work, batch)
    total = sum(line.payable_fen for line in lines)
    out = Entry(Account.CHANNEL, -total, channel=channel.value)
    _post(work, batch, JournalKind.PAYOUT, paid_out(lines), out)
    now, who = work.clock.now(), work.actor.login
    batches.change(work, batch, state=SettlementState.PAID, paid_by=who, paid_at=now)
    batches.tell(work, batch, "paid", lines, channel=channel.value)


def cancel(work: UnitOfWork, no: str, reason: str) -> None:
    """Call a batch off before it is paid: what it held comes with the next one, its adjustments
    too. An approved one is taken back in the books, which takes who may approve.

    Raises :class:`Invalid` without a reason, :class:`Refused` where a later batch builds on it.
    """
    require(work.actor, Permission.SETTLE)
    why = _reason(reason)
    batch = batches.hold(work, no)
    batches.require_step(batch, SettlementState.CANCELLED)
    if batch.state is SettlementState.APPROVED:
        require(work.actor, Permission.APPROVE)
        _take_back(work, batch, why)
    work.session.connection().execute(
        update(SettlementAdjustment)
        .where(col(SettlementAdjustment.batch_id) == batch.id)
        .values(batch_id=None)
    )
    batches.change(work, batch, state=SettlementState.CANCELLED)
    batches.tell(work, batch, "cancelled", batches.lines_of(work, batch), reason=why)


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid(field="reason", value="", expected=_("why"))
    return text.strip()


def _adjusted(
    work: UnitOfWork, kind: str, found: SettlementAdjustment, batch: SettlementBatch | None
) -> None:
    """The line of the companion follows, and the event says how much and why."""
    if batch:
        drafting.compute(work, batch, [found.companion_id])
        batches.change(work, batch)
    work.record(
        f"settlement.{kind}",
        batches.ENTITY,
        found.batch_id or 0,
        store_id=found.store_id,
        ref=batch.no if batch else "",
        changed={"reason": (None, found.reason)},
        adjustment_id=found.id,
        companion_id=found.companion_id,
        amount_fen=found.amount_fen,
    )


def _who_adjusted(work: UnitOfWork, batch: SettlementBatch) -> Iterable[str]:
    made_by = select(SettlementAdjustment.made_by)
    return work.session.exec(made_by.where(SettlementAdjustment.batch_id == batch.id)).all()


def _require_another(work: UnitOfWork, batch: SettlementBatch, before: set[str]) -> None:
    two_people = work.setting("money.two_people", batch.store_id)
    if is_alone(work.actor.role, work.actor.login, before, two_people):
        why = _("two people settle: {no} needs somebody else than {login} for this step.").format(
            no=batch.no, login=work.actor.login
        )
        raise Refused(why=why, reason="two_people")


def _require_fresh(work: UnitOfWork, batch: SettlementBatch, lines: list[Line]) -> None:
    """Raise :class:`Stale` where journals since the cut would change a line of the batch."""
    asked = plan.question_of(work, batch)
    now = replace(asked.window, cut=dues.last_journal(work))
    since = replace(asked, window=now, before=asked.window, from_id=asked.window.cut + 1)
    changed: set[int] = set()
    for who in portions((line.companion_id for line in lines), dues.PORTION):
        later, _left = dues.of_companions(work, since, who)
        owed = dues.claims(work, batch.store_id, asked.window.cut, who)
        changed |= {
            each.companion_id
            for each in later
            if each.earned_fen or each.tips_fen or each.claim_fen != owed.get(each.companion_id, 0)
        }
    if changed:
        nicks = select(Companion.nick).where(col(Companion.id).in_(sorted(changed)[:3]))
        named = listed(work.session.exec(nicks).all())
        raise Stale(no=batch.no, companions=named, what=batch.no)


def _post(
    work: UnitOfWork,
    batch: SettlementBatch,
    kind: JournalKind,
    amounts: Iterable[Amount],
    *more: Entry,
) -> int:
    """One journal of the batch; 0 where there is nothing to post."""
    entries = [Entry(account, fen, subject) for account, subject, fen in amounts]
    return post(
        work,
        kind,
        [*entries, *more],
        key=f"settlement:{batch.id}:{kind.value}",
        store_id=batch.store_id,
        batch_id=batch.id,
    )


def _take_back(work: UnitOfWork, batch: SettlementBatch, reason: str) -> None:
    """The opposite of the approval, where no later batch builds on it."""
    newest = plan.latest(work, batch.store_id)
    if newest and newest.id != batch.id:
        why = _("{later} builds on {no}: cancel that one first.").format(
            later=newest.no, no=batch.no
        )
        raise Refused(why=why, reason="later", batch=newest.no)
    approvals = select(Journal.id).where(
        Journal.batch_id == batch.id, Journal.kind == JournalKind.SETTLEMENT
    )
    for journal_id in work.session.exec(approvals).all():
        reverse(work, journal_id or 0, key=f"settlement:{batch.id}:cancelled", reason=reason)
