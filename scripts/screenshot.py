"""The picture in the README: the order board of a demo studio, painted by the app itself.

    python scripts/screenshot.py [FILE.svg]

The clock stands and the seed is fixed, so the same code makes the same picture.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.language import set_language
from crm_tui.screens.desk import Desk
from crm_tui.services.demo.build import SMALL, build
from crm_tui.services.upkeep.opening import open_studio

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "data" / "screenshot.svg"
EVENING = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
SIZE = (120, 32)


async def paint(folder: Path) -> str:
    """The board as SVG."""
    store = open_studio(
        folder / "studio.db", clock=FixedClock(EVENING), ids=SeededIds(1), random=Random(1)
    )
    build(store, SMALL)
    app = ConsoleApp(lambda: Desk(store, store.feed(), Actor("客服A")), Config())
    async with app.run_test(size=SIZE) as pilot:
        while app.studio is None:
            await pilot.pause(0.05)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.press("j")
        await app.workers.wait_for_complete()
        await pilot.pause()
        return app.export_screenshot(title="crm-tui")


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else PICTURE
    set_language("zh")
    with tempfile.TemporaryDirectory() as folder:
        target.write_text(asyncio.run(paint(Path(folder))), "utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
