"""What the columns of a sheet are, by their headers in Chinese or English, and what the sheet is.

A header names a field by a synonym (``data/import_headers.toml``), or a person and something of
them (``老板微信``, ``customer phone``). Anything else is left alone here; ``evidence`` tells a few
fields by their cells.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files


class Entity(StrEnum):
    """What a sheet holds."""

    CUSTOMERS = "customers"
    COMPANIONS = "companions"
    ORDERS = "orders"
    PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was recognised: where, as what, and the unit that its header states."""

    index: int
    header: str
    field: str
    unit: str = ""


_WORDS: dict[str, dict[str, str]] = tomllib.loads(
    files("crm_tui").joinpath("data", "import_headers.toml").read_text(encoding="utf-8")
)
FIELDS: Mapping[Entity, Mapping[str, str]] = {
    Entity.CUSTOMERS: _WORDS["person"] | _WORDS["customers"],
    Entity.COMPANIONS: _WORDS["person"] | _WORDS["companions"],
    Entity.ORDERS: _WORDS["money"] | _WORDS["orders"],
    Entity.PAYMENTS: _WORDS["money"] | _WORDS["payments"],
}
"""The synonyms of every field, parted by blanks, as :func:`plain_header` gives them."""
ROLES = _WORDS["roles"]
"""Names for the two people of an order."""

_GENERIC = frozenset(
    ("amount", "date", "id", "name", "no", "number", "order", "price", "time", "total", "type")
)
"""English words that say little where another says more: a tip amount is a tip."""
_UNITS = {
    "h": re.compile(r"小时|^h$|hour|hrs?\b|时$"),
    "min": re.compile(r"分钟|min"),
    "fen": re.compile(r"^(单位:?)?分$|cents?$|\bfen\b"),
}
_IN_BRACKETS = re.compile(r"[(（\[【<〔]([^)）\]】>〕]*)[)）\]】>〕]")
_SIGNS = re.compile(r"[\s_\-—:：*★#/\\、,，.。&'\"`?？!！\ufeff]+")


def _synonyms(lines: Mapping[str, str]) -> dict[str, str]:
    return {word: field for field, line in reversed(list(lines.items())) for word in line.split()}


_EXACT = {entity: _synonyms(lines) for entity, lines in FIELDS.items()}
_ROLE_WORDS = sorted(
    ((word, role) for role, line in ROLES.items() for word in line.split()),
    key=lambda pair: -len(pair[0]),
)
_ATTRIBUTES = _synonyms(
    {"any": _WORDS["role"]["any"]}
    | _WORDS["person"]
    | {"nick": f"{_WORDS['person']['nick']} {_WORDS['role']['nick']}"}
)


def fields_of(entity: Entity) -> list[str]:
    """The fields that ``--map HEADER=FIELD`` may name for ``entity``."""
    people = [f"{role}_{part}" for role in ROLES for part in ("nick", "phone", "wechat", "no")]
    refers = entity in (Entity.ORDERS, Entity.PAYMENTS)
    return [*FIELDS[entity], *(["customer", "companion", *people] if refers else [])]


def plain_header(header: str) -> tuple[str, str]:
    """A header as it is compared, and its unit: ``时长（分钟）`` → ``("时长", "min")``."""
    shown = unicodedata.normalize("NFKC", header).casefold()
    bracketed = " ".join(_IN_BRACKETS.findall(shown))
    bare = _SIGNS.sub("", _IN_BRACKETS.sub("", shown)) or _SIGNS.sub("", shown.strip("()[]"))
    for unit, pattern in _UNITS.items():
        if pattern.search(bracketed) or (unit != "fen" and pattern.search(bare)):
            return bare, unit
    return bare, ""


@lru_cache(maxsize=4096)
def recognise(header: str, entity: Entity) -> list[tuple[float, str]]:
    """The fields that ``header`` may mean in a sheet of ``entity``, with a score, best first."""
    bare, _unit = plain_header(header)
    if not bare or len(bare) > 40:
        return []
    exact = _EXACT[entity]
    found: dict[str, float] = {}

    def add(field: str, score: float) -> None:
        found[field] = max(score, found.get(field, 0.0))

    if bare in exact:
        add(exact[bare], 3.0)
    of_person = _of_person(bare, entity)
    for field, score in of_person or ():
        add(field, score)
    if of_person is None:
        for word, field in exact.items():
            if word in bare and len(word) >= 2 and not word.isascii():
                add(field, 1.0 + len(word) / len(bare))
        for phrase, part_of_header in _english_phrases(header):
            if phrase in exact:
                add(exact[phrase], (0.5 if phrase in _GENERIC else 1.0) + part_of_header)
    return sorted(((score, field) for field, score in found.items()), reverse=True)


