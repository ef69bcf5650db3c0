"""An order as cells of a table, and what ``/`` can ask of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.text import listed
from crm_tui.core.words import AlarmKind, OrderStatus
from crm_tui.services.orders import filtering
from crm_tui.services.orders.rules import WAITING
from crm_tui.widgets.countdown import named_countdown
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import width_of

if TYPE_CHECKING:
    from crm_tui.services.orders.reads import BoardCounts
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.replay.reads import PastBoard

NONE = "-"


def columns() -> tuple[Column, ...]:
    """The board's columns, in the language in force; the last to go on a narrow terminal first."""
    return (
        Column("no", _("No."), 12, grow=1, most=16, keep="end"),
        Column("status", _("Status"), max(width_of(state.label) for state in OrderStatus)),
        Column("customer", _("Customer"), 10, grow=3, most=24),
        Column("game", _("Game"), 8, grow=1, most=12, priority=2),
        Column("demands", _("Wanted"), 8, grow=1, most=20, priority=4),
        Column("companion", _("Companion"), 12, grow=2, most=20),
        Column("time", _("Time"), 9, align="right", live=True, priority=3),
        Column("left", _("Left"), _left_width(), align="right", live=True),
        Column("amount", _("Amount"), 9, align="right", priority=1),
    )


def headline(row: OrderRow) -> str:
    """Which order a dialog acts on."""
    return (
        f"{row.no}  {row.customer}  {row.game}  {clock_of(timedelta(minutes=row.planned_minutes))}"
        f"  ¥{yuan(row.amount_fen)}"
    )


def waiting_columns() -> tuple[Column, ...]:
    """The dispatch queue's columns: an order's number stays, and how long it can wait."""
    return (
        Column("no", _("No."), 10, keep="end"),
        Column("left", _("Left"), _left_width(), align="right", live=True),
        Column("customer", _("Customer"), 8, grow=2, most=20),
        Column("game", _("Game"), 8, grow=1, most=12, priority=1),
        Column("demands", _("Wanted"), 8, grow=2, most=24, priority=2),
        Column("asked", _("Asked"), 7, priority=3),
    )


def waiting_cells(row: OrderRow, now: datetime) -> tuple[str, ...]:
    """What :func:`waiting_columns` name, for ``row``."""
    wide = f" ({row.tier}/{row.tiers})" if row.tiers > 1 else ""
    asked = f"{row.open_offers}{wide}" if row.open_offers else NONE
    return row.no, time_left(row, now), row.customer, row.game, wanted(row), asked


def cells(row: OrderRow, now: datetime) -> tuple[str, ...]:
    """What :func:`columns` name, for ``row``."""
    return (
        row.no,
        standing(row),
        row.customer,
        row.game,
        wanted(row),
        serving(row),
        service_time(row, now),
        time_left(row, now),
        yuan(row.amount_fen),
    )


def tone(row: OrderRow, now: datetime) -> Tone:
    """Late orders stand out; closed ones step back."""
    if row.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED):
        return "muted"
    if is_late(row, now):
        return "alarm"
    return "warning" if row.status is OrderStatus.PENDING else ""


def is_late(row: OrderRow, now: datetime) -> bool:
    """Whether its clock has run out."""
    return row.due_at is not None and row.due_at < now


def wanted(row: OrderRow) -> str:
    """How many companions are asked for where it is not one, what they shall be, and the order
    that it goes on from."""
    first = (row.renewal_of or "").rpartition("-")[2]
    said = [_("after {no}").format(no=first)] if first else []
    if row.places > 1:
        said.append(_("{count} together").format(count=row.places))
    return " ".join(filter(None, (*said, filtering.wanted(row)))) or NONE


def standing(row: OrderRow) -> str:
    """Its state in a word: of an order in service also that, and why, its clock stands; of one
    that waits for its beginning only, that it does."""
    if row.reserved and not row.free_places:
        return _("Renewal") if row.renewal_of else _("Reserved")
    if row.disconnected:
        return _("Cut off")
    return _("Paused") if row.paused else row.status.label


