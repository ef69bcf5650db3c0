"""What waits as cells of a table, and in words: how late it is, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _, joined
from crm_tui.core.pace import span
from crm_tui.core.words import Cause, TaskKind
from crm_tui.widgets.countdown import OVERDUE, countdown
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown, width_of

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.desk import Studio
    from crm_tui.services.inbox.rules import Waiting

NONE = "-"


def columns() -> tuple[Column, ...]:
    """The inbox's columns, in the language in force."""
    return (
        Column("left", _("Left"), 8, align="right", live=True),
        Column("why", _("Why"), max(width_of(cause.label) for cause in Cause), most=20),
        Column("ref", _("No."), 9, grow=1, most=14, keep="end"),
        Column("who", _("Customer"), 8, grow=2, most=20),
        Column("what", _("What"), 12, grow=4),
        Column("waits", _("Waits for"), 9, align="right", live=True, priority=2),
        Column("owner", _("Owner"), 6, grow=1, most=12),
    )


def cells(entry: Waiting, now: datetime) -> tuple[Cell, ...]:
    """What :func:`columns` name, for ``entry``; one that rests shows until when."""
    return (
        countdown(entry.snoozed_until, now) if entry.asleep(now) else left(entry, now),
        entry.name(now),
        shown(entry.order_no or entry.ref),
        shown(entry.customer or NONE),
        shown(entry.what),
        span((now - entry.since).total_seconds()),
        shown(entry.owner or NONE),
    )


def left(entry: Waiting, now: datetime) -> str:
    """Until its time is over, or since."""
    return countdown(entry.due_at, now) or NONE


def tone(entry: Waiting, now: datetime, login: str) -> Tone:
    """What is late stands out; what rests, or somebody else has, steps back."""
    if entry.apart(now, login):
        return "muted"
    if entry.due_at is not None and entry.due_at <= now:
        return "alarm"
    return "warning" if entry.matter in (Cause.TO_DISPATCH, TaskKind.COMPLAINT) else ""


def lateness(entry: Waiting, now: datetime) -> str:
    """How its time stands, in words."""
    text = left(entry, now)
    if text == NONE:
        waited = span((now - entry.since).total_seconds())
        return _("has waited for {time}").format(time=waited)
    if text.startswith(OVERDUE):
        return _("over its time by {time}").format(time=text.removeprefix(OVERDUE))
    return _("{time} left").format(time=text)


def why(entry: Waiting, now: datetime) -> str:
    """Why it is urgent, in a sentence."""
    named = " ".join(filter(None, (entry.order_no or entry.ref, entry.customer)))
    return f"{entry.name(now)} · {named} · {lateness(entry, now)}: {entry.cost}"


def page(entry: Waiting, now: datetime, studio: Studio, todo: str) -> Content:
    """What is said below the list of the thing under the cursor; ``todo``: what to press."""
    number = _("urgency {number}").format(number=f"{entry.urgency(now):.0f}")
    first = Content.assemble((f"{number} ", "bold"), shown(f"· {lateness(entry, now)}: "))
    alarms = joined(kind.label for kind in entry.alarms)
    told = _("told already: {alarms}").format(alarms=alarms) if alarms else ""
    rests = ""
    if entry.asleep(now) and entry.snoozed_until is not None:
        until = f"{studio.wall(entry.snoozed_until):%m-%d %H:%M}"
        rests = _("rests until {time}").format(time=until)
    second = " · ".join(filter(None, (entry.reason or entry.what, told, rests)))
    return Content("\n").join(
        (first + shown(entry.cost), shown(second, limit=400), shown(todo, "$text-muted"))
    )


def counted(entries: Sequence[Waiting], now: datetime, login: str) -> str:
    """How much waits for whom, in a line."""
    apart = [entry.apart(now, login) for entry in entries]
    mine = sum(1 for entry in entries if entry.owner == login and not entry.asleep(now))
    late = sum(
        1 for entry in entries if entry.due_at and entry.due_at <= now and not entry.asleep(now)
    )
    parts = (
        _("{count} late").format(count=late),
        _("{count} yours").format(count=mine),
        _("{count} nobody’s").format(count=apart.count(0) - mine),
        _("{count} others’").format(count=apart.count(1)),
        _("{count} at rest").format(count=apart.count(2)),
    )
    return "   ".join(parts)
