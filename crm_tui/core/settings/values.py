"""How a person's text becomes the value of a setting: parsers that raise ``ValueError``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from crm_tui.core.hours import parse_hours
from crm_tui.core.words import CreditCause, OrderKind, Role

_CREDIT_PARTS = (
    "late_after_minutes",
    "low_rating_at_most",
    "high_rating_at_least",
    "least",
    "most",
)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_RFM_PARTS = ("recency_days", "frequency", "money_yuan")


def line(value: str) -> str:
    """A line of up to 200 characters."""
    if not value.strip() or len(value) > 200:
        raise ValueError(value)
    return value.strip()


def line_or_nothing(value: str) -> str:
    """A line; ``-`` and nothing mean none."""
    return "" if value.strip() in ("", "-") else line(value)


def address(value: str) -> str:
    """An e-mail address as mail servers take it."""
    if len(value.strip()) > 200 or not _ADDRESS.fullmatch(value.strip()):
        raise ValueError(value)
    return value.strip()


def address_or_nothing(value: str) -> str:
    """An e-mail address; ``-`` and nothing mean none."""
    return "" if value.strip() in ("", "-") else address(value)


def clock_time(value: str) -> str:
    """A time of the day, as ``06:00``."""
    return time.fromisoformat(value.strip()).strftime("%H:%M")


def zone(value: str) -> str:
    """The name of a time zone."""
    if value not in available_timezones():
        raise ValueError(value)
    return value


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from ``least`` to ``most``."""

    def parse(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError(value)
        return number

    return parse


def hours(value: str) -> str:
    """Business hours (:func:`.hours.parse_hours`), as they were typed."""
    parse_hours(value)
    return " ".join(value.split())


def one_of(*words: str) -> Callable[[str], str]:
    """A parser of one of ``words``."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(value)
        return value

    return parse


def json_value(value: str, largest: float = 1_000_000) -> Any:
    """``value`` as JSON, whose numbers are no further from zero than ``largest``.

    NaN and infinity are none of them: what reckons with a setting is not to overflow.
    """

    def within(number: float) -> float:
        if not abs(number) <= largest:
            raise ValueError(value)
        return number

    try:
        return json.loads(
            value,
            parse_int=lambda digits: within(int(digits)),
            parse_float=lambda digits: within(float(digits)),
            parse_constant=lambda name: within(float(name)),
        )
    except RecursionError:
        raise ValueError(value) from None


def weights(value: str, names: Collection[str]) -> dict[str, float]:
    """JSON weights, not negative, for some of ``names``; not all of them are 0."""
    given = json_value(value)
    if not isinstance(given, dict) or not given or not set(given) <= set(names):
        raise ValueError(value)
    if any(type(weight) not in (int, float) or weight < 0 for weight in given.values()):
        raise ValueError(value)
    weights = {part: float(weight) for part, weight in given.items()}
    if not sum(weights.values()):
        raise ValueError(value)
    return weights


def weights_among(names: Collection[str]) -> Callable[[str], dict[str, float]]:
    """A parser of JSON weights for some of ``names``; not all of them are 0."""
    return lambda value: weights(value, names)


def weights_by_kind(names: Collection[str]) -> Callable[[str], dict[str, Any]]:
    """The same, and by the code of an order kind those that differ."""
    return lambda value: _weights_by_kind(value, names)


def _weights_by_kind(value: str, names: Collection[str]) -> dict[str, Any]:
    given = json_value(value)
    kinds = {name: part for name, part in given.items() if isinstance(part, dict)}
    general = {name: weight for name, weight in given.items() if name not in kinds}
    checked = {
        OrderKind(kind).value: weights(json.dumps(part), names) for kind, part in kinds.items()
    }
    return weights(json.dumps(general), names) | checked


def tags_by_kind(value: str) -> dict[str, list[str]]:
    """JSON lists of tags by the code of an order kind."""
    given = json_value(value)
    return {OrderKind(kind).value: [line(str(tag)) for tag in tags] for kind, tags in given.items()}


def days_by_kind(value: str) -> dict[str, int]:
    """JSON days, 0 to 365, by the code of an order kind, ``other`` for those that are not named."""
    given = json_value(value, 365)
    if not isinstance(given, dict) or "other" not in given:
        raise ValueError(value)
    if any(type(days) is not int or days < 0 for days in given.values()):
        raise ValueError(value)
    return {kind if kind == "other" else OrderKind(kind).value: given[kind] for kind in given}


def roles_or_none(value: str) -> list[str]:
    """The codes of roles, parted by commas or as a JSON list; ``-`` and nothing mean none."""
    text = value.strip()
    if text.startswith("["):
        return [Role(role).value for role in json_value(text)]
    return [Role(part.strip()).value for part in text.removeprefix("-").split(",") if part.strip()]


def numbers_as(default: dict[str, float]) -> Callable[[str], dict[str, float]]:
    """A parser of JSON numbers to 10,000 by name; what is left out stays as in ``default``."""

    def parse(value: str) -> dict[str, float]:
        given = json_value(value, 10_000)
        if not isinstance(given, dict) or not set(given) <= set(default):
            raise ValueError(value)
        if any(type(number) not in (int, float) or number < 0 for number in given.values()):
            raise ValueError(value)
        return default | given

    return parse


def lines_as(default: dict[str, str]) -> Callable[[str], dict[str, str]]:
    """A parser of JSON lines by name; what is left out stays as in ``default``."""

    def parse(value: str) -> dict[str, str]:
        given = json_value(value)
        if not isinstance(given, dict) or not set(given) <= set(default):
            raise ValueError(value)
        return default | {name: line(text) for name, text in given.items()}

    return parse


def login_or_nobody(value: str) -> str:
    """A login; ``-`` and nothing mean nobody."""
    if len(value) > 60:
        raise ValueError(value)
    return value.strip().removeprefix("-")


def ladder(value: str) -> list[dict[str, Any]]:
    """The tiers of a round of offers, as JSON: ``levels`` (codes; none means all) and ``seconds``
    until the next; all but the last wait 5 to 3,600."""
    given = json_value(value, 3600)
    tiers = [{"levels": each["levels"], "seconds": each.get("seconds", 0)} for each in given]
    *waiting, last = tiers
    codes = [code for tier in tiers for code in tier["levels"]]
    if any(type(tier["levels"]) is not list for tier in tiers) or {*map(type, codes)} - {str}:
        raise ValueError(value)
    if any(type(tier["seconds"]) is not int for tier in tiers) or last["seconds"] < 0:
        raise ValueError(value)
    if len(tiers) > 20 or not all(tier["seconds"] >= 5 for tier in waiting):
        raise ValueError(value)
    return tiers


def urgency_rule(value: str) -> dict[str, float]:
    """What urgency adds to an order's weight in a plan, as JSON: ``gain`` and ``late``."""
    given = json_value(value)
    rule = {name: float(given[name]) for name in ("gain", "late")}
    if len(given) != 2 or not 0 <= rule["gain"] <= 100 or not 0.01 <= rule["late"] <= 100:
        raise ValueError(value)
    return rule


def rfm_edges(value: str) -> dict[str, list[int]]:
    """The bounds of the scores 5, 4, 3, 2 by part, as JSON."""
    given = json_value(value)
    edges = {name: [int(edge) for edge in given[name]] for name in _RFM_PARTS}
    days, *counts = edges.values()
    if any(len(part) != 4 or min(part) < 0 for part in edges.values()) or len(given) != 3:
        raise ValueError(value)
    if days != sorted(days) or any(part != sorted(part, reverse=True) for part in counts):
        raise ValueError(value)
    return edges


def credit_rule(value: str) -> dict[str, Any]:
    """What moves a companion's credit by how much, and its bounds, as JSON."""
    given = json_value(value)
    causes = {cause.value for cause in CreditCause} - {CreditCause.CORRECTION.value}
    if set(given) != {"points", *_CREDIT_PARTS} or not set(given["points"]) <= causes:
        raise ValueError(value)
    points = {str(cause): int(number) for cause, number in given["points"].items()}
    rule = {name: int(given[name]) for name in _CREDIT_PARTS}
    in_order = rule["least"] <= 100 <= rule["most"] and rule["late_after_minutes"] >= 0
    if not in_order or not 0 <= rule["low_rating_at_most"] < rule["high_rating_at_least"] <= 6:
        raise ValueError(value)
    return {"points": points, **rule}


def bonus_steps(value: str) -> list[dict[str, int]]:
    """The steps of the bonus on top-ups as JSON: ``from_fen``, ``bonus_bp``; no two alike."""
    given = json_value(value, 10**13)
    steps = [{name: each[name] for name in ("from_fen", "bonus_bp")} for each in given]
    if any(set(each) != {"from_fen", "bonus_bp"} for each in given) or len(steps) > 20:
        raise ValueError(value)
    if any(type(number) is not int for step in steps for number in step.values()):
        raise ValueError(value)
    if any(step["from_fen"] < 1 or not 0 <= step["bonus_bp"] <= 10_000 for step in steps):
        raise ValueError(value)
    if len({step["from_fen"] for step in steps}) < len(steps):
        raise ValueError(value)
    return steps
