"""``n``: to the most urgent thing that waits, from any screen; again: to the one after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.core.words import Cause
from crm_tui.screens import inbox_writes as writes
from crm_tui.screens.console import Visit
from crm_tui.screens.inbox_cells import why

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.base import ConsoleScreen
    from crm_tui.services.inbox.rules import Waiting

WALK = "inbox.walk"
"""What the desk remembers of the way through the things that wait."""
_DISPATCH = frozenset({Cause.TO_DISPATCH, Cause.ASKED, Cause.OFFERED})


@dataclass(slots=True)
class Walk:
    """Which things ``n`` has led to, one after the other; going elsewhere begins anew."""

    seen: set[str] = field(default_factory=set)
    at: Visit | None = None
    """Where the last step led."""

    def step(
        self, entries: Sequence[Waiting], here: Visit, now: datetime, login: str
    ) -> Waiting | None:
        """The thing to go to from ``here``, of ``entries`` in their order; None: nothing waits.

        What rests, or somebody else has taken on, is passed over as long as there is anything
        else. After the last one it begins with the first again.
        """
        if here != self.at:
            self.seen.clear()
        if not entries:
            return None
        best = min(entry.apart(now, login) for entry in entries)
        pool = [entry for entry in entries if entry.apart(now, login) == best]
        fresh = [entry for entry in pool if entry.key not in self.seen]
        if not fresh:
            self.seen.clear()
        chosen = (fresh or pool)[0]
        self.seen.add(chosen.key)
        self.at = visit_of(chosen)
        return chosen


def visit_of(entry: Waiting, *, to_the_person: bool = False) -> Visit:
    """Where something can be done about ``entry``: an open order on its screen, the rest in the
    inbox, or with ``to_the_person`` on the page of whom it is about."""
    if entry.thing.entity == "order" and entry.thing.cause is not Cause.GIVE_BACK:
        return Visit("dispatch" if entry.thing.cause in _DISPATCH else "board", entry.thing.id)
    if to_the_person and entry.customer_id is not None:
        return Visit("person", entry.customer_id)
    if to_the_person and entry.companion_id is not None:
        return Visit("roster", entry.companion_id)
    return Visit("inbox", entry.key)


def go_next(screen: ConsoleScreen) -> None:
    """Read what waits and go there."""
    if screen.desk is not None:
        query = partial(writes.waiting, screen.desk.actor.login)
        screen.read(query, partial(_go, screen), group="next")


def _go(screen: ConsoleScreen, entries: list[Waiting]) -> None:
    desk = screen.desk
    if desk is None:
        return
    walk: Walk = desk.memory.setdefault(WALK, Walk())
    now = desk.now()
    entry = walk.step(entries, screen.cursor_visit(), now, desk.actor.login)
    if entry is None:
        screen.say(_("Nothing waits."))
        return
    screen.console.go_to(visit_of(entry))
    late = entry.due_at is not None and entry.due_at <= now
    text = _with_standing(entry, now, desk.actor.login)
    screen.say(text, "warning" if late else "information")


def _with_standing(entry: Waiting, now: datetime, login: str) -> str:
    """Why it is urgent, and why it comes at all where it rests or belongs to another."""
    text = why(entry, now)
    if entry.asleep(now):
        return " · ".join((text, _("it rests; nothing else waits")))
    if entry.apart(now, login):
        return " · ".join((text, _("{owner} sees to it").format(owner=entry.owner)))
    return text
