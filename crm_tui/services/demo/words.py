"""The words that the demo studio is made of, read from ``crm_tui/data/demo.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Words:
    """Names, cities and phrases. ``odd`` are patterns with ``{}`` for the plain nickname."""

    studio: str
    nicks: tuple[str, ...]
    moods: tuple[str, ...]
    """What many put before their nickname."""
    english: tuple[str, ...]
    odd: tuple[str, ...]
    companions: tuple[str, ...]
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    """Single signs; one or two of them make a given name."""
    cities: tuple[str, ...]
    notes: tuple[str, ...]
    customer_tags: Mapping[str, str]
    """Tag → colour."""
    companion_tags: tuple[str, ...]
    cancelled: tuple[str, ...]
    declined: tuple[str, ...]
    comments: tuple[str, ...]
    order_notes: tuple[str, ...]
    said: Mapping[str, tuple[str, ...]]
    """What contacts were about, by who began."""
    to_do: tuple[tuple[str, str], ...]
    """Tasks: kind and title."""
    low_rated: tuple[str, str]
    """What was to be done after a low rating, and what was."""
    templates: Mapping[str, str]


@cache
def words() -> Words:
    """All words; read once a process."""
    text = files("crm_tui").joinpath("data", "demo.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    people, tags, orders = data["people"], data["tags"], data["orders"]
    contacts = data["contacts"]
    names = (
        "nicks",
        "moods",
        "english",
        "odd",
        "companions",
        "surnames",
        "given",
        "cities",
        "notes",
    )
    return Words(
        studio=data["name"],
        **{name: tuple(people[name]) for name in names},
        customer_tags=tags["customers"],
        companion_tags=tuple(tags["companions"]),
        cancelled=tuple(orders["cancelled"]),
        declined=tuple(orders["declined"]),
        comments=tuple(orders["comments"]),
        order_notes=tuple(orders["notes"]),
        said={began: tuple(texts) for began, texts in contacts["said"].items()},
        to_do=tuple((kind, title) for kind, title in contacts["to_do"]),
        low_rated=tuple(contacts["low_rated"]),
        templates=contacts["templates"],
    )
