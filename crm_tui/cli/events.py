"""``events``: the log as JSON, one event a line, for scripts that follow what happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import json_text, studio
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.feed import Changed
    from crm_tui.storage.store import Store

app = typer.Typer(add_completion=False)

LOOK_SECONDS = 0.5
"""How soon a follower notices that its reader has gone."""


@app.command("events", help=_("The event log, one JSON event a line, oldest first."))
def events(
    store_id: Annotated[
        int | None, typer.Option("--store", min=0, help=_("Only this store; 0 is the studio."))
    ] = None,
    after: Annotated[
        int, typer.Option("--after", min=0, help=_("Only events after this number."))
    ] = 0,
    follow: Annotated[
        bool, typer.Option("--follow", help=_("Then go on with what happens, until Ctrl-C."))
    ] = False,
    _as_json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    from crm_tui.services.upkeep.log import since

    seen: dict[int, int] = {}
    with studio() as store, suppress(KeyboardInterrupt):
        for event in since(store, after, store_id):
            _print(event)
            seen[event.store_id] = event.seq
        sys.stdout.flush()
        if follow:
            for event in _following(store, seen):
                if event.seq > after and store_id in (None, event.store_id):
                    _print(event)
                    sys.stdout.flush()


def _following(store: Store, seen: dict[int, int]) -> Iterator[EventRow]:
    """What is committed after ``seen``; ends when nobody reads our output any more."""
    from queue import Empty, SimpleQueue

    happened: SimpleQueue[EventRow] = SimpleQueue()

    def collect(changed: Changed) -> None:
        for event in changed.events:
            happened.put(event)

    feed = store.feed(seen)
    feed.start(collect)
    try:
        while not _reader_gone():
            with suppress(Empty):
                yield happened.get(timeout=LOOK_SECONDS)
    finally:
        feed.stop()


def _print(event: EventRow) -> None:
    document = {
        "store": event.store_id,
        "seq": event.seq,
        "at": event.at,
        "actor": event.actor,
        "kind": event.kind,
        "entity": event.entity,
        "entity_id": event.entity_id,
        "ref": event.ref,
        "data": event.data,
    }
    sys.stdout.write(json_text(document) + "\n")


def _reader_gone() -> bool:
    """Whether the other end of our pipe was closed."""
    if not hasattr(os, "fork"):
        return False
    import select

    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _handle, event in poll.poll(0))
