"""A process that takes orders through their life and says what was done, until it is killed.

``python -m tests.evening_player DATABASE CUSTOMER COMPANION GAME`` prints one JSON line for every
action, after it was committed. With the word ``early`` it prints before that, and waits: a program
that lies, to show that the tests would notice.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.words import PayChannel
from crm_tui.services.orders import actions, reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.storage.store import Store, UnitOfWork, open_store

ACTOR = Actor("player")
MINUTES, RATE_FEN = 60, 4500

Action = Callable[[UnitOfWork], Any]


def life(no: str, companion: int) -> Iterator[tuple[str, Action]]:
    """The actions of an order's life, with the status that each leaves behind."""
    yield "accepted", lambda work: actions.assign(work, no, companion)
    yield "serving", lambda work: actions.start(work, no)
    yield "confirming", lambda work: actions.finish(work, no, MINUTES)
    yield "unpaid", lambda work: actions.confirm(work, no)
    yield "completed", lambda work: actions.pay(work, no, PayChannel.WECHAT, RATE_FEN, no)


def say(**done: object) -> None:
    """Acknowledge: from here on somebody relies on it."""
    sys.stdout.write(json.dumps(done) + "\n")
    sys.stdout.flush()


def play(store: Store, customer: int, companion: int, game: int, early: bool) -> None:
    """Take order after order through its life."""
    for _ in count():
        with store.write(ACTOR) as work:
            new = NewOrder(customer, game, MINUTES, price_fen=RATE_FEN)
            no = reads.by_ids(work, [actions.create(work, new)])[0].no
        say(no=no, status="pending")
        for status, action in life(no, companion):
            with store.write(ACTOR) as work:
                action(work)
                if early:
                    say(no=no, status=status)
                    sys.stdin.readline()
            say(no=no, status=status)


def main() -> None:
    """Play with the people named on the command line."""
    database, customer, companion, game, *how = sys.argv[1:]
    play(open_store(database), int(customer), int(companion), int(game), "early" in how)


if __name__ == "__main__":
    main()
