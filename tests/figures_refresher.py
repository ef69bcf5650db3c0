"""A process that brings the copy of the figures up to date again and again, until it is killed.

It says ``ready`` once it can begin, and after each time how many orders it found and what they
amount to.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from crm_tui.services.figures.copy import door
from crm_tui.storage.store import open_store


def main(url: str, folder: str) -> None:
    store = open_store(url)
    _say("ready")
    while True:
        with store.read() as work:
            frames = door.frames(work, Path(folder))
        found = frames.lines().select(pl.len(), pl.sum("gross_fen")).collect().row(0)
        counted = frames.history().select(pl.sum("orders", "gross_fen")).collect().row(0)
        served = frames.served().select(pl.n_unique("order_id")).collect().item()
        _say(" ".join(map(str, (*found, *counted, served))))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
