"""The sections of the 360° screen: which there are, in a role's order, and their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style

from crm_tui.core.actor import by
from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.core.words import PaymentKind, Role, TaskKind
from crm_tui.screens.order_cells import is_late, time_left
from crm_tui.widgets.countdown import countdown
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.desk import Studio
    from crm_tui.services.customers.reads import PaymentRow
    from crm_tui.services.customers.timeline import Entry
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.tasks.reads import TaskRow

TEXT_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Section:
    """One of the sections: its name, its heading (msgid), and the command that goes there."""

    name: str
    heading: str
    command: str
    empty: str
    """What stands there where there is nothing (msgid)."""


SECTIONS = {
    section.name: section
    for section in (
        Section("facts", N_("Profile"), "person.facts", N_("Reading …")),
        Section("open", N_("Open orders"), "person.open", N_("No open orders. N takes one down.")),
        Section(
            "timeline", N_("Timeline"), "person.timeline", N_("Nothing has happened with them yet.")
        ),
        Section("orders", N_("All orders"), "person.orders", N_("No orders yet.")),
        Section("payments", N_("Payments"), "person.payments", N_("No payments yet.")),
        Section("tasks", N_("Tasks"), "person.tasks", N_("Nothing to do for them.")),
    )
}
MAIN = ("timeline", "orders", "payments")
"""The long ones: of these one is shown at a time."""
CONTACTS_FIRST = ("timeline", "tasks", "open", "orders", "facts", "payments")
ORDERS: dict[Role, tuple[str, ...]] = {
    Role.ADMIN: CONTACTS_FIRST,  # in a small studio, whoever works with the console
    Role.DISPATCHER: ("open", "facts", "orders", "timeline", "tasks", "payments"),
    Role.OPERATOR: CONTACTS_FIRST,
    Role.READ_ONLY: ("timeline", "orders", "payments", "open", "tasks", "facts"),
}
MONEY_FIRST = ("payments", "orders", "facts", "open", "timeline", "tasks")


def in_order(role: Role) -> tuple[str, ...]:
    """The sections, first what ``role`` looks for; with the first one the screen opens."""
    return ORDERS.get(role, MONEY_FIRST)


def headings(current: str, role: Role, counts: dict[str, str], keys: dict[str, str]) -> Content:
    """All sections on one line with the keys that go there, the ``current`` one standing out.

    A click does the same as the key.
    """
    parts = []
    for name in in_order(role):
        label = _(SECTIONS[name].heading)
        count = f" {counts[name]}" if counts.get(name) else ""
        style = "bold reverse" if name == current else ""
        key = (keys.get(name, ""), "$text-accent bold")
        part = Content.assemble(key, " ", (label + count, style))
        click = Style.from_meta({"@click": f"screen.run('{SECTIONS[name].command}')"})
        parts.append(part.stylize(click))
    return Content("  ").join(parts)


def timeline_columns() -> tuple[Column, ...]:
    """The columns of the timeline, in the language in force."""
    return (
        Column("at", _("When"), 14),
        Column("what", _("What"), 20, grow=1),
        Column("actor", _("By"), 6, most=12, priority=1),
    )


def timeline_cells(entry: Entry, studio: Studio | None) -> tuple[Cell, ...]:
    """What :func:`timeline_columns` name, for ``entry``."""
    return (
        moment(entry.mark.at, studio),
        shown(entry.what, limit=TEXT_LIMIT),
        shown(by(entry.actor), "$text-muted"),
    )


def payment_columns() -> tuple[Column, ...]:
    """The columns of the payments, in the language in force."""
    return (
        Column("at", _("When"), 14),
        Column("kind", _("Kind"), 7, grow=1, most=10),
        Column("amount", _("Amount"), 10, align="right"),
        Column("channel", _("Channel"), 8, grow=1, most=12, priority=1),
        Column("order", _("Order"), 10, grow=1, most=16, keep="end", priority=2),
        Column("ref", _("Outside number"), 10, grow=2, most=32, keep="end", priority=4),
        Column("by", _("By"), 6, most=12, priority=3),
    )


def payment_cells(row: PaymentRow, studio: Studio | None) -> tuple[Cell, ...]:
    """What :func:`payment_columns` name, for ``row``; money given back is negative."""
    sign = "-" if row.kind is PaymentKind.REFUND else ""
    return (
        moment(row.paid_at, studio),
        row.label,
        f"{sign}{yuan(row.amount_fen)}",
        row.channel.label,
        row.order_no or "-",
        shown(row.external_ref or "-"),
        shown(row.taken_by, "$text-muted"),
    )


def open_columns() -> tuple[Column, ...]:
    """The columns of the open orders, in the language in force."""
    return (
        Column("no", _("Open order"), 10, grow=1, most=14, keep="end"),
        Column("status", _("Status"), 9, grow=1, most=11),
        Column("companion", _("Companion"), 8, grow=2, most=16, priority=1),
        Column("left", _("Left"), 11, align="right", live=True),
        Column("amount", _("Amount"), 8, align="right", priority=2),
    )


def open_cells(row: OrderRow, now: datetime) -> tuple[Cell, ...]:
    """What :func:`open_columns` name, for ``row``."""
    return (
        row.no,
        row.status.label,
        shown(row.companion or "-"),
        time_left(row, now),
        yuan(row.amount_fen),
    )


def task_columns() -> tuple[Column, ...]:
    """The columns of the tasks, in the language in force."""
    return (
        Column("title", _("Task"), 12, grow=2),
        Column("due", _("Due"), 8, align="right", live=True),
        Column("owner", _("Owner"), 6, grow=1, most=12, priority=1),
    )


def task_cells(row: TaskRow, now: datetime) -> tuple[Cell, ...]:
    """What :func:`task_columns` name, for ``row``: a telling kind stands before the title."""
    title = row.title if row.kind is TaskKind.FOLLOW_UP else f"{row.kind.label}: {row.title}"
    due = countdown(row.due_at, now) if row.open else row.state.label
    return shown(title), due or "-", shown(row.owner or "-")


def task_tone(row: TaskRow, now: datetime) -> Tone:
    """What is overdue stands out, and complaints; what is done steps back."""
    if not row.open:
        return "muted"
    if row.overdue(now):
        return "alarm"
    return "warning" if row.kind is TaskKind.COMPLAINT else ""


def order_tone(row: OrderRow, now: datetime) -> Tone:
    """An open order that is late stands out."""
    return "alarm" if is_late(row, now) else ""


def moment(instant: datetime, studio: Studio | None) -> str:
    """``instant`` on the studio's wall clock: ``26-09-21 23:04``."""
    if studio is None:
        return "-"
    return f"{studio.wall(instant):%y-%m-%d %H:%M}"
