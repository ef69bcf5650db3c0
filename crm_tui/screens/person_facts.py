"""Who a customer is, a fact a row, in the order in which a role needs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, Role
from crm_tui.screens.customer_page import day_of, level_text, tier_content, warnings
from crm_tui.screens.tag_cells import tag_label
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown, width_of

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.services.customers.reads import Person, Worth
    from crm_tui.services.customers.stances import StanceRow
    from crm_tui.services.money.members.reads import Member

NOTE_WIDTH = 26
"""Cells of one line of a long text."""
NOTE_LINES = 12

PREFERENCES_FIRST = ("preferences", "identity", "custom", "money")
IDENTITY_FIRST = ("identity", "preferences", "custom", "money")
MONEY_FIRST = ("money", "identity", "preferences", "custom")
ORDERS = {
    Role.DISPATCHER: PREFERENCES_FIRST,
    Role.MANAGER: MONEY_FIRST,
    Role.FINANCE: MONEY_FIRST,
}
"""The groups of facts, first what the role looks for; all others begin with who it is."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known. ``field`` is the field of the form that changes it; empty: none does."""

    key: str
    label: str
    value: Content
    field: str = ""


def columns() -> tuple[Column, ...]:
    """The columns of the facts, in the language in force."""
    return (Column("label", _("Who"), 10, grow=1, most=14), Column("value", "", 16, grow=4))


def cells(fact: Fact) -> tuple[Cell, ...]:
    """What :func:`columns` name, for ``fact``."""
    return Content.styled(fact.label, "$text-muted"), fact.value


def facts(person: Person, worth: Worth | None, studio: Studio | None, role: Role) -> list[Fact]:
    """All that is known, without what is empty; figures once they have been added up."""
    groups = {
        "identity": _identity(person, studio),
        "preferences": _preferences(person, worth),
        "custom": _custom(person),
        "money": chain(_stored(worth.member), _money(worth, studio)) if worth else iter(()),
    }
    order = ORDERS.get(role, IDENTITY_FIRST)
    return [fact for group in order for fact in groups[group] if fact.value.plain]


def headline(person: Person, worth: Worth | None) -> Content:
    """The customer in two lines: name, number, tier, tags; then whatever warns."""
    parts = [shown(person.nick, "bold"), Content.styled(person.no, "$text-muted")]
    if worth:
        parts.append(tier_content(worth.tier))
    parts += map(tag_label, person.tags)
    warned = warnings(person)
    if worth and worth.balance.owed_fen:
        warned.append(_("owes ¥{amount}").format(amount=yuan(worth.balance.owed_fen)))
    line = Content("  ").join(parts)
    if not warned:
        return line
    return Content.assemble(line, "\n", ("! " + " · ".join(warned), "bold $text-error"))


def _identity(person: Person, studio: Studio | None) -> Iterator[Fact]:
    yield Fact("nick", _("Nickname"), shown(person.nick), "nick")
    yield Fact("name", _("Full name"), shown(person.name), "name")
    for place, identity in enumerate(person.identities):
        field = identity.kind.value
        yield Fact(f"{field}.{place}", identity.kind.label, shown(identity.value), field)
    if person.gender is not Gender.UNKNOWN:
        yield Fact("gender", _("Gender"), Content(person.gender.label), "gender")
    yield Fact("city", _("City"), shown(person.city), "city")
    yield Fact("channel", _("Source"), Content(person.channel.label))
    if person.registered_on:
        yield Fact("registered", _("Registered"), Content(f"{person.registered_on:%Y-%m-%d}"))
    yield Fact("owner", _("Owner"), shown(person.owner))
    for place, line in enumerate(_lines(person.note)):
        yield Fact(f"note.{place}", "" if place else _("Note"), shown(line), "note")


def _preferences(person: Person, worth: Worth | None) -> Iterator[Fact]:
    for stance in person.preferred:
        yield _stance(stance, _("Prefers"))
    for stance in person.refused:
        yield _stance(stance, _("Kept from"))
    for place, each in enumerate(worth.favourites if worth else ()):
        label = "" if place else _("Often with")
        value = Content.assemble(shown(each.companion), f" ×{each.orders}")
        yield Fact(f"often.{each.companion_id}", label, value)


def _stance(row: StanceRow, label: str) -> Fact:
    value = shown(row.companion)
    if row.reason:
        value = Content.assemble(value, " ", shown(row.reason, "$text-muted"))
    return Fact(f"stance.{row.companion_id}", label, value)


def _custom(person: Person) -> Iterator[Fact]:
    for field in person.fields:
        label = shown(field.label).plain
        yield Fact(f"custom.{field.key}", label, shown(field.shown), f"custom-{field.key}")


def _money(worth: Worth, studio: Studio | None) -> Iterator[Fact]:
    stats, balance = worth.stats, worth.balance
    count = ngettext("{count} order", "{count} orders", stats.orders).format(count=stats.orders)
    yield Fact("orders", _("Completed"), Content.styled(count, "bold"))
    if stats.cancelled:
        yield Fact("cancelled", _("Cancelled"), Content(str(stats.cancelled)))
    amounts = (
        ("spent", _("Spent"), stats.spent_fen),
        ("average", _("Average"), stats.average_fen),
        ("tips", _("Tips"), stats.tips_fen),
        ("paid", _("Paid"), balance.paid_fen),
        ("refunded", _("Refunded"), balance.refunded_fen),
        ("owed", _("Owes"), balance.owed_fen),
        ("overpaid", _("Paid too much"), balance.overpaid_fen),
    )
    for key, label, fen in amounts:
        if fen:
            alarm = "bold $text-error" if key in ("owed", "overpaid") else ""
            yield Fact(key, label, Content.styled(f"¥{yuan(fen)}", alarm))
    if stats.minutes:
        hours = _("{hours} h").format(hours=f"{stats.minutes / 60:.1f}")
        yield Fact("hours", _("Played"), Content(hours))
    if stats.last_order_at:
        first, last = (day_of(at, studio) for at in (stats.first_order_at, stats.last_order_at))
        span = _("{first} to {last}").format(first=first, last=last)
        yield Fact("span", _("First to last"), Content(span))


def _stored(member: Member) -> Iterator[Fact]:
    """What they paid ahead and the level that it earned them; nothing for who never did."""
    if member.balance.total_fen:
        balance = Content.styled(f"¥{yuan(member.balance.total_fen)}", "bold")
        yield Fact("balance", _("Stored value"), balance)
    if member.balance.bonus_fen:
        yield Fact("bonus", _("Of it bonus"), Content(f"¥{yuan(member.balance.bonus_fen)}"))
    if member.level:
        yield Fact("level", _("Member"), shown(level_text(member.level)))
    if member.ahead and member.topped_up_fen:
        ahead = _("¥{missing} to {level}").format(
            missing=yuan(member.missing_fen), level=member.ahead.name
        )
        yield Fact("ahead", _("Next level"), shown(ahead))


def _lines(text: str) -> list[str]:
    """``text`` in lines of :data:`NOTE_WIDTH` cells, broken between any two characters."""
    lines, line = [], ""
    for char in " ".join(text.split()):
        if width_of(line + char) > NOTE_WIDTH:
            lines.append(line)
            line = ""
        line += char
    return [*lines, line][:NOTE_LINES]
