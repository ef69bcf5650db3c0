"""``worker``: sees to the clocks where no console does, or while none has the lease."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._run import Json, json_text, line, note, studio
from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.words import AlarmKind

if TYPE_CHECKING:
    from crm_tui.services.clocks.jobs import Done
    from crm_tui.services.clocks.upkeep import Told, Upkeep
    from crm_tui.services.figures.sending import Postman
    from crm_tui.storage.store import Store

app = typer.Typer(add_completion=False)

_WORDS: Mapping[str, str] = {
    "offers.expired": N_("{no}: its offers have run out"),
    "offers.widened": N_("{no}: the next tier is asked"),
    "report.sent": N_("report “{no}” sent"),
    "bookings.bound": N_("{no}: those who were kept for it have it"),
}


@app.command(
    "worker",
    help=_("See to the clocks (alarms, offers, confirmations) and send the reports that fall due."),
)
def worker(
    once: Annotated[
        bool, typer.Option("--once", help=_("See to what is due now, and end."))
    ] = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.clocks.upkeep import Standing, Upkeep
    from crm_tui.services.figures.sending import Postman

    with studio() as store, _asked_to_stop() as stopped:
        tell = _as_json(store) if as_json else _for_people(store)
        upkeep, postman = Upkeep(store, "worker", tell), Postman(store, tell)
        if not once:
            _see_to_all(upkeep, postman, stopped)
            return
        try:
            upkeep.step()
            postman.step()
            lost = upkeep.standing is Standing.LOST
        finally:
            upkeep.leave()
    if lost:
        raise typer.Exit(1)


def _see_to_all(upkeep: Upkeep, postman: Postman, stopped: threading.Event) -> None:
    """The clocks here and the reports, which may take long, on a thread of their own. A mistake of
    the program there ends both."""
    from crm_tui.services.clocks.upkeep import InBackground

    mistakes: list[Exception] = []

    def broke(mistake: Exception) -> None:
        mistakes.append(mistake)
        stopped.set()

    sending = InBackground(postman, broke)
    sending.start()
    try:
        upkeep.run(stopped.wait)
    finally:
        sending.stop()
    if mistakes:
        raise mistakes[0]


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, so that what has been begun is brought to its end."""
    asked = threading.Event()
    before = {
        each: signal.signal(each, lambda _number, _frame: asked.set())
        for each in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _as_json(store: Store) -> Callable[[Told], None]:
    """One JSON document a line."""
    from crm_tui.services.clocks.upkeep import Failed, Stands

    def tell(told: Told) -> None:
        document: dict[str, Any] = {"at": store.clock.now()}
        if isinstance(told, Stands):
            document |= {"standing": told.standing.value, "why": told.why}
        elif isinstance(told, Failed):
            error = {"code": told.error.code, "message": told.error.message()}
            document |= {"failed": told.job, "error": error}
        else:
            document |= {"did": told.what, "ref": told.ref, **told.facts}
        sys.stdout.write(json_text(document) + "\n")
        sys.stdout.flush()

    return tell


def _for_people(store: Store) -> Callable[[Told], None]:
    """One line for what was done, with the time of the studio; remarks go to stderr."""
    from crm_tui.services.clocks.upkeep import Failed, Standing, Stands

    with store.read() as work:
        calendar = work.calendar()
    said = {
        Standing.HOLDS: _("This process sees to the clocks."),
        Standing.STANDS_BY: _("{why} sees to the clocks; this process stands by."),
        Standing.LOST: "{why}",
    }

    def tell(told: Told) -> None:
        if isinstance(told, Stands):
            note(said[told.standing].format(why=told.why))
        elif isinstance(told, Failed):
            note(_("{job}: {why}").format(job=told.job, why=told.error.message()))
        else:
            line(f"{calendar.local(store.clock.now()):%H:%M:%S} {_in_words(told)}")
            sys.stdout.flush()

    return tell


def _in_words(done: Done) -> str:
    from crm_tui.services.alarms.words import sentence

    topic, _dot, word = done.what.partition(".")
    if topic == "clock":
        return sentence(AlarmKind(word), done.ref)
    if topic == "risks":
        count = done.facts["count"]
        return ngettext("{count} risk alarm", "{count} risk alarms", count).format(count=count)
    return _(_WORDS[done.what]).format(no=done.ref)
