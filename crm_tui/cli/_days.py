"""Business days that are typed after an option."""

from __future__ import annotations

from datetime import date, datetime

import typer

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _

FIRST, LAST = date(1970, 1, 1), date(9998, 12, 31)
"""The days that can be asked for: before and behind them the calendar has an end, where a business
day is no longer two instants and nothing can be compared."""


def known_day(param: typer.CallbackParam, typed: datetime | None) -> datetime | None:
    """The callback of an option for a day. Raises :class:`Invalid`."""
    if typed is not None:
        require_known(param.opts[0], typed.date())
    return typed


def require_known(option: str, day: date) -> None:
    """Raises :class:`Invalid` for a day that can't be asked for."""
    if not FIRST <= day <= LAST:
        expected = _("a day from {first} to {last}").format(first=FIRST, last=LAST)
        raise Invalid(field=option, value=day, expected=expected)
