"""How a filter line is built: words, fields, and, or, not, brackets. Pure; knows no field.

Written by hand rather than with a parser library: what a sign means hangs on where it stands (a
bracket inside a nickname, a minus inside a value, an operator that is quoted), and completion
needs the same reading of a line that is not finished yet. What is left are three short rules::

    either := both { ("or" | "或") both }
    both   := one { ["and" | "且"] one }
    one    := ("not" | "非" | "-") one | "(" either ")" | word
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _

Leaf = TypeVar("Leaf")
Other = TypeVar("Other")
Built = TypeVar("Built")

DEEPEST = 40
"""How deep brackets and turns may lie in one another."""
_FIELD = re.compile(r'([^\s:："()（）]+)[:：]')
_OPEN, _CLOSE = "(（", ")）"
_TURN = ("!=", "！=", "!", "！")


class Unreadable(CrmError):
    """The line is not built as a filter is; ``at`` is the place of what is wrong, from 1."""

    code = "unreadable_filter"
    template = N_("Character {at}: found {found}, expected {expected}.")


class Sign(Enum):
    """What a piece of the line is."""

    WORD = "word"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "("
    CLOSE = ")"


OPERATORS = {
    "and": Sign.AND,
    "且": Sign.AND,
    "or": Sign.OR,
    "或": Sign.OR,
    "not": Sign.NOT,
    "非": Sign.NOT,
}
"""The words that put conditions together, in both languages; quoted they are words like others."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sign or a word, where it begins and where it ends in the line (from 0)."""

    sign: Sign
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was typed; a quoted one is taken as it stands."""

    text: str
    quoted: bool
    at: int
    """Its place in the line, from 1."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the line: free, or the values of a field of which one must hold."""

    field: str
    """Empty for a free word."""
    values: tuple[Value, ...]
    at: int


@dataclass(frozen=True, slots=True)
class All(Generic[Leaf]):
    """Every part must hold; nothing at all always holds."""

    parts: tuple[Tree[Leaf], ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Generic[Leaf]):
    """One part must hold."""

    parts: tuple[Tree[Leaf], ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[Leaf]):
    """The part must not hold."""

    part: Tree[Leaf]


@dataclass(frozen=True, slots=True)
class One(Generic[Leaf]):
    """A single condition."""

    leaf: Leaf


Tree = All[Leaf] | AnyOf[Leaf] | Not[Leaf] | One[Leaf]


def build(
    tree: Tree[Leaf],
    leaf: Callable[[Leaf], Built],
    every: Callable[[list[Built]], Built],
    some: Callable[[list[Built]], Built],
    turned: Callable[[Built], Built],
) -> Built:
    """What ``tree`` comes to, from the leaves up."""
    if isinstance(tree, One):
        return leaf(tree.leaf)
    if isinstance(tree, Not):
        return turned(build(tree.part, leaf, every, some, turned))
    parts = [build(part, leaf, every, some, turned) for part in tree.parts]
    return every(parts) if isinstance(tree, All) else some(parts)


def leaves(tree: Tree[Leaf]) -> Iterator[Leaf]:
    """Every condition of ``tree``."""
    if isinstance(tree, One):
        yield tree.leaf
    elif isinstance(tree, Not):
        yield from leaves(tree.part)
    else:
        for part in tree.parts:
            yield from leaves(part)


def pieces(line: str) -> Iterator[Piece]:
    """The line in pieces, finished or not."""
    at = 0
    while at < len(line):
        char = line[at]
        if char.isspace():
            at += 1
        elif char in _OPEN or char in _CLOSE:
            yield Piece(Sign.OPEN if char in _OPEN else Sign.CLOSE, at, at + 1)
            at += 1
        elif char == "-" and _end_of_word(line, at + 1) > at + 1:
            yield Piece(Sign.NOT, at, at + 1)
            at += 1
        else:
            end = _end_of_word(line, at)
            yield Piece(OPERATORS.get(line[at:end].casefold(), Sign.WORD), at, end)
            at = end


def parse(line: str) -> Tree[Term]:
    """Read ``line``; a field without a value yet, and a lone minus, ask for nothing.

    Raises :class:`Unreadable`.
    """
    return _Reader(line).whole()


