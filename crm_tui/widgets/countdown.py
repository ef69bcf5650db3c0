"""Time left and time overdue, as dispatchers read it: ``12:04``, ``!1:12``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.widget import Widget

from crm_tui.core.pace import span

OVERDUE = "!"
"""Before a time that has run out; narrow in every terminal, so it may stand in columns."""
SOON_SECONDS = 60


def countdown(due: datetime | None, now: datetime) -> str:
    """What is left until ``due``, with :data:`OVERDUE` before it once it has passed."""
    if due is None:
        return ""
    left = (due - now).total_seconds()
    return OVERDUE + span(left) if left < 0 else span(left)


def named_countdown(name: str, due: datetime, now: datetime) -> str:
    """:func:`countdown` with what it counts down to: ``end 12:04``, ``!end 1:12``."""
    left = countdown(due, now)
    late = left.startswith(OVERDUE)
    return f"{OVERDUE if late else ''}{name} {left.removeprefix(OVERDUE)}"


def countdown_cell(due: datetime | None, now: datetime) -> Content:
    """:func:`countdown` for a table: warning in the last minute, error when overdue."""
    text = countdown(due, now)
    if due is None:
        return Content(text)
    left = (due - now).total_seconds()
    style = "bold $text-error" if left < 0 else "$text-warning" if left < SOON_SECONDS else ""
    return Content.styled(text, style)


class Countdown(Widget):
    """A clock that runs towards ``due``. Ticks by ``now``, without reading anything again."""

    DEFAULT_CSS = "Countdown { width: auto; height: 1; }"

    def __init__(
        self, now: Callable[[], datetime], due: datetime | None = None, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._now = now
        self._due = due

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)

    def run_to(self, due: datetime | None) -> None:
        """Count towards ``due`` from now on; ``None`` shows nothing."""
        self._due = due
        self.tick()

    def tick(self) -> None:
        """Show the time that is left now."""
        self.refresh(layout=True)

    def render(self) -> Content:
        return countdown_cell(self._due, self._now())
