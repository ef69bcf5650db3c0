"""What happened with a customer in words, one line a moment, in the language in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.text import clean
from crm_tui.core.words import (
    AlarmKind,
    ContactDirection,
    Gender,
    IdentityKind,
    Role,
    SourceChannel,
    Stance,
)
from crm_tui.models import Companion
from crm_tui.services.customers.dealings import PaymentRow
from crm_tui.services.customers.rules import mask_phone, normalise_phone
from crm_tui.services.fields.reads import visible
from crm_tui.services.interactions.reads import InteractionRow
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.risk.telling import in_words
from crm_tui.services.tasks.reads import TaskRow
from crm_tui.storage import events
from crm_tui.storage.events import EventRow
from crm_tui.storage.store import ReadWork

VALUE_LIMIT = 40
"""Characters shown of a value that was changed."""
NOTHING = "-"
Values = Mapping[str, tuple[str | None, str | None]]
"""Personal values by field, before and after; without those that were erased."""


def of_order(row: OrderRow) -> str:
    """What was ordered, from whom, and how it ended."""
    minutes = row.planned_minutes if row.billed_minutes is None else row.billed_minutes
    parts = [
        row.no,
        row.status.label,
        f"¥{yuan(row.amount_fen)}",
        row.game,
        row.companion or "",
        _("{minutes} min").format(minutes=minutes),
        _("rated {rating}").format(rating=row.rating) if row.rating else "",
        row.kind.label,
    ]
    return " · ".join(filter(None, parts))


def of_payment(row: PaymentRow) -> str:
    """Which money came or went, and for what."""
    parts = (row.label, f"¥{yuan(row.amount_fen)}", row.channel.label, row.order_no or "")
    return " · ".join(filter(None, parts))


def of_interaction(row: InteractionRow) -> str:
    """What was said, where, and with how many files."""
    note = row.direction is ContactDirection.NOTE
    files = len(row.attachments)
    attached = ngettext("{count} file", "{count} files", files).format(count=files)
    parts = (
        "" if note else row.channel.label,
        row.direction.label,
        row.summary,
        attached if files else "",
    )
    return " · ".join(filter(None, parts))


def of_task(row: TaskRow) -> str:
    """What somebody had to do, and what came of it."""
    parts = (row.kind.label, row.title, row.owner or "", row.state.label, row.outcome)
    return " · ".join(filter(None, parts))


def of_events(
    work: ReadWork, keys: Collection[tuple[int, int]], role: Role | None
) -> Iterator[tuple[EventRow, str]]:
    """What these events (store and number) changed on the customer, as ``role`` may see it."""
    found = events.some(work.session, keys)
    values = events.values_of(work.session, keys)
    fields = _fields(work, role)
    nicks = _nicks(work, found)
    for event in found:
        known = values.get((event.store_id, event.seq), {})
        yield event, _in_words(event, known, fields, nicks)


_KINDS: Mapping[str, str] = {
    "customer.added": N_("customer added"),
    "customer.edited": N_("changed"),
    "customer.merged": N_("{other} merged into it"),
    "customer.unmerged": N_("merge with {other} taken back"),
    "customer.distinct": N_("judged not to be the same person as {other}"),
    "customer.reconsidered": N_("may be the same person as {other} after all"),
    "customer.unmasked": N_("phone looked at in full"),
    "customer.exported": N_("personal data exported"),
    "customer.erased": N_("personal data erased"),
    "inbox.snoozed": N_("put off in the inbox"),
    "inbox.handed_over": N_("given to somebody in the inbox"),
    "inbox.done": N_("alarm dismissed"),
    "inbox.reopened": N_("alarm waits again"),
}
_STORED: Mapping[str, str] = {
    "customer.topped_up": N_("¥{paid_fen} to the balance, and ¥{bonus_fen} of bonus"),
    "customer.paid_out": N_("¥{paid_fen} from the balance, and ¥{bonus_fen} of bonus"),
}
_FACTS: Mapping[str, str] = {
    "gender": N_("Gender"),
    "channel": N_("Source"),
    "registered_on": N_("Registered"),
    "blocked": N_("Blocked"),
    "do_not_contact": N_("Do not contact"),
    "minor": N_("Minor"),
    "owner": N_("Owner"),
}
_TEXTS: Mapping[str, str] = {
    "nick": N_("Nickname"),
    "name": N_("Full name"),
    "city": N_("City"),
    "note": N_("Note"),
    "reason": N_("Reason"),
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A field whose change is told; the value of a ``phone`` is masked."""

    label: str
    phone: bool = False


