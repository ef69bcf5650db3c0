"""Who may do what: one table, asked by services before they act (G3)."""

from __future__ import annotations

from enum import StrEnum

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Refused
from crm_tui.core.language import _, joined
from crm_tui.core.words import Role


class Permission(StrEnum):
    """Something that not every role may do."""

    WRITE_OFF = "write_off"
    """Cancel an order that was served and not paid."""
    UNMASK = "unmask"
    """See a phone number in full, with a reason."""
    MERGE = "merge"
    """Merge customers, and take a merge back."""
    DEFINE = "define"
    """Define custom fields, tags with rules, templates."""
    BULK = "bulk"
    """Change many records at once."""
    PERSON_DATA = "person_data"
    """Export or erase all that is known of a person."""
    CREDIT = "credit"
    """Correct a companion's credit by hand."""
    SETTLE = "settle"
    """Draft settlement batches, adjust and cancel them, pay them out."""
    APPROVE = "approve"
    """Approve a settlement batch."""
    PAY_OUT = "pay_out"
    """Give a customer's stored value back in money."""
    MONEY_FIGURES = "money_figures"
    """See what the studio earned over a period: income, shares, what a customer is worth."""
    GOALS = "goals"
    """Set and end goals; change reports of others."""
    SCHEDULE = "schedule"
    """Have reports sent."""
    CHANGE = "change"
    """Change anything that is told in the event log."""


_MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
_SERVICE = _MANAGERS | {Role.OPERATOR}
_EVERYBODY_AT_WORK = frozenset(Role) - {Role.READ_ONLY}

ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.WRITE_OFF: _MANAGERS,
    Permission.UNMASK: _SERVICE | {Role.DISPATCHER, Role.FINANCE},
    Permission.MERGE: _SERVICE,
    Permission.DEFINE: _MANAGERS,
    Permission.BULK: _SERVICE | {Role.DISPATCHER},
    Permission.PERSON_DATA: _MANAGERS,
    Permission.CREDIT: _MANAGERS,
    Permission.SETTLE: _MANAGERS | {Role.FINANCE},
    Permission.APPROVE: _MANAGERS,
    Permission.PAY_OUT: _MANAGERS | {Role.FINANCE},
    Permission.MONEY_FIGURES: _MANAGERS | {Role.FINANCE, Role.READ_ONLY},
    Permission.GOALS: _MANAGERS,
    Permission.SCHEDULE: _MANAGERS | {Role.FINANCE},
    Permission.CHANGE: _EVERYBODY_AT_WORK,
}


def may(role: Role, permission: Permission) -> bool:
    """Whether ``role`` has ``permission``."""
    return role in ALLOWED[permission]


def require(actor: Actor, permission: Permission) -> None:
    """Raises :class:`Refused`, naming the roles that may, where the actor's does not."""
    if not may(actor.role, permission):
        roles = joined(role.label for role in Role if role in ALLOWED[permission])
        raise Refused(why=_("only these roles may do it: {roles}.").format(roles=roles))
