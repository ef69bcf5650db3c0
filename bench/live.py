"""A board of 10,000 open orders while another process changes 100 of them a second.

The console runs in a pseudo-terminal of 120 × 36. Measured are the time from the commit of a change
to the arrival of the bytes that show it (the terminal draws only when nothing more comes: its own
time is not counted), the console's processor time, and the time from a key to the cursor on the
next row.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import monotonic

from bench.figure import Figure
from bench.open_orders import OPEN, STILL, Seen, change, fill, watched
from bench.person import engines
from crm_tui.services.upkeep.opening import open_studio
from tests.acceptance.terminal import Terminal

RATE = 100.0
WARM, SECONDS = 5.0, 40.0
"""Seconds of changes before the measurement begins, and of the measurement."""
KEY_EVERY = 0.65
ALIVE = 3.0
"""A change that was not painted after so long counts with that time, and as lost."""
CURSOR = ">"


def run() -> list[Figure]:
    """Change → painted, the console's processor time, key → painted, on each engine there is."""
    with engines() as found:
        return [figure for engine, target in found for figure in measure(engine, target)]


def measure(engine: str, database: str) -> list[Figure]:
    """The figures for an empty database, which is filled first."""
    store = open_studio(database)
    fill(store)
    store.close()
    with tempfile.TemporaryDirectory() as folder:
        console = Terminal("--db", database, folder=Path(folder))
        console.child.delaybeforesend = None  # pexpect would wait 50 ms before each key
        try:
            console.wait_for(watched()[-1])
            ours, theirs = multiprocessing.Pipe(duplex=False)
            changing = multiprocessing.get_context("spawn").Process(
                target=change, args=(database, RATE, WARM + SECONDS, theirs)
            )
            changing.start()
            theirs.close()
            watch = _Watch(console, ours)
            watch.until(monotonic() + WARM)
            watch.start_over()
            used, begun = _processor(console), monotonic()
            watch.until(begun + SECONDS)
            busy = (_processor(console) - used) / (monotonic() - begun)
            done, seconds = watch.end()
            changing.join()
        finally:
            console.child.close(force=True)
    return _figures(watch, busy, done / seconds, engine)


def _figures(watch: _Watch, busy: float, rate: float, engine: str) -> list[Figure]:
    waits, keys = sorted(watch.waits), sorted(watch.keys)
    late, slow = 1000 * _at(waits, 0.99), 1000 * _at(keys, 0.95)
    note = f"{engine}, {OPEN:,} open orders"
    seen = f"{note}; {len(waits)} changes of visible rows, median {1000 * median(waits):.0f} ms"
    typed = f"{note}; {len(keys)} keys, median {1000 * median(keys):.0f} ms"
    enough = rate >= 0.98 * RATE
    return [
        Figure(f"changes/s, {engine}", rate, "changes/s", f"≥ {0.98 * RATE:.0f}", enough, note),
        Figure(f"change → painted p99, {engine}", late, "ms", "≤ 500 ms", late <= 500, seen),
        Figure(f"changes never painted, {engine}", watch.lost, "", "0", watch.lost == 0, note),
        Figure(
            f"processor of the console, {engine}",
            100 * busy,
            "% of a core",
            "≤ 60 %",
            busy <= 0.6,
            note,
        ),
        Figure(f"key → painted p95, {engine}", slow, "ms", "≤ 100 ms", slow <= 100, typed),
        Figure(f"key → painted, the slowest, {engine}", 1000 * keys[-1], "ms", note=note),
    ]


def _at(ordered: list[float], part: float) -> float:
    return ordered[int(part * (len(ordered) - 1))]


def _processor(console: Terminal) -> float:
    """Seconds of processor time that the console has used."""
    fields = Path(f"/proc/{console.child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Watch:
    """Looks at the console's screen for what the other process has told, and presses keys."""

    def __init__(self, console: Terminal, told: Connection) -> None:
        self._console = console
        self._told = told
        self._expected: deque[Seen] = deque()
        self._key: tuple[float, str] | None = None
        self._pressed = 0
        self._next_key = monotonic() + KEY_EVERY
        self._end: tuple[int, float] | None = None
        self._arrived = monotonic()
        self.waits: list[float] = []
        self.keys: list[float] = []
        self.lost = 0

    def start_over(self) -> None:
        """Forget what was measured so far."""
        self.waits.clear()
        self.keys.clear()
        self.lost = 0

    def until(self, end: float) -> None:
        """Watch until ``end`` (monotonic)."""
        while monotonic() < end:
            arrived = self._receive()
            if self._listen() or arrived is not None:
                self._arrived = arrived or self._arrived
                self._look(self._arrived)
            self._give_up(monotonic())
            self._type()

    def end(self) -> tuple[int, float]:
        """How many changes were made, in how many seconds."""
        while self._end is None:
            self._receive()
            self._listen()
        return self._end

    def _receive(self) -> float | None:
        """Show what has arrived; the moment of the last of it."""
        arrived, data = None, b""
        while more := self._console.receive():
            arrived, data = monotonic(), data + more
        self._console.show(data)
        return arrived

    def _listen(self) -> bool:
        """Whether something new is expected on the screen; it may be there already."""
        before = len(self._expected)
        while self._end is None and self._told.poll():
            told = self._told.recv()
            if isinstance(told, Seen):
                self._expected.append(told)
            else:
                self._end = told
        return len(self._expected) > before

    def _look(self, arrived: float) -> None:
        text = self._console.text
        waiting = list(self._expected)
        self._expected.clear()
        for one in waiting:
            if (one.no in text) is one.on_top:
                self.waits.append(max(arrived - one.at, 0.0))
            else:
                self._expected.append(one)
        if self._key is not None and (row := self._row_under_cursor()) != self._key[1] and row:
            self.keys.append(arrived - self._key[0])
            self._key = None

    def _give_up(self, now: float) -> None:
        while self._expected and now - self._expected[0].at > ALIVE:
            self._expected.popleft()
            self.waits.append(ALIVE)
            self.lost += 1

    def _type(self) -> None:
        """Down and up through the rows that nobody changes."""
        now = monotonic()
        if self._key is None and now >= self._next_key:
            down = self._pressed // (STILL - 1) % 2 == 0
            self._pressed += 1
            self._key = now, self._row_under_cursor()
            self._console.press("j" if down else "k")
            self._next_key = now + KEY_EVERY

    def _row_under_cursor(self) -> str:
        lines = (line.split() for line in self._console.text.splitlines() if line[:1] == CURSOR)
        return next((words[1] for words in lines if len(words) > 1), "")
