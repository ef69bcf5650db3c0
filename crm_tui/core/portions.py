"""Many things, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """``items`` in lists of ``size``."""
    source = iter(items)
    while portion := list(islice(source, size)):
        yield portion
