"""A console in a test: on a studio with people in it, driven through Textual's pilot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import Actor
from crm_tui.core.words import Role
from crm_tui.screens.desk import Desk
from crm_tui.storage.store import Store

ACTOR = Actor("li", Role.MANAGER)
LONGEST_WAIT = 20.0


@asynccontextmanager
async def console(
    store: Store, *, size: tuple[int, int] = (120, 36), config: Config | None = None
) -> AsyncIterator[tuple[Any, Pilot[None]]]:
    """The running console, once its first screen has been read.

    Untyped: which screen is shown, a test finds out by using it.
    """
    app = ConsoleApp(lambda: Desk(store, store.feed(), ACTOR), config or Config())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.studio is not None)
        await settled(pilot)
        yield app, pilot


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was asked for has been read, written and shown."""
    await pilot.pause()
    while running := [worker for worker in pilot.app.workers if not worker.is_finished]:
        # One that is cancelled has given way to another that reads the same.
        with suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete(running)
        await pilot.pause()


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Wait for what another thread brings about (the feed); fails after a while."""
    end = monotonic() + LONGEST_WAIT
    while not holds():
        assert monotonic() < end, "it did not come about"
        await pilot.pause(0.02)


async def opens(pilot: Pilot[None], dialog: Any) -> Any:
    """The screen of this class (or of these), once it is up and what it shows has been read."""
    await until(pilot, lambda: isinstance(pilot.app.screen, dialog))
    await settled(pilot)
    return pilot.app.screen


def screen_text(app: ConsoleApp) -> str:
    """What is painted, as plain text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def toasts(app: ConsoleApp) -> list[str]:
    """What has been said so far, the newest last."""
    return [notification.message for notification in app._notifications]
