"""A report's filter line as an expression on the copy's frames.

The words that a line holds are looked up among the members of their dimension: ``game:王者`` asks
for the orders of the games that are called so. A condition is true or false, never unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import polars as pl

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, joined
from crm_tui.services.figures.catalogue import Basis
from crm_tui.services.figures.reports.dimensions import DIMENSIONS
from crm_tui.services.figures.reports.names import Names
from crm_tui.services.filters.grammar import build, leaves
from crm_tui.services.filters.rules import Condition, Context, called, holds_word, read_line
from crm_tui.services.filters.values import Is, Kind, Nothing, Test, Within

_LINES = frozenset({Basis.LINES})
_LEADING = frozenset({"kind", "channel", "segment"})
_NEVER, _ALWAYS = pl.lit(False), pl.lit(True)


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a line may name, the frames that know it, and the condition of a test on it."""

    names: tuple[str, ...]
    bases: frozenset[Basis]
    where: Callable[[Test], pl.Expr]
    kind: Kind = Kind.WORDS
    values: Callable[[], Iterable[str]] = tuple


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows count, and which frames can tell."""

    where: pl.Expr
    bases: frozenset[Basis]


def fields(names: Names) -> tuple[Asked, ...]:
    """The fields of a report's filter: every dimension but days, and a few of the order itself."""
    members = tuple(_member(name, names) for name in names.members)
    return (
        *members,
        _number("weekday", DIMENSIONS["weekday"].bases),
        _number("hour", DIMENSIONS["hour"].bases),
        Asked(called(N_("amount"), "gross"), _LINES, _within("gross_fen"), Kind.MONEY),
        Asked(called(N_("minutes")), _LINES, _within("minutes"), Kind.MINUTES),
        Asked(called(N_("new")), _LINES, _flag("new"), Kind.FLAG),
    )


def chosen(line: str, names: Names, context: Context) -> Chosen:
    """What ``line`` lets pass. Raises :class:`Invalid` for a free word, and what
    :func:`filters.rules.read_line` raises."""
    tree = read_line(fields(names), line, context)
    bases = frozenset(Basis)
    for condition in leaves(tree):
        if condition.field is None:
            known = joined(f"{each.names[0]}:…" for each in fields(names))
            raise Invalid(field="filter", value=line, expected=known)
        bases &= condition.field.bases
    where = build(tree, _leaf, _every, _some, lambda part: ~part)
    return Chosen(where, bases)


def _leaf(condition: Condition[Asked]) -> pl.Expr:
    assert condition.field is not None
    return _some(list(map(condition.field.where, condition.tests)))


def _every(parts: list[pl.Expr]) -> pl.Expr:
    return reduce(and_, parts, _ALWAYS)


def _some(parts: list[pl.Expr]) -> pl.Expr:
    return reduce(or_, parts, _NEVER)


def _member(name: str, names: Names) -> Asked:
    dimension, members = DIMENSIONS[name], names.members[name]
    column = pl.col(dimension.column)

    def where(test: Test) -> pl.Expr:
        if isinstance(test, Nothing):
            return column.is_null() | (column.cast(pl.String) == "")
        meant = [key for key, said in members.items() if holds_word(test, said, name in _LEADING)]
        return column.is_in(meant).fill_null(False) if meant else _NEVER

    def words() -> list[str]:
        return [names.label(name, key) for key in members]

    return Asked(called(dimension.title, name), dimension.bases, where, values=words)


def _number(name: str, bases: frozenset[Basis]) -> Asked:
    return Asked(called(DIMENSIONS[name].title, name), bases, _within(name), Kind.NUMBER)


def _within(column: str) -> Callable[[Test], pl.Expr]:
    value = pl.col(column)

    def where(test: Test) -> pl.Expr:
        if not isinstance(test, Within):
            return value.is_null()
        parts = [value.is_not_null()]
        if test.low is not None:
            parts.append(value > test.low if test.low_open else value >= test.low)
        if test.high is not None:
            parts.append(value < test.high if test.high_open else value <= test.high)
        return _every(parts)

    return where


def _flag(column: str) -> Callable[[Test], pl.Expr]:
    def where(test: Test) -> pl.Expr:
        return pl.col(column) == (isinstance(test, Is) and test.flag)

    return where
