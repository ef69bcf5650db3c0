"""A process that takes orders through their life and says what was done, until it is killed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.words import PayChannel
from crm_tui.services.orders import actions, reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.storage.store import UnitOfWork, open_store

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


def play(
    told: Connection, database: str, customer: int, companion: int, game: int, early: bool
) -> None:
    """Take order after order through its life, and send ``(number, status)`` for every action
    after it was committed: from there on somebody relies on it.

    ``early`` sends before that, and waits: a program that lies, to show that it would be noticed.
    """
    store = open_store(database)
    for _ in count():
        with store.write(ACTOR) as work:
            new = NewOrder(customer, game, MINUTES, price_fen=RATE_FEN)
            no = reads.by_ids(work, [actions.create(work, new)])[0].no
        told.send((no, "pending"))
        for status, action in life(no, companion):
            with store.write(ACTOR) as work:
                action(work)
                if early:
                    told.send((no, status))
                    signal.pause()
            told.send((no, status))
