"""A split rule as one types it into a form, both ways.

A scale is ``agreed``, a flat ``80%``, or steps: ``50% 5200:60% 10000:70%/6`` – from a month's
turnover of 5,200 yuan on 60 %, from 10,000 on 70 % after six months. Exceptions are parted by
semicolons and name a level, a kind of order, or both: ``大神=80%; 体验=50%; 护航/魔王=85%``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from crm_tui.core.language import in_every_language
from crm_tui.core.money import Money
from crm_tui.core.text import fold
from crm_tui.core.words import OrderKind
from crm_tui.services.money.splits.rules import Scale, Scheme, SplitRule
from crm_tui.services.money.splits.words import percent

AGREED_WORD = "agreed share"
"""What stands for the agreed share (msgid of :mod:`.words`); ``agreed`` does as well."""
_ALIKE = str.maketrans({"；": ";", "，": " ", "％": "%", "：": ":", "＝": "=", "／": "/"})


def scale_from(text: str) -> Any:
    """The JSON form of the scale that was typed. Raises ``ValueError``.

    >>> scale_from("80%"), scale_from("agreed")
    (8000, 'agreed')
    >>> scale_from("50% 5200:60%/6")[1]
    {'from_fen': 520000, 'share_bp': 6000, 'tenure_months': 6}
    """
    typed = " ".join(text.translate(_ALIKE).split())
    if fold(typed) in {"agreed", *map(fold, in_every_language(AGREED_WORD))}:
        return "agreed"
    words = [word.strip(",") for word in typed.split()]
    if not words:
        raise ValueError(text)
    if len(words) == 1 and not {":", "/"} & set(words[0]):
        return _share(words[0])
    return [_step(word) for word in words]


def exceptions_from(text: str) -> dict[str, Any]:
    """``levels`` and ``kinds`` of a definition as they were typed. Raises ``ValueError``.

    >>> exceptions_from("god=80%; trial=50%; escort/devil=85%")["levels"]
    {'god': 8000}
    """
    levels: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for part in filter(None, map(str.strip, text.translate(_ALIKE).split(";"))):
        named, _equals, share = part.partition("=")
        first, _slash, second = (each.strip() for each in named.partition("/"))
        kind, scale = _kind(first), scale_from(share)
        if kind is None:
            if second or not first:
                raise ValueError(part)
            levels[first] = scale
        elif second:
            kinds.setdefault(kind, {}).setdefault("levels", {})[second] = scale
        else:
            kinds.setdefault(kind, {})["share"] = scale
    return {"levels": levels, "kinds": kinds}


def scale_text(scale: Scale, agreed: str = "agreed") -> str:
    """The scale as one types it."""
    return " ".join(_step_texts(scale)) or agreed


def exceptions_text(rule: SplitRule, level_names: Mapping[str, str], agreed: str = "agreed") -> str:
    """The exceptions of a rule as one types them, levels by their names."""

    def of_levels(scheme: Scheme, before: str = "") -> Iterator[str]:
        for code, scale in scheme.levels.items():
            yield f"{before}{level_names.get(code, code)}={scale_text(scale, agreed)}"

    def of_kinds() -> Iterator[str]:
        for kind, scheme in rule.kinds.items():
            yield f"{kind.label}={scale_text(scheme.scale, agreed)}"
            yield from of_levels(scheme, f"{kind.label}/")

    return "; ".join((*of_levels(rule.scheme), *of_kinds()))


def share_from(text: str) -> int:
    """Basis points of a share in per cent, with or without the sign. Raises ``ValueError``."""
    return _share(text.translate(_ALIKE).strip())


def _share(word: str) -> int:
    """``80%`` or ``80``, to two decimals."""
    return Money.parse(word.removesuffix("%")).fen


def _step(word: str) -> dict[str, int]:
    turnover, _colon, share = word.rpartition(":")
    share, _slash, months = share.partition("/")
    step = {"from_fen": Money.parse(turnover).fen if turnover else 0, "share_bp": _share(share)}
    return step | ({"tenure_months": int(months)} if months else {})


def _step_texts(scale: Scale) -> Iterator[str]:
    for step in scale.steps:
        turnover = f"{Decimal(step.from_fen) / 100:f}:" if step.from_fen else ""
        months = f"/{step.tenure_months}" if step.tenure_months else ""
        yield f"{turnover}{percent(step.share_bp)}%{months}"


def _kind(typed: str) -> str | None:
    for kind in OrderKind:
        if fold(typed) in map(fold, kind.spellings):
            return kind.value
    return None
