"""What a filter line means, and which rows pass it. Pure.

- ``小鱼`` – a free word: the row's text holds it, whatever the case or width;
- ``状态:服务中`` or ``status:serving`` – a field holds the word; ``状态:服务中,待接单`` either one;
  ``城市:=杭州`` is the word and nothing more;
- ``金额:>100`` ``时长:>=2h`` ``金额:50..90`` – a number, an amount, a duration is in that range;
- ``下单:>=昨天`` ``last:<-30d`` ``created:本周`` ``created:2026-09-01..2026-09-21`` – a time,
  by the business day;
- ``陪玩师:-`` – the field is empty; ``拉黑:是`` – a flag;
- ``-状态:已取消`` ``not`` ``非`` ``状态:!=已取消`` turn round; ``or`` ``或`` let one suffice;
  ``and`` ``且``, or nothing between two parts, want both; brackets group; quotes take words as
  they stand;
- ``@夜班`` – the saved view of that name.

What a field is called and how it is read from a row is said by :class:`Field`; screens, commands
and exports bring their own. The customers' fields are columns instead (``customers.listing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _, in_every_language
from crm_tui.core.text import fold
from crm_tui.services.filters import values
from crm_tui.services.filters.grammar import All, AnyOf, Not, One, Term, Tree, build, leaves, parse
from crm_tui.services.filters.values import BadValue, Has, Is, Kind, Moment, Nothing, Test, Within

__all__ = ["BadValue", "Condition", "Context", "Field", "Filter", "FilterSpec", "Kind", "Moment"]

Row = TypeVar("Row")
MOST_TESTS = 200
"""Words and values that one line may hold; SQLite reads no expression much longer."""
VIEW = "@"
"""A word that begins with it names a saved view."""
TIMED = frozenset({Kind.INSTANT, Kind.DAY})


class UnknownField(CrmError):
    """The line names a field that these rows don't have."""

    code = "unknown_field"
    template = N_("There is no field “{field}” here. Known: {known}.")


class TooMuch(CrmError):
    """The line, with the views that it names, asks for more than a database answers at once."""

    code = "filter_too_long"
    template = N_("This filter asks for {count} things; {most} are the most.")


class UnknownView(CrmError):
    """The line names a saved view that there is not."""

    code = "unknown_view"
    template = N_("There is no saved view “{view}” here. Put the word in quotes to look for it.")


