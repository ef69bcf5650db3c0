"""A customer on one page, as content, and the history as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, OrderStatus
from crm_tui.screens import match_marks
from crm_tui.screens.tag_cells import tag_labels
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.desk import Studio
    from crm_tui.services.customers.reads import CustomerHit, Person, Worth
    from crm_tui.services.customers.rfm import Tier
    from crm_tui.services.money.members.reads import Member
    from crm_tui.services.money.members.rules import Level
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
    """What :func:`match_columns` name, for ``hit``, with what was typed marked."""
    return (
        match_marks.who(hit),
        match_marks.phone(hit),
        str(hit.orders),
        match_marks.tags(hit),
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


def page(person: Person, worth: Worth | None, studio: Studio | None) -> Content:
    """Who the customer is and, once it was added up, what they are worth; a line a subject."""
    lines = [
        _headline(person, worth),
        _warnings(person),
        _labelled((identity.kind.label, shown(identity.value)) for identity in person.identities),
        _labelled([(_("Tags"), tag_labels(person.tags))]),
        _money(worth, studio) if worth else Content(" "),
        _stored(worth.member) if worth else Content(""),
        _labelled(
            (label, Content("  ").join(shown(each.companion) for each in stances))
            for label, stances in (
                (_("Prefers"), person.preferred),
                (_("Kept from"), person.refused),
            )
        ),
        _labelled([(_("Often with"), _favourites(worth))] if worth else ()),
        _labelled(
            (shown(field.label).plain, shown(field.shown)) for field in person.fields if field.shown
        ),
        _labelled([(_("Note"), shown(person.note, limit=NOTE_LIMIT))]),
    ]
    return Content("\n").join(line for line in lines if line.plain)


def warnings(person: Person) -> list[str]:
    """What whoever deals with the customer must know first."""
    flags = (
        (person.blocked, _("Blocked")),
        (person.minor, _("Minor: no orders, no tips")),
        (person.do_not_contact, _("Do not contact")),
    )
    return [text for flag, text in flags if flag]


def tier_content(tier: Tier) -> Content:
    """The tier with the scores that explain it: ``High value R5 F4 M4``."""
    if tier.r is None:
        return Content.styled(tier.segment.label, "$text-muted")
    scores = f"R{tier.r} F{tier.f} M{tier.m}"
    return Content.assemble((tier.segment.label, "bold"), " ", (scores, "$text-muted"))


def _headline(person: Person, worth: Worth | None) -> Content:
    gender = "" if person.gender is Gender.UNKNOWN else person.gender.label
    facts = (person.no, person.name, gender, person.city, person.channel.label)
    rest = " · ".join(fact for fact in facts if fact)
    parts = [shown(person.nick, "bold"), shown(rest, "$text-muted")]
    return Content("  ").join([*parts, tier_content(worth.tier)] if worth else parts)


def _warnings(person: Person) -> Content:
    named = " · ".join(warnings(person))
    return Content.styled(f"! {named}", "bold $text-error") if named else Content("")


def _money(worth: Worth, studio: Studio | None) -> Content:
    stats, balance = worth.stats, worth.balance
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
    if balance.owed_fen:
        owed = _("owes ¥{amount}").format(amount=yuan(balance.owed_fen))
        parts.append(Content.styled(owed, "bold $text-error"))
    return Content(" · ").join(parts)


def _stored(member: Member) -> Content:
    """What they paid ahead, and the level that it earned them."""
    has, parts = member.balance, []
    if has.total_fen:
        parts.append(
            Content.assemble(
                (_("Stored value"), "$text-muted"), " ", (f"¥{yuan(has.total_fen)}", "bold")
            )
        )
    if has.bonus_fen:
        parts.append(Content(_("bonus ¥{amount}").format(amount=yuan(has.bonus_fen))))
    if member.level:
        parts.append(shown(level_text(member.level)))
    if member.ahead and member.topped_up_fen:
        ahead = _("¥{missing} to {level}")
        missing = yuan(member.missing_fen)
        parts.append(shown(ahead.format(missing=missing, level=member.ahead.name), "$text-muted"))
    return Content(" · ").join(parts)


def level_text(level: Level) -> str:
    """A membership level and what it takes off the price."""
    if not level.discount_bp:
        return level.name
    return _("{level}, {percent}% off").format(
        level=level.name, percent=f"{level.discount_bp / 100:g}"
    )


def _favourites(worth: Worth) -> Content:
    return Content("  ").join(
        Content.assemble(shown(each.companion), f" ×{each.orders}") for each in worth.favourites
    )


def _labelled(pairs: Iterable[tuple[str, Content]]) -> Content:
    """``label value`` side by side; nothing for empty values."""
    parts = [
        Content.assemble((label, "$text-muted"), " ", value)
        for label, value in pairs
        if value.plain
    ]
    return Content("   ").join(parts)
