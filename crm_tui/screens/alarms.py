"""Alarms as the console tells of them: a toast on whichever screen one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from crm_tui.core.language import ngettext
from crm_tui.core.words import AlarmKind
from crm_tui.services.alarms.words import sentence

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from crm_tui.storage.events import EventRow

MOST = 3
"""Alarms that are told one by one; of more that come together there are numbers."""
_QUIET = frozenset({AlarmKind.UNCONFIRMED})
"""What has been seen to already."""


def among(events: Iterable[EventRow]) -> list[EventRow]:
    """The alarms that were raised."""
    return [event for event in events if event.kind == "alarm.raised"]


def severity(alarms: Iterable[EventRow]) -> SeverityLevel:
    """How loud they are together."""
    return "information" if all(_kind(alarm) in _QUIET for alarm in alarms) else "warning"


def text(alarms: Sequence[EventRow]) -> str:
    """What is said of ``alarms``: each in a line, or how many there are of each kind."""
    if len(alarms) <= MOST:
        return "\n".join(sentence(_kind(alarm), alarm.ref) for alarm in alarms)
    kinds = [_kind(alarm) for alarm in alarms]
    head = ngettext("{count} alarm", "{count} alarms", len(alarms)).format(count=len(alarms))
    counts = [f"{kind.label} {kinds.count(kind)}" for kind in AlarmKind if kind in kinds]
    return "\n".join([head, *counts])


def _kind(alarm: EventRow) -> AlarmKind:
    return AlarmKind(alarm.data["alarm"])
