"""What every command does alike: open the studio, run in a unit of work, answer, refuse.

A command is written so::

    @app.command("presence")
    def presence(ref: str, presence: Presence, key: Key = None, as_json: Json = False) -> None:
        \"\"\"…\"\"\"
        from crm_tui.services.companions import actions, reads

        def act(work: UnitOfWork) -> Document:
            actions.set_presence(work, reads.resolve(work, ref), presence)
            return {"companion": …}

        answer(write(act, key=key, request=["companions presence", ref, presence]), as_json, show)

``read`` and ``write`` return JSON documents; ``answer`` prints the document, or calls ``show`` to
print it for a person. Errors rise to ``main``, which renders them.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, current_language, joined
from crm_tui.core.text import clean
from crm_tui.places import default_database

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.storage.store import ReadWork, Store, UnitOfWork

Document = dict[str, Any]
"""What a command answers: JSON."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and which database is meant."""

    database: str
    login: str | None
    language: str | None

    @classmethod
    def of(cls, database: str | None, login: str | None, language: str | None) -> Caller:
        """From the root options; what was not given comes from the surroundings."""
        return cls(database or default_database(), login, language)


Json = Annotated[bool, typer.Option("--json", help=_("One JSON document on stdout."))]
Key = Annotated[
    str | None,
    typer.Option("--key", help=_("The same key again gives the first answer and does nothing.")),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_("Only show what would be done."))]


_CALLER: ContextVar[Caller] = ContextVar("caller")


def set_caller(of_this_run: Caller) -> None:
    """Remember who calls; the root command does it once."""
    _CALLER.set(of_this_run)


def caller() -> Caller:
    """Who calls the command that is running."""
    return _CALLER.get()


@contextmanager
def studio() -> Iterator[Store]:
    """The studio that the caller means, made where it does not exist; closed afterwards."""
    from crm_tui.services.upkeep.opening import open_studio

    store = open_studio(caller().database, progress=_making_books)
    try:
        yield store
    finally:
        store.close()


def _making_books(done: int, total: int) -> None:
    """Tell the person at a terminal why it takes so long."""
    if sys.stderr.isatty():
        told = _("making the books: {done} of {total} orders").format(done=done, total=total)
        sys.stderr.write(f"\r{told}" + ("\n" if done >= total else ""))


def actor(store: Store) -> Actor:
    """Who acts: ``--as``, else the user of this computer. Raises NotFound for an unknown login."""
    with store.read() as work:
        return _actor_in(work)


def _actor_in(work: ReadWork) -> Actor:
    from crm_tui.services.operators import reads

    return reads.actor_for(work, caller().login, getpass.getuser())


def read(look: Callable[[ReadWork], Document]) -> Document:
    """What ``look`` sees in the studio at one moment. Whom ``--as`` names must be known, too."""
    with studio() as store, store.read() as work:
        if caller().login:
            _actor_in(work)
        return look(work)


def write(
    act: Callable[[UnitOfWork], Document],
    *,
    key: str | None = None,
    request: Sequence[Any] = (),
    dry_run: bool = False,
) -> Document:
    """What ``act`` answers when it has been done, or would be done with ``dry_run``.

    ``request`` is everything that was asked for; with ``key`` it tells a repetition from a mistake.
    """
    with studio() as store:
        who = actor(store)
        if dry_run:
            return _tried(store, who, act)
        return store.perform(who, act, key=key, request=list(request))


class _NotReally(Exception):
    """Ends a dry run so that nothing is kept."""


def _tried(store: Store, who: Actor, act: Callable[[UnitOfWork], Document]) -> Document:
    result: Document = {}
    try:
        with store.write(who) as work:
            result = act(work)
            raise _NotReally
    except _NotReally:
        return {**result, "dry_run": True}


def answer(document: Document, as_json: bool, show: Callable[[Document], None]) -> None:
    """Print ``document`` as JSON, or let ``show`` print it for a person."""
    if as_json:
        print_json(document)
    else:
        show(document)


def print_json(document: Document) -> None:
    """One JSON document on stdout. Escapes what a terminal could act on.

    A list of very many rows has a row on a line, and is written as it is made.
    """
    begin = "{\n"
    for name, value in document.items():
        sys.stdout.write(f"{begin}  {json_text(name)}: ")
        if isinstance(value, list) and len(value) > _MANY:
            sys.stdout.writelines(_rows_of_json(value))
        else:
            sys.stdout.write(json_text(value, indent=2).replace("\n", "\n  "))
        begin = ",\n"
    sys.stdout.write("\n}\n" if document else "{}\n")


def _rows_of_json(rows: list[Any]) -> Iterator[str]:
    sign = "["
    for row in rows:
        yield f"{sign}\n    {json_text(row)}"
        sign = ","
    yield "\n  ]"


def json_text(document: object, indent: int | None = None) -> str:
    """``document`` as JSON in which no character can act on a terminal."""
    text = json.dumps(document, ensure_ascii=False, indent=indent, default=_plain)
    if indent is None and text.isprintable():
        return text
    return "".join(
        char if char == "\n" or (char.isprintable()) else _escaped(char) for char in text
    )


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]


def _plain(value: object) -> str:
    """Instants with their offset, dates, words."""
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat else str(value)


def show_error(error: CrmError, *, as_json: bool) -> None:
    """One line on stderr, or the error document on stdout."""
    if as_json:
        facts = {name: value for name, value in error.facts.items() if name != "code"}
        print_json({"error": {"code": error.code, "message": error.message(), **facts}})
    else:
        sys.stderr.write(clean(error.message(), 1000) + "\n")


def note(text: str) -> None:
    """A remark for a person, on stderr, out of the way of pipes."""
    sys.stderr.write(clean(text, 1000) + "\n")


@contextmanager
def waiting_line() -> Iterator[Callable[[str], None]]:
    """What tells a person at a terminal why it takes so long: a line that the next one replaces,
    and that is taken away at the end. Nobody else hears of it."""
    looked_at = sys.stderr.isatty()

    def say(text: str) -> None:
        if looked_at:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    try:
        yield say
    finally:
        say("")


def line(text: str) -> None:
    """One line of an answer, made harmless."""
    sys.stdout.write(clean(text, 2000) + "\n")


def say_if_tried(document: Document) -> None:
    """What a person should know of the answer to a dry run."""
    if document.get("dry_run"):
        line(_("Only tried: nothing was changed."))


_MANY = 1_000
"""Rows of a list that are still written with their fields under each other."""
_PIPE_WIDTH = 200
"""Columns of a table that no terminal limits."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for a person; ``empty`` is what to say where there are no rows.

    The first column names the record: it is the last to be shortened.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        shown.add_column(Text(column), no_wrap=not shown.columns)
    for row in rows:
        shown.add_row(*(Text(clean(_cell(value))) for value in row))
    if shown.row_count:
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        console = Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
        console.print(shown)
    else:
        line(empty)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "–" if current_language() == "zh" else "-"
    if isinstance(value, list | tuple):
        return joined(value)
    return str(value)
