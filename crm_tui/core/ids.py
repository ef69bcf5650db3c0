"""Outside-visible ids and randomness. Row ids come from the database; these do not."""

from __future__ import annotations

import secrets
from collections.abc import MutableSequence, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


class RandomSource(Protocol):
    """The part of ``random.Random`` that the services use."""

    def random(self) -> float: ...
    def randint(self, a: int, b: int) -> int: ...
    def choice(self, seq: Sequence[Item]) -> Item: ...
    def shuffle(self, x: MutableSequence[Any]) -> None: ...


class IdSource(Protocol):
    """Makes tokens that nobody can guess and nobody has used."""

    def token(self) -> str:
        """16 hexadecimal digits."""
        ...


class SecretIds:
    """Tokens from the operating system's randomness."""

    def token(self) -> str:
        return secrets.token_hex(8)


class SeededIds:
    """Tokens that repeat with the seed: for tests, demo data and simulation."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"
