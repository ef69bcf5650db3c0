"""What can be done to an order: every move of the state table, and the money that comes in.

Each function does one thing in the caller's unit of work and records its event. All of them take
the order's number; all raise :class:`NotFound` for an unknown one, :class:`NotAllowed` for a move
that the table does not have, and :class:`Conflict` where somebody else was at the order meanwhile.
Amounts are fen, durations minutes.
"""

from __future__ import annotations

from crm_tui.core.words import DispatchMode
from crm_tui.services.dispatch.actions import request
from crm_tui.services.orders.asking import answered, ask
from crm_tui.services.orders.bookings import bind_reserved_due
from crm_tui.services.orders.closing import cancel, confirm, pay
from crm_tui.services.orders.giving import assign, give, release
from crm_tui.services.orders.intake import NewOrder, take
from crm_tui.services.orders.renewal import renew
from crm_tui.services.orders.rules import begins_later
from crm_tui.services.orders.service import (
    disconnect,
    finish,
    hand_back,
    hand_over,
    pause,
    reconnect,
    reopen,
    resume,
    start,
)
from crm_tui.storage.store import UnitOfWork

__all__ = [
    "NewOrder",
    "answered",
    "ask",
    "assign",
    "bind_reserved_due",
    "cancel",
    "confirm",
    "create",
    "disconnect",
    "finish",
    "give",
    "hand_back",
    "hand_over",
    "pause",
    "pay",
    "reconnect",
    "release",
    "renew",
    "reopen",
    "resume",
    "start",
]


def create(work: UnitOfWork, new: NewOrder) -> int:
    """Take an order; with a named companion in direct mode it is theirs at once. Answers its id.

    The setting ``dispatch.direct`` may let them be asked first. For an order that is booked ahead
    the companion named is kept, and free for others until then.

    Raises :class:`Invalid`, :class:`NotFound`, and :class:`Refused` for a blocked or minor
    customer or a companion who is bound or promised elsewhere.
    """
    held, named = take(work, new)
    if named is None or held.mode is not DispatchMode.DIRECT:
        return held.id
    asks = work.setting("dispatch.direct", held.store_id) == "ask"
    if asks and not begins_later(held.start_at, work.clock.now()):
        request(work, held)
    else:
        give(work, held, named, kind="order.assigned")
    return held.id
