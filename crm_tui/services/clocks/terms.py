"""How long the clocks of a store run: its settings, as :class:`.rules.Terms`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta

from crm_tui.core.hours import BusinessHours
from crm_tui.core.settings import zone_of
from crm_tui.services.clocks.rules import Terms
from crm_tui.storage.store import ReadWork

_SETTING_OF = {
    "escalation": "clocks.escalation_minutes",
    "start_delay": "clocks.start_delay_minutes",
    "warning": "clocks.ending_minutes",
    "overrun": "clocks.overrun_minutes",
    "disconnect": "clocks.disconnect_minutes",
    "unconfirmed": "clocks.unconfirmed_minutes",
    "unpaid": "clocks.unpaid_minutes",
}


def terms_of(work: ReadWork, store_id: int) -> Terms:
    """The terms in force in a store."""
    times = {
        name: timedelta(minutes=work.setting(key, store_id)) for name, key in _SETTING_OF.items()
    }
    return Terms(hours_of(work, store_id), **times)


def hours_of(work: ReadWork, store_id: int) -> BusinessHours:
    """When the store is open."""
    zone = zone_of(work.setting("store.timezone", store_id))
    return BusinessHours.of(work.setting("store.business_hours", store_id), zone)


def answer_by(work: ReadWork, store_id: int, since: datetime) -> datetime:
    """Until when a customer who waits since ``since`` (UTC) is promised an answer."""
    within = timedelta(seconds=work.setting("dispatch.response_seconds", store_id))
    return hours_of(work, store_id).after(since, within)


def shortest(of_stores: Iterable[Terms]) -> dict[str, timedelta]:
    """The shortest time of each clock among several stores, the longest of the warning."""
    known = list(of_stores)
    names = [field.name for field in fields(Terms) if field.name != "hours"]
    return {
        name: (max if name == "warning" else min)(getattr(terms, name) for terms in known)
        for name in names
    }