def _english_phrases(header: str) -> list[tuple[str, float]]:
    """One to three English words of a header, joined, and how much of the header they are."""
    shown = unicodedata.normalize("NFKC", header).casefold()
    words = re.findall(r"[a-z]+", shown)
    together = sum(map(len, words))
    return [
        (phrase, len(phrase) / together)
        for size in (1, 2, 3)
        for at in range(len(words) - size + 1)
        for phrase in ["".join(words[at : at + size])]
    ]


def _of_person(bare: str, entity: Entity) -> list[tuple[str, float]] | None:
    """The fields of a header that names a person and perhaps something of them.

    None if it names nobody; empty if it names something that no field holds.
    """
    refers = entity in (Entity.ORDERS, Entity.PAYMENTS)
    own = {Entity.CUSTOMERS: "customer", Entity.COMPANIONS: "companion"}.get(entity)
    for word, role in _ROLE_WORDS:
        if word not in bare:
            continue
        rest = bare.replace(word, "", 1).strip("的'")
        same = (rest, role) in _ROLE_WORDS
        part = "any" if same or not rest else _ATTRIBUTES.get(rest)
        of_sheet = _EXACT[entity].get(rest)
        if word.isascii() and not part and not of_sheet:
            continue
        if not refers and role != own:
            return []
        if not part:
            earned = role == "companion" and of_sheet in ("amount", "paid")
            return [(of_sheet, 2.5)] if of_sheet and not earned else []
        return [(_person_field(role, part, rest, refers=refers), 2.9)]
    if refers and _ATTRIBUTES.get(bare, "any") != "any":
        return [(f"customer_{_ATTRIBUTES[bare]}", 2.0)]
    return None


def _person_field(role: str, part: str, rest: str, *, refers: bool) -> str:
    if refers:
        return role if part == "any" else f"{role}_{part}"
    if part != "any":
        return part
    return "no" if rest in ("id", "编号", "账号") else "nick"


def columns_of(headers: Sequence[str], entity: Entity) -> list[Column]:
    """The recognised columns of a header row; every field at most once, the best match first."""
    offers = [
        (score, -index, field, index)
        for index, header in enumerate(headers)
        for score, field in recognise(header, entity)
    ]
    taken: dict[str, Column] = {}
    used: set[int] = set()
    for _score, _order, field, index in sorted(offers, reverse=True):
        if field not in taken and index not in used:
            used.add(index)
            taken[field] = Column(index, headers[index], field, plain_header(headers[index])[1])
    return sorted(taken.values(), key=lambda column: column.index)


_TELLING: Mapping[Entity, frozenset[str]] = {
    Entity.CUSTOMERS: frozenset(("wechat", "qq", "douyin", "source", "registered", "city")),
    Entity.COMPANIONS: frozenset(("games", "ranks", "level", "rate", "cut", "share")),
    Entity.ORDERS: frozenset(
        ("game", "minutes", "status", "kind", "tip", "rating", "companion", "amount")
    ),
    Entity.PAYMENTS: frozenset(("external_ref", "paid_at", "channel")),
}


def likeness(columns: Sequence[Column], entity: Entity, title: str) -> float:
    """How much a sheet with these columns is one of ``entity``; 0 if it can't be.

    ``title`` is the sheet's name and what stands above its header. Columns that only such a sheet
    has count double.
    """
    fields = {column.field for column in columns}
    if not _possible(fields, entity):
        return 0.0
    score = float(len(fields) + len(fields & _TELLING[entity]))
    shown = title.casefold()
    return score + (2.5 if any(word in shown for word in _WORDS["titles"][entity].split()) else 0.0)


def _possible(fields: set[str], entity: Entity) -> bool:
    """Whether the columns suffice to say what a row of ``entity`` is."""
    who = {field for field in fields if field.startswith("customer")}
    if entity is Entity.CUSTOMERS:
        named = bool(fields & {"nick", "name"})
        return bool(fields & {"phone", "wechat", "qq"}) or (named and len(fields) >= 3)
    if entity is Entity.COMPANIONS:
        of_work = {"games", "ranks", "level", "rate", "phone"}
        return bool(fields & {"nick", "name"}) and bool(fields & of_work)
    if entity is Entity.ORDERS:
        if any(field.startswith("companion") for field in fields):
            fields = fields | {"companion"}
        return bool(who) and len(fields & (_TELLING[entity] | {"rate", "paid", "started"})) >= 2
    return (
        "amount" in fields
        and bool(fields & {"order_no", "external_ref"})
        and not (fields & {"game", "minutes", "companion"})
    )