def split_field(word: str) -> tuple[str, str]:
    """The field's name and what follows its colon; an empty name where it is a free word."""
    match = _FIELD.match(word)
    return (match.group(1), word[match.end() :]) if match else ("", word)


class _Reader:
    """Goes through the pieces of one line."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._pieces = list(pieces(line))
        self._next = 0
        self._depth = 0

    def whole(self) -> Tree[Term]:
        tree = self._either()
        if self._sign() is not None:
            raise self._unexpected(_("a word or the end"))
        return tree or All(())

    def _sign(self) -> Sign | None:
        return self._pieces[self._next].sign if self._next < len(self._pieces) else None

    def _either(self) -> Tree[Term] | None:
        parts = [self._both()]
        while self._sign() is Sign.OR:
            self._next += 1
            parts.append(self._both())
        return _together(parts, AnyOf)

    def _both(self) -> Tree[Term] | None:
        parts = [self._one()]
        while self._sign() not in (None, Sign.OR, Sign.CLOSE):
            if self._sign() is Sign.AND:
                self._next += 1
            parts.append(self._one())
        return _together(parts, All)

    def _one(self) -> Tree[Term] | None:
        sign = self._sign()
        if sign is None and not self._pieces:
            return None
        if sign is Sign.WORD:
            return self._word()
        if sign not in (Sign.NOT, Sign.OPEN):
            raise self._unexpected(_("a word"))
        if self._depth == DEEPEST:
            raise self._unexpected(_("fewer brackets in one another"))
        self._depth += 1
        opened = self._pieces[self._next]
        self._next += 1
        if sign is Sign.NOT:
            part = self._one()
            inner: Tree[Term] | None = Not(part) if part else None
        else:
            inner = self._either()
            if self._sign() is not Sign.CLOSE:
                expected = _("a bracket that closes the one at {at}").format(at=opened.start + 1)
                raise self._unexpected(expected)
            self._next += 1
        self._depth -= 1
        return inner

    def _word(self) -> Tree[Term] | None:
        piece = self._pieces[self._next]
        self._next += 1
        name, raw = split_field(self._line[piece.start : piece.end])
        start = piece.end - len(raw)
        sign = next((each for each in _TURN if name and raw.startswith(each)), "")
        values = tuple(_values(raw[len(sign) :], start + len(sign), several=bool(name)))
        if not values or (not name and raw == "-"):
            return None
        term: Tree[Term] = One(Term(name, values, piece.start + 1))
        return Not(term) if sign else term

    def _unexpected(self, expected: str) -> Unreadable:
        if self._next >= len(self._pieces):
            return Unreadable(at=len(self._line) + 1, found=_("the end"), expected=expected)
        piece = self._pieces[self._next]
        found = f"“{self._line[piece.start : piece.end]}”"
        return Unreadable(at=piece.start + 1, found=found, expected=expected)


def _together(
    parts: Sequence[Tree[Term] | None], as_one: type[All[Term]] | type[AnyOf[Term]]
) -> Tree[Term] | None:
    real = tuple(part for part in parts if part is not None)
    return as_one(real) if len(real) > 1 else next(iter(real), None)


def _values(raw: str, start: int, *, several: bool) -> Iterator[Value]:
    """The values that commas part; a comma in quotes, and in a free word, parts nothing."""
    begin, quoted = 0, False
    for place in range(len(raw) + 1):
        char = raw[place] if place < len(raw) else ","
        if char == '"':
            quoted = not quoted
        last = place == len(raw)
        if last or (char in ",，" and several and not quoted):
            part = raw[begin:place]
            text = part.replace('"', "")
            if text:
                yield Value(text, part.startswith('"'), start + begin + 1)
            begin = place + 1


def _end_of_word(line: str, start: int) -> int:
    """Where the word that begins at ``start`` ends; brackets that it opens belong to it."""
    quoted, opened = False, 0
    for place in range(start, len(line)):
        char = line[place]
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char.isspace():
            return place
        elif char in _OPEN:
            opened += 1
        elif char in _CLOSE:
            if not opened:
                return place
            opened -= 1
    return len(line)
