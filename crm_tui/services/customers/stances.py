"""Who suits whom: a customer prefers a companion, or one of the two refuses the other (A9).

A refused pair never comes together: dispatch leaves it out with its reason, and ``orders.staffing``
binds no such companion, whichever door the order takes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.words import Stance
from crm_tui.models import Companion, Customer
from crm_tui.models.persons import CompanionStance
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.customers.states import refuse_erased
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class StanceRow:
    """What is between a customer and one companion, since when, by whom and why."""

    companion_id: int
    companion: str
    stance: Stance
    reason: str
    set_at: datetime
    set_by: str


def set_stance(
    work: UnitOfWork,
    customer_id: int,
    companion_id: int,
    stance: Stance | None,
    reason: str = "",
) -> bool:
    """Note that the customer prefers or refuses the companion, or (``None``) neither any more.

    A refusal needs a reason. An order that the two share already goes on. Answers whether anything
    changed. Raises :class:`NotFound`, :class:`Invalid` for a refusal without a reason, and
    :class:`Refused` for who was erased.
    """
    why = checked_text(_("Reason"), reason, LONGEST_REASON)
    if stance is Stance.REFUSED and not why:
        raise Invalid(field=_("Reason"), value="", expected=_("why the two are kept apart"))
    customer = work.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None or customer.merged_into_id is not None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    refuse_erased(customer)
    if work.session.get(Companion, companion_id) is None:
        raise NotFound(what=_("companion"), ref=str(companion_id))
    row = work.session.get(CompanionStance, (customer_id, companion_id))
    before = (row.stance, row.reason) if row else (None, "")
    if before == (stance, why if stance else ""):
        return False
    if stance is None:
        work.session.delete(row)
    else:
        work.session.merge(
            CompanionStance(
                customer_id=customer_id,
                companion_id=companion_id,
                stance=stance,
                reason=why,
                set_at=work.clock.now(),
                set_by=work.actor.login,
            )
        )
    customer.version += 1
    work.session.flush()
    work.record(
        "customer.stance",
        "customer",
        customer_id,
        store_id=customer.store_id,
        ref=customer.no,
        changed={"reason": (before[1] or None, why or None)},
        companion_id=companion_id,
        stance=stance.value if stance else None,
    )
    return True


_ROW: tuple[Any, ...] = (
    col(CompanionStance.companion_id),
    col(Companion.nick),
    col(CompanionStance.stance),
    col(CompanionStance.reason),
    col(CompanionStance.set_at),
    col(CompanionStance.set_by),
)


def stances_of(work: ReadWork, customer_id: int) -> tuple[StanceRow, ...]:
    """Whom the customer prefers, then who is kept from them, each by name."""
    rows = work.session.connection().execute(
        select(*_ROW)
        .join(Companion, col(Companion.id) == col(CompanionStance.companion_id))
        .where(col(CompanionStance.customer_id) == customer_id)
        .order_by(col(CompanionStance.stance), col(Companion.nick), col(Companion.id))
    )
    return tuple(StanceRow(*row) for row in rows)


def stances_towards(work: ReadWork, customer_id: int) -> dict[int, Stance]:
    """The stance towards each companion that has one."""
    rows = work.session.connection().execute(
        select(col(CompanionStance.companion_id), col(CompanionStance.stance)).where(
            col(CompanionStance.customer_id) == customer_id
        )
    )
    return {row.companion_id: row.stance for row in rows}


def refused_pairs(
    work: ReadWork, customer_ids: Collection[int] | None = None
) -> frozenset[tuple[int, int]]:
    """Every ``(customer_id, companion_id)`` that is kept apart, of these customers or of all."""
    pairs = select(col(CompanionStance.customer_id), col(CompanionStance.companion_id)).where(
        col(CompanionStance.stance) == Stance.REFUSED
    )
    if customer_ids is not None:
        pairs = pairs.where(col(CompanionStance.customer_id).in_(customer_ids))
    rows = work.session.connection().execute(pairs)
    return frozenset((row.customer_id, row.companion_id) for row in rows)


_PAIR_NAMES: tuple[Any, ...] = (
    col(Customer.nick).label("customer"),
    col(Companion.nick).label("companion"),
)
_PAIR = (
    select(*_PAIR_NAMES)
    .select_from(CompanionStance)
    .join(Customer, col(Customer.id) == col(CompanionStance.customer_id))
    .join(Companion, col(Companion.id) == col(CompanionStance.companion_id))
    .where(
        col(CompanionStance.customer_id) == bindparam("of_customer"),
        col(CompanionStance.companion_id) == bindparam("of_companion"),
        col(CompanionStance.stance) == Stance.REFUSED,
    )
)


def keep_apart(work: ReadWork, customer_id: int, companion_id: int) -> None:
    """Raises :class:`Refused` (``reason`` ``refused_pair``) where the two are kept apart."""
    asked = {"of_customer": customer_id, "of_companion": companion_id}
    pair = work.session.connection().execute(_PAIR, asked).one_or_none()
    if pair is not None:
        why = _("{customer} and {companion} are kept apart.").format(
            customer=pair.customer, companion=pair.companion
        )
        raise Refused(
            why=why, reason="refused_pair", customer=pair.customer, companion=pair.companion
        )
