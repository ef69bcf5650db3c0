"""Records that come in pages, the newest first: more are asked for as one scrolls to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from crm_tui.widgets.records import Key, MemorySource, Record, Row, Tone
from crm_tui.widgets.text import Cell

FIRST_PAGE = 50
LONGEST_PAGE = 800


class PagedSource(MemorySource[Record]):
    """Holds the pages read so far, sorted downwards by ``place`` (a total order).

    ``ask`` is called with the last record held when the rows after it are wanted; whoever is asked
    reads :attr:`wanted` records that follow and hands them to :meth:`extend`. Every page is twice
    as long as the one before, so that also the end of a long history is a few keys away.
    """

    def __init__(
        self,
        key: Callable[[Record], Key],
        cells: Callable[[Record], Iterable[Cell]],
        tone: Callable[[Record], Tone] | None = None,
        *,
        place: Callable[[Record], Any],
        ask: Callable[[Record], object],
    ) -> None:
        super().__init__(key, cells, tone)
        self._place = place
        self._ask = ask
        self.sort(place, reverse=True)
        self._asked = False
        self.complete = False
        """Nothing follows the last record held."""
        self.wanted = FIRST_PAGE
        """How many records to read next."""

    def begin(self, first: Sequence[Record], wanted: int = FIRST_PAGE) -> None:
        """Hold the first page of something else: ``wanted`` records, or all there are."""
        super().replace(first)
        self.wanted = min(wanted * 2, LONGEST_PAGE)
        self.complete = len(first) < wanted
        self._asked = False

    def extend(self, page: Sequence[Record]) -> None:
        """Put the page that was asked for behind what is held."""
        self.upsert(page)
        self.complete = len(page) < self.wanted
        self.wanted = min(self.wanted * 2, LONGEST_PAGE)
        self._asked = False

    def refresh(self, first: Sequence[Record], wanted: int = FIRST_PAGE) -> set[Key]:
        """Take over the first page as it is now; what was read behind it stays.

        Returns the keys that are new or whose record differs.
        """
        if not self.total or len(first) < wanted:
            changed = self.replace(first)
            self.complete = len(first) < wanted
            return changed
        end = self._place(first[-1])
        now = {self._key(record) for record in first}
        self.remove(
            [
                self._key(record)
                for record in self.records()
                if self._place(record) >= end and self._key(record) not in now
            ]
        )
        return self.upsert(first)

    def asking_failed(self) -> None:
        """The page could not be read: it is asked for again when next looked at."""
        self._asked = False

    def window(self, first: int, n: int) -> list[Row]:
        rows = super().window(first, n)
        if not self.complete and not self._asked and self.total and first + n >= self.count():
            self._asked = True
            self._ask(self.shown()[-1])
        return rows
