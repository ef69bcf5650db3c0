"""Keys typed into the look-up of a console in a pseudo-terminal, and when their rows are there.

A keystroke is over when the terminal shows the typed words and, in the first lines of the matches,
exactly those customers whom the service finds for them. The next key comes 100 ms after the last
byte: by then the page beside the matches has been painted, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from crm_tui.core.text import clean
from crm_tui.screens.customers import MATCHES
from crm_tui.services.customers.lookup import CustomerHit, find
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.acceptance.terminal import LONGEST_WAIT, Terminal

LINES = 5
"""Lines of the matches that are compared."""
MASKED = "****"
MATCHES_WIDE = 38
"""Characters of a line that surely belong to the matches; the page beside shows a phone, too."""
SIGNS = 5
"""Characters of a nickname that are compared; the column may be too narrow for all."""
HEADING = "Nickname  "
QUIET = 0.1
"""Seconds without a byte after which the next key comes."""
CLEAR = "\x15"


def painted(database: Path, searches: Sequence[str]) -> list[float]:
    """Seconds from each key to its rows on the screen, for searches typed sign by sign."""
    store = open_studio(database)
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        console = Terminal("--db", str(database), folder=Path(folder))
        console.child.delaybeforesend = None  # pexpect would wait 50 ms before each key
        try:
            console.wait_for("All keys")
            console.press("3")
            console.wait_for(HEADING)
            for words in searches:
                _until(console, CLEAR, "", _found(store, ""))
                took += _typed(console, store, words)
        finally:
            console.child.close(force=True)
            store.close()
    return took


def _typed(console: Terminal, store: Store, words: str) -> Iterator[float]:
    for end in range(1, len(words) + 1):
        typed = words[:end]
        hits = _found(store, typed)
        yield _until(console, typed[-1], typed, hits)


def _found(store: Store, words: str) -> list[CustomerHit]:
    with store.read() as work:
        return find(work, words, MATCHES)[:LINES]


def _until(console: Terminal, key: str, words: str, hits: Sequence[CustomerHit]) -> float:
    """Seconds from the key to the arrival of the bytes with which the screen shows what ``words``
    find. The terminal draws only when nothing more comes: its own time is not counted."""
    begun = last = monotonic()
    console.press(key)
    while monotonic() - begun < LONGEST_WAIT:
        arrived = []
        while monotonic() - last < QUIET:
            if data := console.receive():
                last = monotonic()
                arrived.append((last, data))
        moments = []
        for moment, data in arrived:
            console.show(data)
            if _shows(console.text, words, hits):
                moments.append(moment)
        if moments:
            return moments[0] - begun
        last = monotonic()
    raise TimeoutError(f"{words!r} was never shown:\n{console.text}")


def _shows(text: str, words: str, hits: Sequence[CustomerHit]) -> bool:
    above, heading, below = text.partition(HEADING)
    lines = below.splitlines()[1 : LINES + 1]
    return bool(
        heading
        and (not words or words.strip() in map(str.strip, above.splitlines()))
        and len(lines) == LINES
        and all(
            clean(hit.nick)[:SIGNS] in line and hit.phone in line
            for hit, line in zip(hits, lines, strict=False)
        )
        and not any(MASKED in line[:MATCHES_WIDE] for line in lines[len(hits) :])
    )
