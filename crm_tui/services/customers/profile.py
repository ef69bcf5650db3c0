"""Everything that is known of one customer at once (A3), and its document for scripts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from crm_tui.core.words import Role, TaskKind
from crm_tui.services.customers.dealings import PaymentRow, open_orders, orders, payments
from crm_tui.services.customers.person import Person, person
from crm_tui.services.customers.rfm import Tier
from crm_tui.services.customers.stances import StanceRow
from crm_tui.services.customers.worth import Balance, CompanionOf, CustomerStats, worth
from crm_tui.services.interactions import reads as interactions
from crm_tui.services.interactions.reads import InteractionRow
from crm_tui.services.money.members.reads import Member
from crm_tui.services.money.members.reads import document as member_document
from crm_tui.services.orders.reads import document as order_document
from crm_tui.services.orders.reads import iso
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.tasks import reads as tasks
from crm_tui.services.tasks.reads import TaskRow
from crm_tui.storage.store import ReadWork

HISTORY = 50
"""Orders on one page of a history; as many payments and interactions stand beside it."""


@dataclass(frozen=True, slots=True)
class CustomerProfile(Person):
    """A customer with all that passed. ``history`` is the newest page of all orders, open ones
    too; ``payments`` and ``interactions`` are as long; ``tasks`` are the open ones and the last
    that were closed."""

    tier: Tier
    stats: CustomerStats
    balance: Balance
    favourites: tuple[CompanionOf, ...]
    member: Member
    open_orders: tuple[OrderRow, ...]
    history: tuple[OrderRow, ...]
    payments: tuple[PaymentRow, ...]
    interactions: tuple[InteractionRow, ...]
    tasks: tuple[TaskRow, ...]

    @property
    def complaints(self) -> tuple[TaskRow, ...]:
        """The tasks that complaints became."""
        return tuple(task for task in self.tasks if task.kind is TaskKind.COMPLAINT)


def profile(
    work: ReadWork, customer_id: int, history: int = HISTORY, role: Role | None = None
) -> CustomerProfile:
    """All that is known of a customer as ``role`` may see it, with the newest ``history`` orders,
    payments and interactions. Raises :class:`NotFound`."""
    who = person(work, customer_id, role)
    comes_to = worth(work, customer_id)
    return CustomerProfile(
        **{field.name: getattr(who, field.name) for field in fields(Person)},
        **{field.name: getattr(comes_to, field.name) for field in fields(comes_to)},
        open_orders=open_orders(work, customer_id),
        history=tuple(orders(work, customer_id, limit=history)),
        payments=tuple(payments(work, customer_id, limit=history)),
        interactions=tuple(interactions.of_customer(work, customer_id, limit=history)),
        tasks=tuple(tasks.of_customer(work, customer_id)),
    )


def document(page: CustomerProfile, now: datetime, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form of a profile that commands answer, with times as ``zone`` shows them.

    ``tier`` is the segment's name of DOMAIN.md, ``scores`` what explains it; ``now`` decides which
    tasks are overdue.
    """
    plain = ("id", "store_id", "no", "nick", "name", "gender", "city", "channel", "note")
    flags = ("blocked", "do_not_contact", "minor", "version", "owner")
    tasks_told = [tasks.document(each, now, zone) for each in page.tasks]
    return {
        **{name: getattr(page, name) for name in plain},
        "registered_on": page.registered_on.isoformat() if page.registered_on else None,
        "created_at": iso(page.created_at, zone),
        **{name: getattr(page, name) for name in flags},
        "merged_into_id": page.merged_into_id,
        "identities": [{"kind": each.kind.value, "value": each.value} for each in page.identities],
        "tags": [
            {
                "name": each.name,
                "group": each.group,
                "colour": each.colour,
                "rule": each.rule,
            }
            for each in page.tags
        ],
        "fields": {each.key: each.value for each in page.fields},
        "tier": page.tier.name,
        "scores": {"r": page.tier.r, "f": page.tier.f, "m": page.tier.m},
        "stats": _stats(page.stats, zone),
        "balance": {name: getattr(page.balance, name) for name in Balance.__slots__},
        "member": member_document(page.member, zone),
        "favourites": [
            {"companion_id": each.companion_id, "companion": each.companion, "orders": each.orders}
            for each in page.favourites
        ],
        "preferred": [_stance(each, zone) for each in page.preferred],
        "refused": [_stance(each, zone) for each in page.refused],
        "open_orders": [order_document(row, zone) for row in page.open_orders],
        "history": [order_document(row, zone) for row in page.history],
        "payments": [_payment(each, zone) for each in page.payments],
        "interactions": [interactions.document(each, zone) for each in page.interactions],
        "tasks": tasks_told,
        "complaints": [each for each in tasks_told if each["kind"] == TaskKind.COMPLAINT],
    }


def _stats(stats: CustomerStats, zone: tzinfo) -> dict[str, Any]:
    return {
        "orders": stats.orders,
        "cancelled": stats.cancelled,
        "spent_fen": stats.spent_fen,
        "average_fen": stats.average_fen,
        "tips_fen": stats.tips_fen,
        "billed_minutes": stats.minutes,
        "first_order_at": iso(stats.first_order_at, zone),
        "last_order_at": iso(stats.last_order_at, zone),
    }


def _stance(row: StanceRow, zone: tzinfo) -> dict[str, Any]:
    return {
        "companion_id": row.companion_id,
        "companion": row.companion,
        "reason": row.reason,
        "set_at": iso(row.set_at, zone),
        "set_by": row.set_by,
    }


def _payment(row: PaymentRow, zone: tzinfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "order": row.order_no,
        "kind": row.kind.value,
        "stored": row.stored.value if row.stored else None,
        "channel": row.channel.value,
        "amount_fen": row.amount_fen,
        "external_ref": row.external_ref,
        "paid_at": iso(row.paid_at, zone),
        "taken_by": row.taken_by,
    }
