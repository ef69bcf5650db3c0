"""The door through which a batch changes: held, moved from state to state, told of.

A batch is held until the work ends, and every change compares and swaps its state and version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from crm_tui.core.errors import Conflict, NotAllowed, NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.words import SettlementState
from crm_tui.models.settlement import SettlementBatch, SettlementLine
from crm_tui.services.money.settlement.rules import TRANSITIONS, Line
from crm_tui.storage.store import ReadWork, UnitOfWork

ENTITY = "settlement"
"""What events call a batch."""


class Final(NotAllowed):
    """Nothing can be done about the batch any more."""

    template = N_("{no} is {status}, and that is final.")


def hold(work: UnitOfWork, no: str) -> SettlementBatch:
    """Take hold of batch ``no`` until the work ends. Raises :class:`NotFound`."""
    found = work.session.exec(
        select(SettlementBatch).where(SettlementBatch.no == no.strip()).with_for_update()
    ).first()
    if found is None:
        raise NotFound(what=_("settlement"), ref=no)
    return found


def open_draft(work: UnitOfWork, store_id: int) -> SettlementBatch | None:
    """The draft of a store, held; there is never more than one."""
    return work.session.exec(
        select(SettlementBatch)
        .where(SettlementBatch.store_id == store_id, SettlementBatch.state == SettlementState.DRAFT)
        .with_for_update()
    ).first()


def require_draft(batch: SettlementBatch) -> None:
    """Raise :class:`NotAllowed` for a batch that is past its draft."""
    if batch.state is not SettlementState.DRAFT:
        raise not_allowed(batch)


def require_step(batch: SettlementBatch, to: SettlementState) -> None:
    """Raise :class:`NotAllowed` (:class:`Final`) where the batch can't become ``to``."""
    if to not in TRANSITIONS[batch.state]:
        raise not_allowed(batch)


def not_allowed(batch: SettlementBatch) -> NotAllowed:
    """The refusal of a step, with the steps that there are."""
    allowed = [state for state in SettlementState if state in TRANSITIONS[batch.state]]
    kind = NotAllowed if allowed else Final
    return kind(no=batch.no, status=batch.state, allowed=allowed)


def change(work: UnitOfWork, batch: SettlementBatch, **values: Any) -> None:
    """Set ``values`` on the batch as it was held. Raises :class:`Conflict`."""
    swap = (
        update(SettlementBatch)
        .where(
            col(SettlementBatch.id) == batch.id,
            col(SettlementBatch.state) == batch.state,
            col(SettlementBatch.version) == batch.version,
        )
        .values(version=batch.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    if work.session.connection().execute(swap).rowcount != 1:
        raise Conflict(what=batch.no)
    work.session.refresh(batch)


def lines_of(work: ReadWork, batch: SettlementBatch) -> list[Line]:
    """The lines of a batch, by companion."""
    stored = work.session.exec(
        select(SettlementLine)
        .where(SettlementLine.batch_id == batch.id)
        .order_by(col(SettlementLine.companion_id))
    )
    return [Line(**each.model_dump(exclude={"batch_id"})) for each in stored]


def tell(
    work: UnitOfWork, batch: SettlementBatch, kind: str, lines: Sequence[Line], **data: Any
) -> None:
    """Record what happened to the batch; ``reason`` is a person's text and stays erasable."""
    reason = data.pop("reason", None)
    work.record(
        f"settlement.{kind}",
        ENTITY,
        batch.id or 0,
        store_id=batch.store_id,
        ref=batch.no,
        changed={"reason": (None, reason)} if reason else None,
        state=batch.state.value,
        companions=len(lines),
        payable_fen=sum(line.payable_fen for line in lines),
        **data,
    )
