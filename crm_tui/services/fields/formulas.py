"""Formulas over the other fields of a record: arithmetic, comparison, joining of texts. Pure.

``price * hours``, ``text(city) + "-" + text(level)``, ``0 if visits > 3 else round(fee / 2, 2)``.
Numbers are decimals, money is in yuan, dates are dates. Nothing is stored: the value is computed
when it is read. Evaluated by ``simpleeval`` with attributes, subscripts and powers taken out, so
that a formula can neither reach into the program nor take long.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

from crm_tui.core.text import squeeze
from crm_tui.services.fields.definition import Definition

LONGEST_FORMULA = 500
LONGEST_RESULT = 2_000
_OPERATORS = {
    sign: DEFAULT_OPERATORS[sign]
    for sign in (
        ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Eq, ast.NotEq, ast.Gt,
        ast.Lt, ast.GtE, ast.LtE, ast.Not, ast.USub, ast.UAdd,
    )
}  # fmt: skip
_NODES = (
    ast.Expr, ast.Name, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call,
    ast.Constant,
)  # fmt: skip


def _round(number: Decimal, digits: Any = 0) -> Decimal:
    return round(number, int(digits))


def _days(later: date, earlier: date) -> Decimal:
    return Decimal((later - earlier).days)


def _as_text(value: Any) -> str:
    return _plain(value) if isinstance(value, Decimal) else str(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "round": _round,
    "min": min,
    "max": max,
    "abs": abs,
    "text": _as_text,
    "days": _days,
}
"""What a formula may call; ``days(later, earlier)`` counts days."""


class _Evaluator(SimpleEval):  # type: ignore[misc]
    """Exact decimals instead of binary fractions; only the nodes that formulas need."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=_OPERATORS, functions=FUNCTIONS, names=dict(names))
        for node in set(self.nodes) - set(_NODES):
            del self.nodes[node]
        self.nodes[ast.Constant] = _constant


def _constant(node: ast.Constant) -> Any:
    number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return Decimal(repr(node.value)) if number else node.value


def check(formula: str, keys: Collection[str]) -> None:
    """Raises ``ValueError`` unless the formula can be read and names only ``keys``.

    The message of the error says what is wrong with it, in the words of the formula itself.
    """
    if not squeeze(formula) or len(formula) > LONGEST_FORMULA:
        raise ValueError(formula[:100])
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, RecursionError) as error:
        raise ValueError(formula) from error
    known = {*keys, *FUNCTIONS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known:
            raise ValueError(node.id)
        if isinstance(node, ast.expr) and not isinstance(node, _NODES):
            raise ValueError(ast.unparse(node))
        if isinstance(node, ast.operator | ast.unaryop) and type(node) not in _OPERATORS:
            raise ValueError(formula)
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            raise ValueError(ast.unparse(node))


def names_in(formula: str) -> set[str]:
    """The fields that a formula speaks of."""
    tree = ast.parse(formula.strip(), mode="eval")
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - set(FUNCTIONS)


def compute(
    formula: str, definitions: Mapping[str, Definition], stored: Mapping[str, Any]
) -> str | bool | None:
    """The formula's value for a record: a number as plain text, a text, or a truth value.

    None where a field that it needs is empty, or the values do not go together (a text times a
    text, a division by nothing).
    """
    try:
        needed = {name: _operand(definitions[name], stored[name]) for name in names_in(formula)}
        result = _Evaluator(needed).eval(formula.strip())
    except (KeyError, InvalidExpression, ArithmeticError, TypeError, ValueError, SyntaxError):
        return None
    if isinstance(result, bool):
        return result
    if isinstance(result, Decimal):
        return _plain(result) if result.is_finite() else None
    return str(result)[:LONGEST_RESULT]


def _operand(definition: Definition, value: Any) -> Any:
    """A stored value as formulas reckon with it."""
    match definition.kind:
        case "money":
            return Decimal(value) / 100
        case "integer" | "decimal" | "rating":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(value)
        case "choices":
            return "、".join(value)
        case _:
            return value


def _plain(number: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    try:
        exact = number.quantize(Decimal("0.000001")).normalize()
    except InvalidOperation:
        return str(number)
    return format(exact, "f")
