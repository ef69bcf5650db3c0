"""Drafting a batch from the books, and reading it anew.

The books are read without holding anybody up; the draft is written in one short transaction, and
is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, update
from sqlmodel import col

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Conflict, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.models import MAIN_STORE
from crm_tui.models.settlement import SettlementAdjustment, SettlementBatch, SettlementLine
from crm_tui.services.money.settlement import batches, documents, dues, plan, reads
from crm_tui.services.money.settlement.plan import Plan, Progress, on_and_on
from crm_tui.services.money.settlement.rules import Line, lines_of
from crm_tui.storage.store import Store, UnitOfWork


def draft(
    store: Store,
    actor: Actor,
    first: date | None = None,
    last: date | None = None,
    *,
    store_id: int = MAIN_STORE,
    key: str | None = None,
    progress: Progress = on_and_on,
) -> dict[str, Any]:
    """Draft the batch of a period of a store (:func:`.plan.make` says which) and answer it.

    It takes the adjustments that wait for a batch. Raises what :func:`.plan.make` raises, and
    :class:`Refused` where the store has a draft, or nothing to settle.
    """
    require(actor, Permission.SETTLE)
    asked = ["settlement", store_id, str(first), str(last)]
    if key and store.is_answered(key):
        return store.perform(actor, _answered, key=key, request=asked)
    made = plan.make(store, store_id, first, last, progress)
    return store.perform(actor, partial(_keep, made), key=key, request=asked)


def would_be(
    store: Store, first: date | None = None, last: date | None = None, store_id: int = MAIN_STORE
) -> dict[str, Any]:
    """What :func:`draft` would answer, without a number; nothing is written."""
    made = plan.make(store, store_id, first, last)
    with store.read() as work:
        lines = lines_of(made.dues, reads.adjusted(work, None, store_id))
    return documents.planned_document(made, lines)


def renew(
    store: Store, actor: Actor, no: str, *, key: str | None = None, progress: Progress = on_and_on
) -> dict[str, Any]:
    """Read a draft anew, by what the books say now, with its adjustments; answers it.

    Raises :class:`NotAllowed` for a batch that is past its draft, and what :func:`draft` does.
    """
    require(actor, Permission.SETTLE)
    asked = ["settlement renew", no]
    if key and store.is_answered(key):
        return store.perform(actor, _answered, key=key, request=asked)
    with store.read() as work:
        batch = reads.one(work, no)
    made = plan.make(
        store, batch.store_id, batch.period_from, batch.period_to, progress, before_id=batch.id
    )
    return store.perform(actor, partial(_renew, made, no), key=key, request=asked)


def compute(work: UnitOfWork, batch: SettlementBatch, companions: Sequence[int]) -> None:
    """Write the lines of these companions anew, from the books as the draft saw them."""
    found, _left = dues.of_companions(work, plan.question_of(work, batch), companions)
    work.session.connection().execute(
        delete(SettlementLine).where(
            col(SettlementLine.batch_id) == batch.id,
            col(SettlementLine.companion_id).in_(companions),
        )
    )
    given = reads.adjusted(work, batch.id)
    _insert(work, batch, lines_of(found, {who: given.get(who, 0) for who in companions}))


def _answered(_work: UnitOfWork) -> dict[str, Any]:
    raise AssertionError("a request that is answered is not carried out")


def _keep(made: Plan, work: UnitOfWork) -> dict[str, Any]:
    """Write the batch that was planned, unless another one came between."""
    store_id = made.asked.store_id
    newest = plan.latest(work, store_id)
    plan.require_no_draft(newest)
    if (newest.id if newest else None) != made.previous_id:
        raise Conflict(what=_("The settlement"))
    batch = SettlementBatch(
        store_id=store_id,
        no=_number(work, store_id, made.last),
        period_from=made.first,
        period_to=made.last,
        made_by=work.actor.login,
        made_at=work.clock.now(),
        **_columns(made),
    )
    work.session.add(batch)
    with work.on_violation({"uq_settlement_batch_draft": plan.draft_in_the_way(_("a batch"))}):
        work.session.flush()
    work.session.connection().execute(
        update(SettlementAdjustment)
        .where(
            col(SettlementAdjustment.batch_id).is_(None),
            col(SettlementAdjustment.store_id) == store_id,
        )
        .values(batch_id=batch.id)
    )
    lines = lines_of(made.dues, reads.adjusted(work, batch.id))
    if not lines:
        why = _("there is nothing to settle up to {day}.").format(day=made.last)
        more = documents.left_out(made.earlier_fen, made.first)
        raise Refused(why=f"{why} {more}".strip(), reason="nothing")
    _insert(work, batch, lines)
    batches.tell(work, batch, "drafted", lines)
    return _answer(made, work, batch.no)


def _renew(made: Plan, no: str, work: UnitOfWork) -> dict[str, Any]:
    batch = batches.hold(work, no)
    batches.require_draft(batch)
    work.session.connection().execute(
        delete(SettlementLine).where(col(SettlementLine.batch_id) == batch.id)
    )
    lines = lines_of(made.dues, reads.adjusted(work, batch.id))
    _insert(work, batch, lines)
    now = work.clock.now()
    batches.change(work, batch, made_by=work.actor.login, made_at=now, **_columns(made))
    batches.tell(work, batch, "renewed", lines)
    return _answer(made, work, no)


def _answer(made: Plan, work: UnitOfWork, no: str) -> dict[str, Any]:
    """The batch, and what it leaves out for good if nobody looks."""
    return {**documents.document(work, reads.one(work, no)), "earlier_fen": made.earlier_fen}


def _columns(made: Plan) -> dict[str, Any]:
    """The columns of a batch that say what it looks at."""
    window = made.asked.window
    return {
        "cut_journal_id": window.cut,
        "opens_at": window.opens,
        "closes_at": window.closes,
        "free_on": window.free_on,
        "previous_id": made.previous_id,
        "open_from_id": made.open_from_id,
    }


def _number(work: UnitOfWork, store_id: int, last: date) -> str:
    """``S260930-1``, by the last day; other stores than the first carry theirs in it."""
    series = f"S{last:%y%m%d}" if store_id == MAIN_STORE else f"S{last:%y%m%d}-{store_id}"
    return f"{series}-{work.next_number(store_id, series)}"


def _insert(work: UnitOfWork, batch: SettlementBatch, lines: Sequence[Line]) -> None:
    if lines:
        rows = [{"batch_id": batch.id, **asdict(line)} for line in lines]
        work.session.connection().execute(insert(SettlementLine), rows)
