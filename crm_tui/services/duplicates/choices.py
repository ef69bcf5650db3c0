"""Which value wins, field by field, when two records of one person become one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import Gender, SourceChannel, Word
from crm_tui.services.customers.index import ALIASES
from crm_tui.services.customers.rules import FLAGS, TEXT_LIMITS

PLAIN = ("nick", "name", "gender", "city", "channel", "owner_id", "registered_on", "note", *FLAGS)
"""The columns that a merge decides on, as they stand in a preview."""
CUSTOM = "custom."
"""What the field of a custom value begins with."""
BETWEEN_NOTES = " / "

LABELS = {
    "nick": N_("Nickname"),
    "name": N_("Full name"),
    "gender": N_("Gender"),
    "city": N_("City"),
    "channel": N_("Channel"),
    "owner_id": N_("Looked after by"),
    "registered_on": N_("Registered on"),
    "note": N_("Note"),
    "blocked": N_("Blocked"),
    "do_not_contact": N_("Do not contact"),
    "minor": N_("Is a minor"),
}


class Side(StrEnum):
    """Whose value stands after the merge."""

    KEEP = "keep"
    OTHER = "other"
    BOTH = "both"


class Why(StrEnum):
    """Why a value wins."""

    SAME = "same"
    KEPT = "kept"
    ONLY = "only"
    EARLIER = "earlier"
    WARNING = "warning"
    TOGETHER = "together"
    CHOSEN = "chosen"

    @property
    def label(self) -> str:
        """The reason in words, in the language in force."""
        return _(_REASONS[self])


_REASONS = {
    Why.SAME: N_("both say so"),
    Why.KEPT: N_("kept one wins"),
    Why.ONLY: N_("only one set"),
    Why.EARLIER: N_("earlier day"),
    Why.WARNING: N_("warning stays"),
    Why.TOGETHER: N_("both stay"),
    Why.CHOSEN: N_("chosen"),
}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One field with both values, whose wins, why, and what will stand."""

    field: str
    keep: Any
    other: Any
    side: Side
    why: Why

    @property
    def differs(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.keep != self.other)

    @property
    def known(self) -> bool:
        """Whether either of the two says anything."""
        return not (_unknown(self.keep) and _unknown(self.other)) and bool(self.keep or self.other)

    @property
    def result(self) -> Any:
        """The value that stands after the merge."""
        if self.side is Side.BOTH:
            joined = BETWEEN_NOTES.join((self.keep, self.other))
            return joined[: TEXT_LIMITS["note"]]
        return self.keep if self.side is Side.KEEP else self.other


def choices(
    keep: Mapping[str, Any], other: Mapping[str, Any], choose: Mapping[str, str]
) -> tuple[FieldChoice, ...]:
    """The choice for every field, of two rows of ``customer``; ``choose`` names the side whose
    value is wanted, where that is not the one that wins by itself.

    Raises :class:`Invalid` for a field or a side that there is not.
    """
    found = {each.field: each for each in _by_themselves(keep, other)}
    for field, wanted in choose.items():
        if field not in found:
            raise Invalid(field="--take", value=field, expected=joined(found))
        sides = (Side.KEEP, Side.OTHER, *((Side.BOTH,) if field == "note" else ()))
        if wanted not in sides:
            raise Invalid(field=field, value=wanted, expected=joined(sides))
        found[field] = chosen(found[field], wanted)
    return tuple(found.values())


def chosen(choice: FieldChoice, side: str) -> FieldChoice:
    """The choice with ``side`` as a person wants it."""
    return FieldChoice(choice.field, choice.keep, choice.other, Side(side), Why.CHOSEN)


def _by_themselves(keep: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[FieldChoice]:
    for field in PLAIN:
        side, why = _winner(field, keep[field], other[field])
        yield FieldChoice(field, keep[field], other[field], side, why)
    mine, theirs = keep["custom"], other["custom"]
    for key in sorted({*mine, *theirs} - {ALIASES}):
        values = mine.get(key), theirs.get(key)
        yield FieldChoice(CUSTOM + key, *values, *_winner(CUSTOM + key, *values))


def _winner(field: str, keep: Any, other: Any) -> tuple[Side, Why]:
    if keep == other:
        return Side.KEEP, Why.SAME
    if field in FLAGS:
        return (Side.KEEP if keep else Side.OTHER), Why.WARNING
    if _unknown(other):
        return Side.KEEP, Why.ONLY
    if _unknown(keep):
        return Side.OTHER, Why.ONLY
    if field == "registered_on":
        return (Side.KEEP if keep < other else Side.OTHER), Why.EARLIER
    if field == "note":
        return Side.BOTH, Why.TOGETHER
    return Side.KEEP, Why.KEPT


def _unknown(value: Any) -> bool:
    return value in (None, "", [], Gender.UNKNOWN, SourceChannel.OTHER)


def merged_custom(
    decided: tuple[FieldChoice, ...], keep: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, Any]:
    """The custom values after the merge, with the names that lost among the aliases: whoever asks
    for the person by one of them finds the record that stays."""
    custom = dict(keep["custom"])
    for each in decided:
        if each.field.startswith(CUSTOM):
            key = each.field.removeprefix(CUSTOM)
            custom.pop(key, None)
            if each.result is not None:
                custom[key] = each.result
    shown = [each.result for each in decided if each.field in ("nick", "name")]
    called = [row[field] for field in ("nick", "name") for row in (keep, other) if row[field]]
    known = [*keep["custom"].get(ALIASES, ()), *other["custom"].get(ALIASES, ()), *called]
    aliases = [each for each in dict.fromkeys(known) if each not in shown]
    custom.pop(ALIASES, None)
    return {**custom, ALIASES: aliases} if aliases else custom


def label_of(field: str) -> str:
    """What a field is called, in the language in force; a custom one by its key."""
    return _(LABELS[field]) if field in LABELS else field.removeprefix(CUSTOM)


def as_text(value: Any) -> str:
    """A value as a person reads it in a preview."""
    if isinstance(value, bool):
        return _("yes") if value else ""
    if isinstance(value, Word):
        return value.label
    if isinstance(value, list | tuple):
        return joined(value)
    return "" if value is None else str(value)
