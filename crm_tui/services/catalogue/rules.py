"""The catalogue a studio begins with, read from ``crm_tui/data/catalogue.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from crm_tui.core.words import BillingUnit, OrderKind


@dataclass(frozen=True, slots=True)
class GameDefault:
    """A game, the other words for it, and its ranks from the lowest; none where none are agreed."""

    name: str
    aliases: tuple[str, ...]
    ladder: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelDefault:
    """A companion level with the list price of an hour and the companion's share."""

    code: str
    name: str
    rate_fen: int
    share_bp: int


@dataclass(frozen=True, slots=True)
class KindDefault:
    """What is usual for a kind of order."""

    billing_unit: BillingUnit
    minutes: int


@dataclass(frozen=True, slots=True)
class Defaults:
    """The whole file. Games and levels stand in the order in which people list them."""

    version: int
    games: tuple[GameDefault, ...]
    levels: tuple[LevelDefault, ...]
    kinds: Mapping[OrderKind, KindDefault]


@cache
def defaults() -> Defaults:
    """The catalogue as shipped; read once a process."""
    text = files("crm_tui").joinpath("data", "catalogue.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Defaults(
        version=data["version"],
        games=tuple(
            GameDefault(game["name"], tuple(game["aliases"]), tuple(game["ladder"]))
            for game in data["games"]
        ),
        levels=tuple(LevelDefault(**level) for level in data["levels"]),
        kinds=MappingProxyType(
            {
                OrderKind(kind): KindDefault(BillingUnit(usual["billing_unit"]), usual["minutes"])
                for kind, usual in data["kinds"].items()
            }
        ),
    )
