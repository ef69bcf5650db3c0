"""Keys in the order of what they are sorted by; a key that changes its place is moved alone."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

Entry = tuple[Any, int, Hashable]
"""What a key is sorted by, its turn, and the key. Turns differ, so keys are never compared."""


class Arrangement:
    """A sorted list of keys: all at once by :meth:`fill`, one by one by :meth:`put`.

    Of keys that are sorted by the same, the one with the earlier turn comes first, also where the
    order is ``reverse``.
    """

    def __init__(self, *, reverse: bool = False) -> None:
        self._reverse = reverse
        self._entries: dict[Hashable, Entry] = {}
        self._sorted: list[Entry] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def fill(self, items: Iterable[tuple[Hashable, Any, int]]) -> None:
        """Hold these keys, each with what it is sorted by and its turn, and no others."""
        self._entries = {key: self._entry(key, by, turn) for key, by, turn in items}
        self._sorted = sorted(self._entries.values())

    def put(self, key: Hashable, by: Any, turn: int) -> None:
        """Add ``key``, or move it to where it belongs now."""
        self.drop(key)
        entry = self._entries[key] = self._entry(key, by, turn)
        insort(self._sorted, entry)

    def drop(self, key: Hashable) -> None:
        """Forget ``key``; an unknown one is fine."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            del self._sorted[bisect_left(self._sorted, entry)]

    def position(self, key: Hashable) -> int | None:
        """Where ``key`` stands; ``None`` for an unknown one."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        at = bisect_left(self._sorted, entry)
        return len(self) - 1 - at if self._reverse else at

    def stretch(self, first: int = 0, n: int | None = None) -> list[Hashable]:
        """At most ``n`` keys from position ``first`` on; all of them where nothing is said."""
        end = len(self) if n is None else min(first + n, len(self))
        if self._reverse:
            some: Sequence[Entry] = self._sorted[len(self) - end : len(self) - first][::-1]
        else:
            some = self._sorted[first:end]
        return [key for _by, _turn, key in some]

    def _entry(self, key: Hashable, by: Any, turn: int) -> Entry:
        return by, -turn if self._reverse else turn, key