def _in_words(
    event: EventRow, values: Values, fields: Mapping[str, _Field], nicks: Mapping[int, str]
) -> str:
    if event.kind == "customer.stance":
        stance, companion = event.data.get("stance"), nicks.get(event.data["companion_id"], NOTHING)
        label = Stance(stance).label if stance else _("neither preferred nor refused")
        reason = values.get("reason", (None, None))[1]
        return ": ".join(filter(None, (f"{companion} · {label}", reason)))
    if event.kind == "alarm.raised":
        kind = AlarmKind(event.data["alarm"])
        why = in_words(kind, event.data.get("parts") or {})
        return ": ".join(filter(None, (_("Alarm"), kind.label, why)))
    if event.kind in _STORED:
        sums = {name: yuan(event.data[name]) for name in ("paid_fen", "bonus_fen")}
        reason = values.get("reason", (None, None))[1]
        told = _(_STORED[event.kind]).format(**sums)
        return ": ".join(filter(None, (told, reason)))
    if event.kind == "customer.tagged":
        added = [f"+{name}" for name in event.data.get("added") or ()]
        return " ".join((_("Tags"), *added, *(f"-{name}" for name in event.data["removed"])))
    parts = [
        f"{field.label} {_change(field, values.get(name))}"
        for name, field in fields.items()
        if name in (event.data.get("changed") or ())
    ]
    parts += [
        f"{_(label)} {_fact(event.data[name])}"
        for name, label in _FACTS.items()
        if name in event.data
    ]
    told = _(_KINDS.get(event.kind, event.kind)).format(other=event.data.get("other", NOTHING))
    return ": ".join(filter(None, (told, " · ".join(parts))))


def _change(field: _Field, value: tuple[str | None, str | None] | None) -> str:
    """``before > after``, a phone masked; a word where the value was erased."""
    if value is None:
        return _("(erased)")
    before, after = (_value(field, text) for text in value)
    return f"{before} > {after}" if before else after or NOTHING


def _value(field: _Field, text: str | None) -> str:
    if not text:
        return ""
    return mask_phone(normalise_phone(text)) if field.phone else clean(text, VALUE_LIMIT)


def _fact(value: Any) -> str:
    """A fact as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    for vocabulary in (Gender, SourceChannel):
        if value in tuple(vocabulary):
            return vocabulary(value).label
    return str(value or NOTHING)


def _fields(work: ReadWork, role: Role | None) -> dict[str, _Field]:
    """The fields whose values may be told, by name."""
    plain = {name: _Field(_(label)) for name, label in (*_TEXTS.items(), *_FACTS.items())}
    identities = {
        kind.value: _Field(kind.label, kind is IdentityKind.PHONE) for kind in IdentityKind
    }
    custom = {
        f"custom.{each.key}": _Field(each.label, each.kind == "phone")
        for each in visible(work, "customer", role)
    }
    return plain | identities | custom


def _nicks(work: ReadWork, told: list[EventRow]) -> dict[int, str]:
    """The nicknames of the companions that the events name."""
    named = {event.data.get("companion_id") for event in told} - {None}
    if not named:
        return {}
    columns: tuple[Any, ...] = (col(Companion.id), col(Companion.nick))
    query = select(*columns).where(col(Companion.id).in_(named))
    return dict(work.session.connection().execute(query).all())
