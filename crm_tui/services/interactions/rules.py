"""When a contact took place, as people say it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.services.filters.times import instants


def happened(text: str, now: datetime, calendar: BusinessCalendar) -> datetime:
    """The instant, UTC, that ``text`` means: ``-2h``, ``20:00``, ``昨天 21:30``, a day's beginning.

    Raises :class:`Invalid`. Whether it has been is not looked at.
    """
    try:
        at: datetime = instants(fold(text), now, calendar).first
    except (ValueError, OverflowError):
        expected = _("a time such as -2h, 20:00 or yesterday 21:30")
        raise Invalid(field="at", value=text, expected=expected) from None
    return at.astimezone(UTC)
