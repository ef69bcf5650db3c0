"""Garbage collection that nobody has to wait for.

A full collection goes through all objects and stops everything meanwhile, for tens of milliseconds
on a board of 10,000 orders. Left to itself it comes in the middle of typing, because typing is
what makes objects.
"""

from __future__ import annotations

import gc
from time import monotonic

NEVER = 1_000_000
"""Collections of middle-aged objects until a full one comes by itself."""
QUIET_SECONDS = 1.0
"""After so long without a key nobody is typing."""
EVERY_SECONDS = 10.0
"""Between two full collections, where there is quiet."""
LATEST_SECONDS = 120.0
"""Where there is none, one comes all the same after so long."""


class Collection:
    """When the objects that nobody needs any more are looked for."""

    def __init__(self) -> None:
        self._typed_at = self._collected_at = monotonic()
        self._thresholds = gc.get_threshold()

    def begin(self) -> None:
        """Collect from now on. What is there already is what was imported: it stays for good."""
        gc.freeze()
        gc.set_threshold(*gc.get_threshold()[:2], NEVER)
        gc.enable()

    def end(self) -> None:
        """Leave collection to Python again."""
        gc.set_threshold(*self._thresholds)

    def typed(self) -> None:
        """A key was pressed: what it does must not be held up."""
        self._typed_at = monotonic()

    def look(self) -> None:
        """Collect everything, if it is time and nobody waits for anything."""
        now = monotonic()
        since = now - self._collected_at
        quiet = now - self._typed_at >= QUIET_SECONDS
        if since >= LATEST_SECONDS or (since >= EVERY_SECONDS and quiet):
            gc.collect()
            self._collected_at = monotonic()
