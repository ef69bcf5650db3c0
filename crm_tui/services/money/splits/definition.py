"""A split rule as data: read from its JSON form with every part checked, and written back.

::

    {"price": "list", "tip_share_bp": 8000,
     "share": [{"from_fen": 0, "share_bp": 5000}, {"from_fen": 520000, "share_bp": 6000},
               {"from_fen": 1000000, "share_bp": 7000, "tenure_months": 6}],
     "levels": {"god": 8000},
     "kinds": {"trial": 5000, "escort": {"share": "agreed", "levels": {"devil": 8500}}}}

A share is basis points for the companion, ``"agreed"`` (what they agreed to when they accepted),
or steps of the month's turnover. What is left out is agreed, of the price paid, and tips as the
studio's setting says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.words import OrderKind
from crm_tui.services.money.splits.rules import AGREED, Price, Scale, Scheme, SplitRule, Step

MOST_STEPS = 20
LONGEST_TENURE = 600
"""Months; longer ones are typing errors."""
_AGREED = "agreed"


def decoded(text: str) -> Any:
    """The JSON of a definition. Raises :class:`Invalid`, which says where it breaks off."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = _("line {line}, column {column}").format(line=error.lineno, column=error.colno)
        raise Invalid(field=_("Split rule"), value=where, expected=_("JSON")) from error


def parse(data: Any) -> SplitRule:
    """The rule that ``data`` describes. Raises :class:`Invalid`, which names the part that is
    wrong as one would find it in the file: ``kinds.escort.levels.devil[1].share_bp``."""
    known = ("price", "tip_share_bp", "share", "levels", "kinds")
    parts = _object(data, "", known)
    price = parts.get("price", Price.PAID)
    if price not in tuple(Price):
        raise Invalid(field="price", value=price, expected=joined(Price))
    tips = parts.get("tip_share_bp")
    return SplitRule(
        _scheme({name: parts[name] for name in ("share", "levels") if name in parts}, ""),
        {
            _kind(word): _of_kind(value, f"kinds.{word}")
            for word, value in _object(parts.get("kinds", {}), "kinds").items()
        },
        Price(price),
        None if tips is None else _whole(tips, "tip_share_bp", 0, 10_000),
    )


def as_data(rule: SplitRule) -> dict[str, Any]:
    """The JSON form of ``rule``, complete: :func:`parse` reads the same rule from it."""
    return {
        "price": rule.price.value,
        "tip_share_bp": rule.tip_share_bp,
        **_scheme_data(rule.scheme),
        "kinds": {kind.value: _scheme_data(scheme) for kind, scheme in rule.kinds.items()},
    }


def levels_in(rule: SplitRule) -> set[str]:
    """The codes of all levels that the rule names."""
    return {code for scheme in (rule.scheme, *rule.kinds.values()) for code in scheme.levels}


def _of_kind(data: Any, path: str) -> Scheme:
    return _scheme(data, path) if isinstance(data, Mapping) else Scheme(_scale(data, path))


def _scheme(data: Any, path: str) -> Scheme:
    parts = _object(data, path, ("share", "levels"))
    inside = f"{path}." if path else ""
    levels = _object(parts.get("levels", {}), f"{inside}levels")
    return Scheme(
        _scale(parts.get("share", _AGREED), f"{inside}share"),
        {code: _scale(value, f"{inside}levels.{code}") for code, value in levels.items()},
    )


def _scale(data: Any, path: str) -> Scale:
    if data == _AGREED:
        return AGREED
    if isinstance(data, list):
        return _climbing(data, path)
    if not isinstance(data, int) or isinstance(data, bool):
        expected = _("basis points, “agreed”, or a list of steps")
        raise Invalid(field=path, value=data, expected=expected)
    return Scale((Step(0, _whole(data, path, 0, 10_000)),))


def _climbing(data: list[Any], path: str) -> Scale:
    if not 1 <= len(data) <= MOST_STEPS:
        expected = _("1 to {most} steps").format(most=MOST_STEPS)
        raise Invalid(field=path, value=len(data), expected=expected)
    steps = tuple(_step(step, f"{path}[{place}]") for place, step in enumerate(data))
    if (steps[0].from_fen, steps[0].tenure_months) != (0, 0):
        expected = _("a first step for everybody: from_fen 0, no tenure_months")
        raise Invalid(field=f"{path}[0]", value=data[0], expected=expected)
    for place, (lower, upper) in enumerate(pairwise(steps), start=1):
        where = f"{path}[{place}]"
        if upper.from_fen <= lower.from_fen:
            expected = _("more than the step before it")
            raise Invalid(field=f"{where}.from_fen", value=upper.from_fen, expected=expected)
        for name in ("share_bp", "tenure_months"):
            if getattr(upper, name) < getattr(lower, name):
                expected = _("no less than the step before it")
                raise Invalid(
                    field=f"{where}.{name}", value=getattr(upper, name), expected=expected
                )
    return Scale(steps)


def _step(data: Any, path: str) -> Step:
    parts = _object(data, path, ("from_fen", "share_bp", "tenure_months"))
    for name in ("from_fen", "share_bp"):
        if name not in parts:
            raise Invalid(field=f"{path}.{name}", value="", expected=_("a whole number"))
    return Step(
        _whole(parts["from_fen"], f"{path}.from_fen", 0, LARGEST_FEN),
        _whole(parts["share_bp"], f"{path}.share_bp", 0, 10_000),
        _whole(parts.get("tenure_months", 0), f"{path}.tenure_months", 0, LONGEST_TENURE),
    )


def _kind(word: str) -> OrderKind:
    if word not in tuple(OrderKind):
        raise Invalid(field=f"kinds.{word}", value=word, expected=joined(OrderKind))
    return OrderKind(word)


def _whole(value: Any, path: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        expected = _("a whole number, {least} to {most}").format(least=least, most=most)
        raise Invalid(field=path, value=value, expected=expected)
    return value


def _object(data: Any, path: str, known: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """``data`` as an object; with ``known``, one that names nothing else."""
    if not isinstance(data, Mapping):
        where = path or _("Split rule")
        raise Invalid(field=where, value=data, expected=_("an object in braces"))
    for name in data:
        if known and name not in known:
            where = f"{path}.{name}" if path else name
            raise Invalid(field=where, value=name, expected=joined(known))
    return data


def _scheme_data(scheme: Scheme) -> dict[str, Any]:
    levels = {code: _scale_data(scale) for code, scale in scheme.levels.items()}
    return {"share": _scale_data(scheme.scale), "levels": levels}


def _scale_data(scale: Scale) -> Any:
    if not scale.steps:
        return _AGREED
    if not scale.climbs:
        return scale.steps[0].share_bp
    return [
        {
            "from_fen": step.from_fen,
            "share_bp": step.share_bp,
            "tenure_months": step.tenure_months,
        }
        for step in scale.steps
    ]
