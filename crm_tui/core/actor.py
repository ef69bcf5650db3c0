"""Who acts: carried by the unit of work, written into every event."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.core.language import _
from crm_tui.core.words import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or process that changes something."""

    login: str
    role: Role = Role.ADMIN


SYSTEM = Actor("system", Role.ADMIN)
"""The software itself: expiry of offers, upkeep."""


def by(login: str) -> str:
    """Who did something, for people to read: a login, or in their language the software itself."""
    return _("the system") if login == SYSTEM.login else login
