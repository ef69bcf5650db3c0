"""``demo``: the console on a demo studio, in a database of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from threading import Event, Thread
from typing import Annotated, Literal

import typer

from crm_tui.cli._run import caller, note, studio
from crm_tui.core.language import _, current_language
from crm_tui.places import default_database, demo_database

app = typer.Typer(add_completion=False)

_SECONDS_TO_LEAVE = 5.0


@app.command("demo", help=_("The console on a demo studio in the middle of its evening."))
def demo(
    live: Annotated[
        bool, typer.Option("--live", help=_("A second process plays the other consoles."))
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help=_("Make the studio anew."))] = False,
    size: Annotated[
        Literal["small", "normal", "large"], typer.Option(help=_("small, normal or large."))
    ] = "normal",
    seed: Annotated[int, typer.Option(help=_("Another number makes another studio."))] = 1,
    console: Annotated[
        bool, typer.Option("--console/--no-console", help=_("Show the console, or only prepare."))
    ] = True,
) -> None:
    given = caller()
    named = given.database != default_database()
    database = given.database if named else str(demo_database())
    _prepare(database, size, seed, reset)
    if not console:
        note(database)
        return
    from crm_tui.cli.console import run_console

    with _others(database) if live else nullcontext():
        run_console(replace(given, database=database))


@app.command("demo-play", hidden=True, help=_("Play the other consoles until the input ends."))
def demo_play() -> None:
    from crm_tui.services.demo.live import Live

    stopped = Event()

    def listen() -> None:
        sys.stdin.read()
        stopped.set()

    with studio() as store:
        player = Live(store)
        Thread(target=listen, daemon=True).start()
        player.play(stopped.wait)


def _prepare(database: str, size: str, seed: int, reset: bool) -> None:
    from crm_tui.services.demo import build
    from crm_tui.services.demo.place import ready

    sizes = {"small": build.SMALL, "normal": build.Size(), "large": build.LARGE}
    shown = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if shown:
            text = _("Making the demo studio: {done} of {total} days").format(
                done=done, total=total
            )
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()

    made = ready(database, size=sizes[size], seed=seed, reset=reset, progress=progress)
    if made and shown:
        sys.stderr.write("\r\x1b[K")


@contextmanager
def _others(database: str) -> Iterator[None]:
    """The other consoles, played by a second process that ends when this one does, however."""
    command = [sys.executable, "-m", "crm_tui.cli.main", "--lang", current_language()]
    with tempfile.TemporaryFile("w+") as said:
        player = subprocess.Popen(
            [*command, "--db", database, "demo-play"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            yield
        finally:
            _end(player)
            if player.returncode:
                said.seek(0)
                note(_("The live player ended: {why}").format(why=said.read().strip()))


def _end(player: subprocess.Popen[bytes]) -> None:
    """Close the player's input, which asks it to leave; insist where it does not."""
    if player.stdin is not None:
        player.stdin.close()
    try:
        player.wait(_SECONDS_TO_LEAVE)
    except subprocess.TimeoutExpired:
        player.kill()
        player.wait()