def serving(row: OrderRow) -> str:
    """Who serves it, who is kept for it, and how many are asked for what is still free."""
    who = [row.companion] if row.companion else []
    if row.reserved:
        who.append(f"[{listed(one.nick for one in row.reserved)}]")
    if row.places > 1 and row.free_places:
        who.insert(0, f"{row.places - row.free_places}/{row.places}")
    parts = (" ".join(who), asked(row) if row.open_offers else "")
    return " + ".join(filter(None, parts)) or NONE


def asked(row: OrderRow) -> str:
    """How many still have to answer, and how wide the ladder is by now: ``3 asked 2/3``."""
    if not row.open_offers:
        return NONE
    text = ngettext("{count} asked", "{count} asked", row.open_offers).format(count=row.open_offers)
    return f"{text} {row.tier}/{row.tiers}" if row.tiers > 1 else text


def service_time(row: OrderRow, now: datetime) -> str:
    """Time served of the time booked: ``0:48/1:00``; only the latter before the start."""
    booked = clock_of(timedelta(minutes=row.planned_minutes))
    if row.billed_minutes is not None:
        return f"{clock_of(timedelta(minutes=row.billed_minutes))}/{booked}"
    if row.status is not OrderStatus.SERVING:
        return booked
    running = now - row.running_since if row.running_since else timedelta()
    return f"{clock_of(timedelta(minutes=row.served_minutes) + running)}/{booked}"


def time_left(row: OrderRow, now: datetime) -> str:
    """The clock that runs out first, and when: ``end 12:04``; with a sign once it has."""
    if row.reserved and not row.free_places and row.start_at:
        return named_countdown(_("start"), row.start_at, now)
    if row.due_at is None or row.clock is None:
        return _("asked") if row.asked_customer_at and row.status in WAITING else NONE
    late = is_late(row, now)
    over = late and row.clock is AlarmKind.ENDING
    name = _CLOCKS[AlarmKind.OVERRUN if over else row.clock]
    return named_countdown(_(name), row.due_at, now)


_CLOCKS = {
    AlarmKind.RESPONSE: N_("answer"),
    AlarmKind.NOBODY_TOOK: N_("offer"),
    AlarmKind.START_DELAY: N_("start"),
    AlarmKind.ENDING: N_("end"),
    AlarmKind.OVERRUN: N_("over"),
    AlarmKind.DISCONNECT: N_("back"),
    AlarmKind.UNCONFIRMED: N_("agree"),
    AlarmKind.UNPAID: N_("pay"),
}
"""What a clock counts down to, in one short word."""


def _left_width() -> int:
    """Cells for any clock in the language in force, with the sign and ``23h59``."""
    return max(width_of(_(name)) for name in _CLOCKS.values()) + len("! 23h59")


def clock_of(span: timedelta) -> str:
    """Hours and minutes: ``1:30``."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    return f"{minutes // 60}:{minutes % 60:02d}"


def counted(counts: BoardCounts | PastBoard, room: int) -> Content:
    """How many orders stand where, and the day so far, in ``room`` cells.

    Where it is narrow the gaps go first, then the states without orders; the day always stays.
    """
    states = [(status.label, str(count)) for status, count in counts.by_status.items()]
    day = [
        (_("Completed today"), str(counts.completed_today)),
        (_("Income"), f"¥{yuan(counts.gross_fen)}"),
    ]
    some = [(label, count) for label, count in states if count != "0"]
    gaps = ("   ", "  ", " ")
    choices = [(gap, kept) for kept in (states, some, states[:0]) for gap in gaps]
    lines = [
        Content(gap).join(Content.assemble(f"{label} ", (count, "bold")) for label, count in kept)
        for gap, kept in ((gap, [*of_states, *day]) for gap, of_states in choices)
    ]
    return next((line for line in lines if line.cell_length <= room), lines[-1])
