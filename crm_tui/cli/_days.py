"""Business days that are typed after an option."""

from __future__ import annotations

from datetime import date, datetime

import typer

from crm_tui.core.clock import FIRST_DAY, LAST_DAY
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _


def known_day(param: typer.CallbackParam, typed: datetime | None) -> datetime | None:
    """The callback of an option for a day. Raises :class:`Invalid`."""
    if typed is not None:
        require_known(param.opts[0], typed.date())
    return typed


def require_known(option: str, day: date) -> None:
    """Raises :class:`Invalid` for a day that can't be asked for."""
    if not FIRST_DAY <= day <= LAST_DAY:
        expected = _("a day from {first} to {last}").format(first=FIRST_DAY, last=LAST_DAY)
        raise Invalid(field=option, value=day, expected=expected)
