"""Customers agree with their orders and can be found."""

from __future__ import annotations

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_, _
from crm_tui.core.words import OrderStatus
from crm_tui.models import Customer, CustomerIdentity, CustomerTag, Order, Payment
from crm_tui.models.contacts import Interaction, Task
from crm_tui.models.persons import CompanionStance
from crm_tui.services.customers import index
from crm_tui.services.upkeep.findings import Finding, Rule, finding
from crm_tui.storage.store import ReadWork

LOOKED_AT = 2_000
"""Customers whose keys are made anew and compared; the rows of all of them are counted."""


def _count_differs() -> SelectOfScalar[str]:
    """``order_count`` and ``last_order_at`` rank the look-up; they count completed orders."""
    completed = (
        select(
            col(Order.customer_id).label("customer_id"),
            func.count().label("orders"),
            func.max(col(Order.completed_at)).label("last"),
        )
        .where(col(Order.status) == OrderStatus.COMPLETED)
        .group_by(col(Order.customer_id))
        .subquery()
    )
    return (
        select(col(Customer.no))
        .outerjoin(completed, completed.c.customer_id == Customer.id)
        .where(
            (col(Customer.order_count) != func.coalesce(completed.c.orders, 0))
            | col(Customer.last_order_at).is_distinct_from(completed.c.last)
        )
    )


def _without_keys() -> SelectOfScalar[str]:
    """``keys`` holds words between blanks; two blanks hold none."""
    return select(col(Customer.no)).where(
        col(Customer.merged_into_id).is_(None),
        col(Customer.erased_at).is_(None),
        func.length(col(Customer.keys)) <= 2,
    )


def _empty_identity() -> SelectOfScalar[str]:
    return (
        select(col(Customer.no))
        .join(CustomerIdentity, col(CustomerIdentity.customer_id) == Customer.id)
        .where(func.length(col(CustomerIdentity.normalised)) == 0)
    )


def _remembered() -> SelectOfScalar[str]:
    """Erased customers of whom something is left."""
    left = (
        (col(Customer.nick) != col(Customer.no))
        | (col(Customer.name) != "")
        | (col(Customer.note) != "")
        | (func.length(col(Customer.keys)) > 0)
        | col(Customer.id).in_(select(CustomerIdentity.customer_id))
        | col(Customer.id).in_(select(Interaction.customer_id))
    )
    return select(col(Customer.no)).where(col(Customer.erased_at).is_not(None), left)


def _merged_with_belongings() -> SelectOfScalar[str]:
    """Merged customers who still own something, can be found, or point to one who was merged."""
    kept = aliased(Customer)
    owners = (Order, Payment, CustomerIdentity, CustomerTag, Interaction, Task, CompanionStance)
    owning = or_(
        *(
            select(owner.customer_id).where(owner.customer_id == Customer.id).exists()
            for owner in owners
        )
    )
    merged_on = (kept.id == Customer.merged_into_id, col(kept.merged_into_id).is_not(None))
    astray = select(kept.id).where(*merged_on).exists()
    return select(col(Customer.no)).where(
        col(Customer.merged_into_id).is_not(None),
        owning | astray | (func.length(col(Customer.keys)) > 2),
    )


RULES = (
    Rule(
        "customers.orders",
        N_("Every customer's completed orders are counted right."),
        _count_differs,
    ),
    Rule("customers.keys", N_("Every customer has look-up keys."), _without_keys),
    Rule("customers.erased", N_("Nothing is left of who was erased."), _remembered),
    Rule(
        "customers.merged",
        N_("Nothing belongs to who was merged any more."),
        _merged_with_belongings,
    ),
    Rule("customers.identities", N_("No identity is empty."), _empty_identity),
)


def lookup(work: ReadWork) -> Finding:
    """The look-up table holds exactly the customers' keys, and those are the right ones."""
    misplaced = index.count_misplaced(work)
    if misplaced:
        detail = _("{count} look-up keys are missing or left over.").format(count=misplaced)
        return Finding("customers.lookup", False, detail)
    newest = select(func.max(Customer.id))
    step = max(1, (work.session.exec(newest).one() or 0) // LOOKED_AT)
    looked_at = work.session.exec(
        select(Customer.id, Customer.no, Customer.keys).where(col(Customer.id) % step == 0)
    ).all()
    right: dict[int, str] = {}
    ids = [each for each, _no, _keys in looked_at if each is not None]
    for start in range(0, len(ids), 500):
        right |= index.current_keys(work, ids[start : start + 500])
    wrong = [no for each, no, keys in looked_at if each is not None and right[each] != keys]
    return finding("customers.lookup", _("The look-up finds customers as they are now."), wrong)
