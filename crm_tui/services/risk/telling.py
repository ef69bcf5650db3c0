"""Risk alarms in words: what was seen, in the language in force. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import AlarmKind

SIGNS: Mapping[str, str] = {
    "stopped": N_("stopped ordering"),
    "cancelled": N_("cancelled after acceptance"),
    "words": N_("words in notes"),
}
"""The parts of a private deal's score, as people read them."""


def in_words(kind: AlarmKind, parts: Mapping[str, Any]) -> str:
    """Why the alarm was raised; empty without parts, and for a kind that no rule here raises."""
    told = _TOLD.get(kind)
    return told(parts) if told and parts else ""


def _overrun(parts: Mapping[str, Any]) -> str:
    return _("{served} min served where {planned} were planned").format(
        served=parts["served_minutes"], planned=parts["planned_minutes"]
    )


def _complaints(parts: Mapping[str, Any]) -> str:
    return _("{count} complaints or low ratings within {days} days").format(
        count=parts["complaints"], days=parts["days"]
    )


def _cancels(parts: Mapping[str, Any]) -> str:
    return _("{cancelled} of {orders} called off within {days} days; usual are {usual}%").format(
        cancelled=parts["cancelled"],
        orders=parts["of"],
        days=parts["days"],
        usual=f"{parts['usual_rate'] * 100:.1f}",
    )


def _private(parts: Mapping[str, Any]) -> str:
    signs = joined(
        f"{_(SIGNS.get(name, name))} {sign['value']:.2f} × {sign['weight']:.2f}"
        for name, sign in parts["signs"].items()
        if sign["value"]
    )
    text = _(
        "score {score}: {signs}; {orders} orders together, silent for {days} days where {gap} are"
        " usual"
    )
    return text.format(
        score=f"{parts['score']:.2f}",
        signs=signs,
        orders=parts["orders"],
        days=parts["silent_days"],
        gap=f"{parts['usual_gap_days']:g}",
    )


_TOLD: Mapping[AlarmKind, Callable[[Mapping[str, Any]], str]] = {
    AlarmKind.LONG_OVERRUN: _overrun,
    AlarmKind.COMPLAINTS: _complaints,
    AlarmKind.CANCEL_RATE: _cancels,
    AlarmKind.PRIVATE_DEAL: _private,
}