class Named(Protocol):
    """A field that a line may name."""

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may be called, in every language; the first is the one shown."""
        ...

    @property
    def kind(self) -> Kind:
        """How its values are read."""
        ...

    @property
    def values(self) -> Callable[[], Iterable[str]]:
        """The words it may hold, for completion."""
        ...


Asked = TypeVar("Asked", bound=Named)


@dataclass(frozen=True, slots=True)
class Field(Generic[Row]):
    """A field that a line may name, and how to read it from a row."""

    names: tuple[str, ...]
    """All that it may be called, in every language; the first is the one shown."""
    read: Callable[[Row], Any]
    """Its value, as :class:`Kind` says; ``None`` where there is none."""
    values: Callable[[], Iterable[str]] = tuple
    """The words it may hold, for completion."""
    leading: bool = False
    """Whether a word must begin the value (states), or any part will do (names)."""
    kind: Kind = Kind.WORDS


@dataclass(frozen=True, slots=True)
class Context:
    """What a line is read in: the moment that times are relative to, and the saved views."""

    moment: Moment | None = None
    views: Mapping[str, str] = field(default_factory=dict)
    """Name → filter line."""


@dataclass(frozen=True, slots=True)
class Condition(Generic[Asked]):
    """One part of the line; ``field`` is None for a free word. One test must hold."""

    field: Asked | None
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Filter(Generic[Row]):
    """A line as read. An empty one lets everything pass."""

    text: str
    tree: Tree[Condition[Field[Row]]]
    passes: Callable[[Row], bool]

    def __bool__(self) -> bool:
        return any(True for _condition in leaves(self.tree))

    def __call__(self, row: Row) -> bool:
        """Whether ``row`` passes."""
        return self.passes(row)

    @property
    def timed(self) -> bool:
        """Whether what it means changes with the time at which it is read."""
        return any(each.field and each.field.kind in TIMED for each in leaves(self.tree))


@dataclass(frozen=True, slots=True)
class FilterSpec(Generic[Row]):
    """What can be filtered in memory: the fields, and the text in which free words are sought."""

    fields: tuple[Field[Row], ...]
    haystack: Callable[[Row], str]

    def parse(self, line: str, context: Context | None = None) -> Filter[Row]:
        """Read ``line``. Raises what :func:`read_line` raises."""
        tree = read_line(self.fields, line, context or Context())

        def holds(condition: Condition[Field[Row]]) -> Callable[[Row], bool]:
            return _free(condition, self.haystack) if condition.field is None else _test(condition)

        return Filter(line, tree, build(tree, holds, _every, _some, _turned))


def read_line(fields: Sequence[Asked], line: str, context: Context) -> Tree[Condition[Asked]]:
    """The conditions of ``line`` on ``fields``.

    Raises :class:`Unreadable`, :class:`UnknownField`, :class:`UnknownView`, :class:`BadValue`,
    :class:`TooMuch`.
    """

    def every(parts: list[Tree[Condition[Asked]]]) -> Tree[Condition[Asked]]:
        return All(tuple(parts))

    def some(parts: list[Tree[Condition[Asked]]]) -> Tree[Condition[Asked]]:
        return AnyOf(tuple(parts))

    tree = build(parse(line), lambda term: _resolve(fields, term, context), every, some, Not)
    count = sum(len(condition.tests) for condition in leaves(tree))
    if count > MOST_TESTS:
        raise TooMuch(count=count, most=MOST_TESTS)
    return tree


def called(msgid: str, *also: str) -> tuple[str, ...]:
    """The names of a field: in the language in force first, then in the others, then ``also``."""
    return tuple(dict.fromkeys((_(msgid), *in_every_language(msgid), msgid, *also)))


def find_field(fields: Sequence[Asked], name: str) -> Asked | None:
    """The field that is called ``name`` in any language."""
    wanted = fold(name)
    return next((each for each in fields if wanted in map(fold, each.names)), None)


def _resolve(fields: Sequence[Asked], term: Term, context: Context) -> Tree[Condition[Asked]]:
    first = term.values[0]
    if not term.field:
        if first.text.startswith(VIEW) and len(first.text) > 1 and not first.quoted:
            return _view(fields, first.text.removeprefix(VIEW), context)
        return One(Condition(None, (Has(fold(first.text), first.text),)))
    asked = find_field(fields, term.field)
    if asked is None:
        raise UnknownField(field=term.field, at=term.at, known=[each.names[0] for each in fields])
    tests = []
    for value in term.values:
        try:
            tests.append(values.read(asked.kind, value, context.moment))
        except (ValueError, OverflowError):
            wanted = values.expected(asked.kind)
            raise BadValue(
                at=value.at, field=term.field, value=value.text, expected=wanted
            ) from None
    return One(Condition(asked, tuple(tests)))


def _view(fields: Sequence[Asked], name: str, context: Context) -> Tree[Condition[Asked]]:
    wanted = fold(name)
    known = next((each for each in context.views if fold(each) == wanted), None)
    if known is None:
        raise UnknownView(view=name, known=list(context.views))
    others = {each: line for each, line in context.views.items() if each != known}
    return read_line(fields, context.views[known], Context(context.moment, others))


Passes = Callable[[Row], bool]


def _every(parts: list[Passes[Row]]) -> Passes[Row]:
    return lambda row: all(part(row) for part in parts)


def _some(parts: list[Passes[Row]]) -> Passes[Row]:
    return lambda row: any(part(row) for part in parts)


def _turned(part: Passes[Row]) -> Passes[Row]:
    return lambda row: not part(row)


def _free(condition: Condition[Field[Row]], haystack: Callable[[Row], str]) -> Passes[Row]:
    wanted = [test.text for test in condition.tests if isinstance(test, Has)]
    return lambda row: any(text in fold(haystack(row)) for text in wanted)


def _test(condition: Condition[Field[Row]]) -> Passes[Row]:
    asked = condition.field
    assert asked is not None
    holds = holds_word if asked.kind is Kind.WORDS else _holds_value
    return lambda row: any(holds(test, asked.read(row), asked.leading) for test in condition.tests)


def holds_word(test: Test, value: Any, leading: bool) -> bool:
    """Whether a text, or one of several, is what is asked for; with ``leading`` only if it begins
    so."""
    texts = () if value is None else (value,) if isinstance(value, str) else value
    words = [word for text in texts if (word := fold(text))]
    if isinstance(test, Nothing):
        return not words
    if not isinstance(test, Has):
        return False
    if test.exact:
        return test.text in words
    return any(word.startswith(test.text) if leading else test.text in word for word in words)


def _holds_value(test: Test, value: Any, _leading: bool) -> bool:
    if isinstance(test, Nothing):
        return value is None
    if isinstance(test, Is):
        return bool(value) is test.flag
    return value is not None and isinstance(test, Within) and value in test
