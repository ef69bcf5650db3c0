"""What a filter line may become: fields, their values, operators, saved views. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crm_tui.core.language import _, current_language
from crm_tui.core.text import fold
from crm_tui.services.filters import times
from crm_tui.services.filters.grammar import OPERATORS, pieces, split_field
from crm_tui.services.filters.rules import VIEW, Named, find_field
from crm_tui.services.filters.values import COMPARISONS, Kind

_COMPARABLE = frozenset({Kind.NUMBER, Kind.MONEY, Kind.MINUTES, Kind.INSTANT, Kind.DAY})
SIGNS = frozenset("(（)）-")
_OFFERED = (">=", "<=", ">", "<")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """``before`` stays, one of ``values`` follows."""

    before: str
    values: tuple[str, ...]


def complete(
    fields: Sequence[Named], line: str, views: Mapping[str, str] | None = None
) -> Suggestions:
    """What the word at the end of ``line`` may become."""
    start = _last_word(line)
    before, typed = line[:start], line[start:]
    name, value = split_field(typed)
    if typed.startswith(VIEW):
        names = (_quoted(VIEW + each) for each in views or {})
        return Suggestions(before, tuple(_holding(names, typed)))
    if not name:
        found = [*_names(fields, typed), *_operators(before, typed)]
        return Suggestions(before, tuple(found) if typed or not line.strip() else ())
    asked = find_field(fields, name)
    if asked is None:
        return Suggestions(before, ())
    head, last = _last_value(typed, value)
    chosen = {part.strip('"') for part in value.split(",")[:-1]}
    known = (each for each in _values(asked, last) if each not in chosen)
    return Suggestions(before + head, tuple(_quoted(each) for each in _holding(known, last)))


def _last_word(line: str) -> int:
    """Where the word that is being typed begins."""
    last = next(reversed(list(pieces(line))), None)
    if last is None or last.end < len(line) or line[last.start : last.end] in SIGNS:
        return len(line)
    return last.start


def _last_value(typed: str, value: str) -> tuple[str, str]:
    """The word up to its last value (comma, comparison or range before it stays), and that."""
    last = value.rpartition(",")[2]
    last = last.rpartition("..")[2]
    sign = next((each for each in ("!=", *COMPARISONS) if last.startswith(each)), "")
    last = last.removeprefix(sign)
    return typed[: len(typed) - len(last)], last.lstrip('"')


def _names(fields: Sequence[Named], typed: str) -> Iterator[str]:
    wanted = fold(typed)
    for each in fields:
        if any(fold(name).startswith(wanted) for name in each.names):
            yield f"{each.names[0]}:"


def _operators(before: str, typed: str) -> list[str]:
    if not before.strip() or not typed:
        return []
    chinese = current_language() == "zh"
    words = [word for word in OPERATORS if word.isascii() is not chinese]
    return [word for word in words if word.startswith(typed.casefold()) and word != typed]


def _values(asked: Named, last: str) -> Iterable[str]:
    if asked.kind is Kind.FLAG:
        return (_("yes"), _("no"))
    if asked.kind in (Kind.INSTANT, Kind.DAY):
        return [*times.offered(), *(() if last else _OFFERED)]
    if asked.kind in _COMPARABLE:
        return () if last else _OFFERED
    return asked.values()


def _holding(words: Iterable[str], typed: str) -> Iterator[str]:
    wanted = fold(typed)
    return (word for word in words if wanted in fold(word))


def _quoted(value: str) -> str:
    special = any(char.isspace() or char in ",，()（）" for char in value)
    return f'"{value}"' if special else value
