"""The lease: which process sees to the clocks.

It holds for a few seconds and has to be renewed. Whoever finds it run out takes it over, by a
compare-and-swap in the database; the loser's next renewal says so. Time is the clock of the unit
of work. Were two clocks to differ by more than the lease lasts, its holder could change too often;
nothing would happen twice all the same, since every alarm has its unique key.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text
from sqlmodel import col

from crm_tui.models.alarms import Lease
from crm_tui.models.base import Instant
from crm_tui.storage.store import ReadWork, UnitOfWork

NAME = "clocks"
LASTS = timedelta(seconds=6)
_TOO_FAR = 10 * LASTS
"""A lease that runs on for longer was taken before the clock was set back: nobody renews it."""

_TAKE = text(
    "INSERT INTO lease (name, holder, taken_at, expires_at)"
    " VALUES (:name, :holder, :now, :until)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,"
    " expires_at = excluded.expires_at,"
    " taken_at = CASE WHEN lease.holder = excluded.holder THEN lease.taken_at"
    " ELSE excluded.taken_at END"
    " WHERE lease.holder = excluded.holder OR lease.expires_at <= :now"
    " OR lease.expires_at > :too_far"
    " RETURNING holder"
).bindparams(*(bindparam(name, type_=Instant) for name in ("now", "until", "too_far")))
_HELD = select(col(Lease.holder), col(Lease.taken_at), col(Lease.expires_at)).where(
    col(Lease.name) == NAME
)


@dataclass(frozen=True, slots=True)
class Held:
    """The lease as it stands."""

    holder: str
    taken_at: datetime
    expires_at: datetime

    def is_free(self, now: datetime) -> bool:
        """Whether anybody may take it."""
        return self.expires_at <= now or self.expires_at > now + _TOO_FAR


def holder_name(what: str, token: str) -> str:
    """The name of this process as a holder: ``worker counter-2:4711 a1b2``, at most 80 letters."""
    return f"{what} {socket.gethostname()[:50]}:{os.getpid()} {token[:4]}"


def read(work: ReadWork) -> Held | None:
    """Who has the lease, or had it last; ``None`` where it was given back."""
    row = work.session.connection().execute(_HELD).one_or_none()
    return None if row is None else Held(*row)


def take(work: UnitOfWork, holder: str) -> bool:
    """Take the lease, or renew it; False where somebody else has it."""
    now = work.clock.now()
    swap = {
        "name": NAME,
        "holder": holder,
        "now": now,
        "until": now + LASTS,
        "too_far": now + _TOO_FAR,
    }
    return work.session.connection().execute(_TAKE, swap).scalar() is not None


def holds(work: UnitOfWork, holder: str) -> bool:
    """Whether ``holder`` has the lease, which stays so until the work ends."""
    row = work.session.connection().execute(_HELD.with_for_update()).one_or_none()
    return row is not None and row.holder == holder and row.expires_at > work.clock.now()


def give_back(work: UnitOfWork, holder: str) -> None:
    """Let somebody else have it at once; nothing where it is not ``holder``'s."""
    mine = (col(Lease.name) == NAME, col(Lease.holder) == holder)
    work.session.connection().execute(delete(Lease).where(*mine))
