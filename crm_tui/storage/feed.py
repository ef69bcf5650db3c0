"""The live feed: what anybody commits, in any process, told to whoever listens.

One thread waits on the engine (``PRAGMA data_version`` or LISTEN/NOTIFY), reads the events that
are new, and hands them over. When the database can't be reached it says so through ``state`` and
tries again; nothing is skipped, since it goes on from the last number it has seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crm_tui.core.errors import StorageProblem
from crm_tui.storage import events
from crm_tui.storage.dialect import Watch
from crm_tui.storage.events import EventRow

if TYPE_CHECKING:
    from crm_tui.storage.store import Store

WAIT_SECONDS = 0.2
"""How long the thread waits at a stretch; a feed that is stopped ends within this time."""
LOOK_SECONDS = 2.0
"""A notice may be lost on the way: this often the feed looks without one."""
RETRY_SECONDS = 0.5
APART_SECONDS = 0.05
"""Between two readings: in a flood of commits they would come as fast as the notices."""


class FeedState(StrEnum):
    """Whether what is shown can be trusted to be fresh."""

    LIVE = "live"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Changed:
    """What was committed since the last time, oldest first within each store."""

    events: tuple[EventRow, ...]
    replaced: bool = False
    """An older moment was put back: nothing that was read before can be relied on."""


class ChangeFeed:
    """Reads new events on a thread of its own and calls ``on_change`` there."""

    def __init__(self, store: Store, after: dict[int, int] | None = None) -> None:
        self._store = store
        self._seen = after
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._fresh_at = time.monotonic()
        self._on_change: Callable[[Changed], None] = lambda _changed: None
        self._on_state: Callable[[FeedState], None] = lambda _state: None
        self.state = FeedState.LIVE

    def start(
        self,
        on_change: Callable[[Changed], None],
        on_state: Callable[[FeedState], None] | None = None,
    ) -> None:
        """Begin with the events that follow this moment (or ``after``). Raises CrmError."""
        self._on_change = on_change
        if on_state:
            self._on_state = on_state
        if self._seen is None:
            with self._store.read() as work:
                self._seen = events.heads(work.session)
        self._thread = threading.Thread(target=self._run, name="change-feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; no call is made after this returns."""
        self._stop.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def age_seconds(self) -> float:
        """How long ago it was last known that nothing newer exists."""
        return time.monotonic() - self._fresh_at

    def _run(self) -> None:
        watch: Watch | None = None
        look = True
        look_again_at = 0.0
        while not self._stop.is_set():
            try:
                watch = watch or self._store.dialect.watch()
                told = look or time.monotonic() >= look_again_at
                if told:
                    self._tell()
                    look_again_at = time.monotonic() + LOOK_SECONDS
                self._fresh_at = time.monotonic()
                self._enter(FeedState.LIVE)
                if told:
                    self._stop.wait(APART_SECONDS)
                look = watch.wait(WAIT_SECONDS)
            except StorageProblem:
                if watch:
                    watch.close()
                watch = None
                look = True
                self._enter(FeedState.LOST)
                self._stop.wait(RETRY_SECONDS)
        if watch:
            watch.close()

    def _enter(self, state: FeedState) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)

    def _tell(self) -> None:
        assert self._seen is not None
        found: list[EventRow] = []
        with self._store.read() as work:
            heads = events.heads(work.session)
            replaced = any(heads.get(store_id, 0) < seq for store_id, seq in self._seen.items())
            if replaced:
                self._seen = heads
            for store_id, last in heads.items():
                seen = self._seen.get(store_id, 0)
                if last > seen:
                    found += events.after(work.session, store_id, seen, last - seen)
        for row in found:
            self._seen[row.store_id] = row.seq
        if (found or replaced) and not self._stop.is_set():
            self._on_change(Changed(tuple(found), replaced))
