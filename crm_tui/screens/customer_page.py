"""A customer on one page, as content, and the history as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, OrderStatus
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.desk import Studio
    from crm_tui.services.customers.reads import CustomerHit, CustomerProfile, CustomerStats
    from crm_tui.services.orders.rows import OrderRow

NOTE_LIMIT = 400


def match_columns() -> tuple[Column, ...]:
    """The columns of the matches, in the language in force."""
    return (
        Column("nick", _("Nickname"), 10, grow=2, most=24),
        Column("phone", _("Phone"), 11, priority=1),
        Column("orders", _("Orders"), 6, align="right", priority=2),
        Column("tags", _("Tags"), 8, grow=1, most=24, priority=4),
        Column("last", _("Last"), 8, priority=3),
    )


def match_cells(hit: CustomerHit, studio: Studio | None) -> tuple[Cell, ...]:
    """What :func:`match_columns` name, for ``hit``; a sign stands before those with a warning."""
    warned = hit.blocked or hit.do_not_contact or hit.minor
    return (
        shown(f"! {hit.nick}" if warned else hit.nick),
        hit.phone,
        str(hit.orders),
        shown(" ".join(hit.tags)),
        day_of(hit.last_order_at, studio),
    )


def match_tone(hit: CustomerHit) -> Tone:
    """Who must not be served stands out."""
    return "alarm" if hit.blocked or hit.minor else "warning" if hit.do_not_contact else ""


def order_columns() -> tuple[Column, ...]:
    """The columns of the history, in the language in force."""
    return (
        Column("day", _("Date"), 8),
        Column("status", _("Status"), 9, grow=1, most=11),
        Column("companion", _("Companion"), 9, grow=1, most=16),
        Column("amount", _("Amount"), 8, align="right"),
        Column("game", _("Game"), 8, grow=1, most=14, priority=1),
        Column("minutes", _("Min."), 4, align="right", priority=2),
        Column("rating", _("Rating"), 6, align="right", priority=3),
        Column("no", _("No."), 12, priority=4),
    )


def order_cells(row: OrderRow, studio: Studio | None) -> tuple[Cell, ...]:
    """What :func:`order_columns` name, for ``row``."""
    minutes = row.planned_minutes if row.billed_minutes is None else row.billed_minutes
    return (
        day_of(row.created_at, studio),
        row.status.label,
        shown(row.companion or "-"),
        yuan(row.amount_fen),
        shown(row.game),
        str(minutes),
        f"{row.rating}/5" if row.rating else "-",
        row.no,
    )


def order_tone(row: OrderRow) -> Tone:
    """Open orders are looked at first; cancelled ones step back."""
    if row.status is OrderStatus.CANCELLED:
        return "muted"
    return "" if row.status is OrderStatus.COMPLETED else "warning"


def day_of(instant: datetime | None, studio: Studio | None) -> str:
    """The business day of ``instant``: ``26-09-21``; empty where there is none."""
    if instant is None or studio is None:
        return "-"
    return f"{studio.day(instant):%y-%m-%d}"


def page(profile: CustomerProfile, studio: Studio | None) -> Content:
    """Who the customer is and what they are worth, a line a subject."""
    lines = [
        _headline(profile),
        _warnings(profile),
        _labelled((identity.kind.label, shown(identity.value)) for identity in profile.identities),
        _labelled([(_("Tags"), shown(" ".join(tag.name for tag in profile.tags)))]),
        _money(profile.stats, studio),
        _labelled([(_("Often with"), _favourites(profile))]),
        _labelled(
            (shown(field.label).plain, shown(field.shown))
            for field in profile.fields
            if field.shown
        ),
        _labelled([(_("Note"), shown(profile.note, limit=NOTE_LIMIT))]),
    ]
    return Content("\n").join(line for line in lines if line.plain)


def _headline(profile: CustomerProfile) -> Content:
    gender = "" if profile.gender is Gender.UNKNOWN else profile.gender.label
    facts = (profile.no, profile.name, gender, profile.city, profile.channel.label)
    rest = " · ".join(fact for fact in facts if fact)
    return Content.assemble(shown(profile.nick, "bold"), "  ", shown(rest, "$text-muted"))


def _warnings(profile: CustomerProfile) -> Content:
    flags = (
        (profile.blocked, _("Blocked")),
        (profile.minor, _("Minor: no orders, no tips")),
        (profile.do_not_contact, _("Do not contact")),
    )
    named = " · ".join(text for flag, text in flags if flag)
    return Content.styled(f"! {named}", "bold $text-error") if named else Content("")


def _money(stats: CustomerStats, studio: Studio | None) -> Content:
    if not stats.orders:
        return Content.styled(_("No completed order yet."), "$text-muted")
    count = ngettext("{count} order", "{count} orders", stats.orders).format(count=stats.orders)
    parts = [
        Content.styled(count, "bold"),
        Content.styled(f"¥{yuan(stats.spent_fen)}", "bold"),
        Content(_("average ¥{amount}").format(amount=yuan(stats.average_fen))),
        Content(_("tips ¥{amount}").format(amount=yuan(stats.tips_fen))),
        Content(_("{hours} h").format(hours=f"{stats.minutes / 60:.1f}")),
        Content(
            _("{first} to {last}").format(
                first=day_of(stats.first_order_at, studio),
                last=day_of(stats.last_order_at, studio),
            )
        ),
    ]
    return Content(" · ").join(parts)


def _favourites(profile: CustomerProfile) -> Content:
    return Content("  ").join(
        Content.assemble(shown(each.companion), f" ×{each.orders}") for each in profile.favourites
    )


def _labelled(pairs: Iterable[tuple[str, Content]]) -> Content:
    """``label value`` side by side; nothing for empty values."""
    parts = [
        Content.assemble((label, "$text-muted"), " ", value)
        for label, value in pairs
        if value.plain
    ]
    return Content("   ").join(parts)
