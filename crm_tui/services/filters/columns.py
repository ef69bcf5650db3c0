"""The tests of a filter line as conditions on columns, for lists too long for memory.

A condition is true or false, never unknown, so that turning it round is what it says: a customer
without a city is not one whose city is Hangzhou.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from crm_tui.core.text import fold
from crm_tui.core.words import Word
from crm_tui.services.filters.grammar import Tree, build
from crm_tui.services.filters.rules import Condition
from crm_tui.services.filters.values import Has, Is, Kind, Nothing, Test, Within

Where = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A field that a line may name, and the condition that a test on it is."""

    names: tuple[str, ...]
    where: Callable[[Test], Where]
    kind: Kind = Kind.WORDS
    values: Callable[[], Iterable[str]] = tuple


def compiled(tree: Tree[Condition[ColumnField]], free: Callable[[Has], Where]) -> Where:
    """The condition that ``tree`` is; ``free`` makes one of a free word."""

    def leaf(condition: Condition[ColumnField]) -> Where:
        asked = condition.field
        if asked is None:
            return or_(false(), *(free(test) for test in condition.tests if isinstance(test, Has)))
        return or_(false(), *map(asked.where, condition.tests))

    return build(
        tree,
        leaf,
        lambda parts: and_(true(), *parts),
        lambda parts: or_(false(), *parts),
        not_,
    )


def texts(column: Any) -> Callable[[Test], Where]:
    """Tests on a text column, which is empty rather than NULL."""
    return lambda test: _empty(column) if isinstance(test, Nothing) else holds(column, test)


def holds(column: Any, test: Test) -> Where:
    """The text holds what is asked for, whatever the case; a full-width word is sought as typed
    and in its plain form."""
    if not isinstance(test, Has):
        return false()
    forms = {test.text, test.typed.strip()}
    if test.exact:
        return or_(*(func.lower(column) == form.lower() for form in forms))
    return or_(*(column.icontains(form, autoescape=True) for form in forms))


def words(column: Any, vocabulary: type[Word]) -> Callable[[Test], Where]:
    """Tests on a column that holds a word of ``vocabulary``; a word may be begun only."""

    def where(test: Test) -> Where:
        if not isinstance(test, Has):
            return false()
        return or_(false(), *(column == word for word in meant(test, vocabulary)))

    return where


Told = Callable[[Any], Any]


def _as_it_is(bound: Any) -> Any:
    return bound


def values(column: Any, told: Told = _as_it_is) -> Callable[[Test], Where]:
    """Tests on a column of numbers, days or instants; ``told`` makes a bound what it holds."""

    def where(test: Test) -> Where:
        if isinstance(test, Nothing):
            return _absent(column)
        return within(column, test, told) if isinstance(test, Within) else false()

    return where


def within(column: Any, span: Within, told: Told = _as_it_is) -> Where:
    """Whether there is a value, between the bounds."""
    parts = [column.is_not(None)]
    if span.low is not None:
        low = told(span.low)
        parts.append(column > low if span.low_open else column >= low)
    if span.high is not None:
        high = told(span.high)
        parts.append(column < high if span.high_open else column <= high)
    return and_(*parts)


def flag(column: Any) -> Callable[[Test], Where]:
    """Tests on a column of yes and no; what was never said is no."""

    def where(test: Test) -> Where:
        is_set = and_(column.is_not(None), column)
        return (is_set if test.flag else not_(is_set)) if isinstance(test, Is) else false()

    return where


def meant(test: Has, vocabulary: type[Word]) -> list[Word]:
    """The words of ``vocabulary`` that are asked for, in any language, or begin so."""
    found = []
    for word in vocabulary:
        said = [fold(each) for each in word.spellings]
        if test.text in said or (not test.exact and any(x.startswith(test.text) for x in said)):
            found.append(word)
    return found


def _absent(column: Any) -> Where:
    absent: Where = column.is_(None)
    return absent


def _empty(column: Any) -> Where:
    return or_(column.is_(None), column == "")
