"""Which cells just changed: told by comparing with what was painted before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from textual.cache import LRUCache

from crm_tui.widgets.columns import Column
from crm_tui.widgets.records import Key, Row
from crm_tui.widgets.text import Cell

REMEMBERED_ROWS = 2_000
"""Rows whose last painted cells are kept to compare with."""

_NONE: frozenset[int] = frozenset()


class ChangedCells:
    """Remembers painted cells, and for ``shown_for`` seconds which of them changed."""

    def __init__(self, shown_for: float) -> None:
        self.shown_for = shown_for
        self._painted: LRUCache[Key, tuple[Cell, ...]] = LRUCache(REMEMBERED_ROWS)
        self._changed: dict[Key, tuple[float, frozenset[int]]] = {}

    def note(
        self, rows: Iterable[Row], told: Collection[Key], columns: Sequence[Column], now: float
    ) -> bool:
        """Compare ``rows``, about to be painted, with the last time; ``True`` if any changed.

        A record that is ``told`` to be new or different but was never painted counts as changed
        in its first cell. Columns that tick by themselves never count.
        """
        until = now + self.shown_for
        fresh = {key: (until, frozenset({0})) for key in told if key not in self._painted}
        for row in rows:
            before = self._painted.get(row.key)
            if before is not None and before != row.cells:
                differing = frozenset(
                    index
                    for index, column in enumerate(columns)
                    if not column.live and before[index : index + 1] != row.cells[index : index + 1]
                )
                if differing:
                    fresh[row.key] = (until, differing)
        self._changed.update(fresh)
        return bool(fresh)

    def painted(self, row: Row) -> None:
        """``row`` is on the screen now: what the next :meth:`note` compares with."""
        self._painted[row.key] = row.cells

    def of(self, key: Key) -> frozenset[int]:
        """The indexes of the cells of ``key`` that are to be shown as changed."""
        return self._changed.get(key, (0.0, _NONE))[1]

    def clear(self) -> None:
        """Other records are shown: nothing that was painted is compared with them."""
        self._painted.clear()
        self._changed.clear()

    def forget(self, now: float) -> None:
        """Drop the changes that have been shown long enough."""
        self._changed = {key: change for key, change in self._changed.items() if change[0] > now}
