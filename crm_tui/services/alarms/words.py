"""Alarms as sentences for people, in the language in force."""

from __future__ import annotations

from collections.abc import Mapping

from crm_tui.core.language import N_, _
from crm_tui.core.words import AlarmKind

_SENTENCES: Mapping[AlarmKind, str] = {
    AlarmKind.RESPONSE: N_("{no}: the customer waits for an answer"),
    AlarmKind.ESCALATION: N_("{no}: unanswered for long; a manager has a task"),
    AlarmKind.START_DELAY: N_("{no}: accepted, and not started yet"),
    AlarmKind.ENDING: N_("{no} ends soon: renew it?"),
    AlarmKind.OVERRUN: N_("{no} is over its time"),
    AlarmKind.DISCONNECT: N_("{no}: the connection is still lost"),
    AlarmKind.UNCONFIRMED: N_("{no} counts as confirmed: nobody objected"),
    AlarmKind.UNPAID: N_("{no} is not paid yet"),
}


def sentence(kind: AlarmKind, no: str) -> str:
    """What happened to the record with number ``no``."""
    template = _SENTENCES.get(kind)
    return _(template).format(no=no) if template else f"{no}: {kind.label}"
