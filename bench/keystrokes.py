"""Keys typed into the look-up of a console in a pseudo-terminal, and when their rows are there.

A keystroke is over when the terminal shows the typed words and, in the first lines of the matches,
exactly those customers whom the service finds for them. Keys come 50 ms after that, faster than
anybody types.
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
from tests.acceptance.terminal import Terminal

LINES = 5
"""Lines of the matches that are compared."""
MASKED = "****"
SIGNS = 5
"""Characters of a nickname that are compared; the column may be too narrow for all."""
HEADING = "Nickname  "
BETWEEN_KEYS = 0.05
CLEAR = "\x15"


def painted(database: Path, searches: Sequence[str]) -> list[float]:
    """Seconds from each key to its rows on the screen, for searches typed sign by sign."""
    store = open_studio(database)
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        console = Terminal("--db", str(database), folder=Path(folder))
        try:
            console.wait_for("All keys")
            console.press("3")
            console.wait_for(HEADING)
            for words in searches:
                console.press(CLEAR)
                _until(console, store, "")
                took += _typed(console, store, words)
        finally:
            console.child.close(force=True)
            store.close()
    return took


def _typed(console: Terminal, store: Store, words: str) -> Iterator[float]:
    for end in range(1, len(words) + 1):
        _rest(console)
        begun = monotonic()
        console.press(words[end - 1])
        yield _until(console, store, words[:end]) - begun


def _rest(console: Terminal) -> None:
    end = monotonic() + BETWEEN_KEYS
    while monotonic() < end:
        console.read()


def _until(console: Terminal, store: Store, words: str) -> float:
    """The moment when the screen shows what ``words`` find."""
    with store.read() as work:
        hits = find(work, words, MATCHES)[:LINES]
    return console.wait(lambda text: _shows(text, words, hits))


def _shows(text: str, words: str, hits: Sequence[CustomerHit]) -> bool:
    before, heading, below = text.partition(HEADING)
    lines = below.splitlines()[1 : LINES + 1]
    return bool(
        heading
        and words in before
        and len(lines) == LINES
        and all(
            clean(hit.nick)[:SIGNS] in line and hit.phone in line
            for hit, line in zip(hits, lines, strict=False)
        )
        and not any(MASKED in line for line in lines[len(hits) :])
    )
