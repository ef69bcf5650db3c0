"""What a filter line means, and which rows pass it. Pure.

A line is parted by blanks (quotes keep blanks together):

- ``小鱼`` – a free word: the row's text holds it, whatever the case or width;
- ``状态:服务中`` or ``status:serving`` – a field holds the word; ``状态:服务中,待接单`` either one;
- ``金额:>100`` ``金额:<=60`` ``金额:50..90`` – a number field is in that range;
- ``陪玩师:-`` – the field is empty; a leading ``-`` (``-状态:已取消``) turns any of these round.

Everything must hold. What a field is called and how it is read from a row is said by
:class:`Field`; screens and exports bring their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_
from crm_tui.core.text import fold

Row = TypeVar("Row")
Value = str | float | Iterable[str] | None
EMPTY = "-"
_TOKEN = re.compile(r'(-?)(?:([^\s:："]+)[:：])?("(?:[^"]*)"?|\S*)')
_NUMBER = r"-?\d+(?:\.\d+)?"
_BOUND = re.compile(rf"(>=|<=|>|<|=)?({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")


class UnknownField(CrmError):
    """The line names a field that these rows don't have."""

    code = "unknown_field"
    template = N_("There is no field “{field}” here. Known: {known}.")


class NotANumber(CrmError):
    """A number field is compared with something else."""

    code = "not_a_number"
    template = N_("{field}: “{value}” is not a number or a range such as >60 or 50..90.")


@dataclass(frozen=True, slots=True)
class Field(Generic[Row]):
    """A field that a line may name, and how to read it from a row."""

    names: tuple[str, ...]
    """All that it may be called, in every language; the first is the one shown."""
    read: Callable[[Row], Value]
    """Its value: words (one or several), a number, or None where there is none."""
    values: Callable[[], Iterable[str]] = tuple
    """The words it may hold, for completion."""
    leading: bool = False
    """Whether a word must begin the value (states), or any part will do (names)."""


@dataclass(frozen=True, slots=True)
class Condition(Generic[Row]):
    """One part of the line; ``field`` is None for a free word."""

    field: Field[Row] | None
    wanted: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    open_ended: bool = False
    """Whether the bounds themselves are outside (``>``, ``<``)."""
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Filter(Generic[Row]):
    """A line as read. An empty one lets everything pass."""

    text: str
    conditions: tuple[Condition[Row], ...]
    haystack: Callable[[Row], str]

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __call__(self, row: Row) -> bool:
        """Whether ``row`` passes every condition."""
        return all(
            _holds(condition, row, self.haystack) != condition.turned
            for condition in self.conditions
        )


@dataclass(frozen=True, slots=True)
class FilterSpec(Generic[Row]):
    """What can be filtered: the fields, and the text in which free words are sought."""

    fields: tuple[Field[Row], ...]
    haystack: Callable[[Row], str]

    def parse(self, line: str) -> Filter[Row]:
        """Read ``line``. Raises :class:`UnknownField` or :class:`NotANumber`."""
        conditions = []
        for turned, name, raw in _tokens(line):
            field = self._named(name) if name else None
            if raw:
                conditions.append(_condition(field, name, raw, turned))
        return Filter(line, tuple(conditions), self.haystack)

    def complete(self, line: str) -> list[str]:
        """Whole lines that ``line`` may become: field names, then the field's values."""
        before, typed = _last_word(line)
        sign = "-" if typed.startswith("-") else ""
        name, colon, value = typed.removeprefix("-").replace("：", ":").partition(":")
        if not colon:
            wanted = fold(name)
            names = (field.names[0] for field in self.fields if _begins(field.names, wanted))
            return [f"{before}{sign}{shown}:" for shown in names] if wanted or not line else []
        field = self._find(name)
        if field is None:
            return []
        *chosen, last = value.split(",")
        head = ",".join((*chosen, ""))
        return [
            f"{before}{sign}{name}:{head}{_quoted(shown)}"
            for shown in field.values()
            if fold(last) in fold(shown) and shown not in chosen
        ]

    def _find(self, name: str) -> Field[Row] | None:
        wanted = fold(name)
        for field in self.fields:
            if any(fold(known) == wanted for known in field.names):
                return field
        return None

    def _named(self, name: str) -> Field[Row]:
        field = self._find(name)
        if field is None:
            raise UnknownField(field=name, known=[each.names[0] for each in self.fields])
        return field


def _tokens(line: str) -> Iterable[tuple[bool, str, str]]:
    for match in _TOKEN.finditer(line):
        if match.group().strip():
            minus, name, raw = match.groups()
            yield bool(minus), name or "", raw.strip('"')


def _condition(field: Field[Row] | None, name: str, raw: str, turned: bool) -> Condition[Row]:
    if field is None:
        return Condition(None, (fold(raw),), turned=turned)
    if bounds := _bounds(raw):
        low, high, open_ended = bounds
        return Condition(field, (fold(raw),), low, high, open_ended, turned)
    if raw[:1] in (">", "<"):
        raise NotANumber(field=name, value=raw)
    wanted = tuple(fold(part) for part in re.split("[,，]", raw) if part)
    return Condition(field, wanted, turned=turned)


def _bounds(raw: str) -> tuple[float | None, float | None, bool] | None:
    if match := _RANGE.fullmatch(raw):
        low, high = match.groups()
        return (float(low) if low else None, float(high) if high else None, False)
    if match := _BOUND.fullmatch(raw):
        sign, number = match.group(1) or "=", float(match.group(2))
        low = None if "<" in sign else number
        high = None if ">" in sign else number
        return low, high, sign in ("<", ">")
    return None


def _holds(condition: Condition[Row], row: Row, haystack: Callable[[Row], str]) -> bool:
    if condition.field is None:
        return condition.wanted[0] in fold(haystack(row))
    value = condition.field.read(row)
    if isinstance(value, (int, float)):
        return _within(condition, float(value))
    if value is None:
        words: Sequence[str] = ()
    elif isinstance(value, str):
        words = (fold(value),)
    else:
        words = tuple(fold(word) for word in value)
    words = tuple(word for word in words if word)
    return any(_names(condition.field, wanted, words) for wanted in condition.wanted)


def _names(field: Field[Row], wanted: str, words: Sequence[str]) -> bool:
    if wanted == EMPTY:
        return not words
    return any(word.startswith(wanted) if field.leading else wanted in word for word in words)


def _within(condition: Condition[Row], value: float) -> bool:
    low, high = condition.low, condition.high
    if low is None and high is None:
        return False
    if condition.open_ended:
        return (low is None or value > low) and (high is None or value < high)
    return (low is None or value >= low) and (high is None or value <= high)


def _last_word(line: str) -> tuple[str, str]:
    """The line up to its last word, and that word; a quoted stretch counts as one word."""
    start, quoted = 0, False
    for place, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            start = place + 1
    return line[:start], line[start:]


def _begins(names: Iterable[str], wanted: str) -> bool:
    return any(fold(name).startswith(wanted) for name in names)


def _quoted(value: str) -> str:
    return f'"{value}"' if any(char.isspace() for char in value) else value
