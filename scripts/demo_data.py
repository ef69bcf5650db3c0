"""The small data sets of ``data/demo``: a tiny demo studio, exported.

    python scripts/demo_data.py [FOLDER]

Made from a fixed seed at a fixed instant, so that they change only with the generator.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.language import set_language
from crm_tui.services.demo import build
from crm_tui.services.exports import actions as exports
from crm_tui.services.upkeep.opening import open_studio

FOLDER = Path(__file__).resolve().parent.parent / "data" / "demo"
EVENING = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
WHAT = ("customers", "companions", "orders")


def make(folder: Path) -> list[Path]:
    """Write one CSV file of each kind into ``folder``."""
    set_language("zh")
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{what}.csv" for what in WHAT]
    with tempfile.TemporaryDirectory() as scratch:
        store = open_studio(
            Path(scratch) / "demo.db", clock=FixedClock(EVENING), ids=SeededIds(1), random=Random(1)
        )
        build.build(store, build.SMALL)
        for what, file in zip(WHAT, files, strict=True):
            file.unlink(missing_ok=True)
            exports.export(store, build.DEMO_ACTOR, exports.Wanted(what), file)
        store.close()
    return files


if __name__ == "__main__":
    for made in make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(made)
