"""The first line of every screen: whose studio, what time, how fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from crm_tui.core.language import _, ngettext
from crm_tui.widgets.text import shown, width_of

if TYPE_CHECKING:
    from crm_tui.screens.console import Console

TICK_SECONDS = 1.0


class HeaderLine(Widget):
    """Studio and screen on the left; wall clock, business day, age of the data on the right."""

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading
        self._stale_since = ""

    def on_mount(self) -> None:
        self.set_interval(TICK_SECONDS, self.refresh)

    def render(self) -> Content:
        """Both ends of the line; the right end loses its first parts where there is no room."""
        console = cast("Console", self.app)
        named = console.studio.name if console.studio else ""
        name = shown(named or "crm-tui", limit=40).plain
        left = f" {name} · {_(self._heading)} "
        if console.late:
            left += _("!{count} late").format(count=console.late) + " "
        parts = self._facts(console)
        while len(parts) > 1 and width_of(left) + width_of(" · ".join(parts)) > self.size.width:
            parts.pop(1 if len(parts) > 2 else 0)
        right = " · ".join(parts) + " "
        gap = max(self.size.width - width_of(left) - width_of(right), 0)
        return Content.assemble((left, "bold"), " " * gap, right)

    def _facts(self, console: Console) -> list[str]:
        desk, studio = console.desk, console.studio
        if desk is None or studio is None:
            return [console.opening.told()]
        now = desk.now()
        clock = f"{studio.wall(now):%H:%M:%S}"
        online = studio.companions_online
        facts = [
            clock,
            ngettext("{count} companion online", "{count} companions online", online).format(
                count=online
            ),
            _("business day {day}").format(day=f"{studio.day(now):%m-%d}"),
        ]
        if desk.feed.state == "lost":
            self._stale_since = self._stale_since or clock
            self.add_class("-stale")
            return [*facts, _("! stale since {time}").format(time=self._stale_since)]
        self._stale_since = ""
        self.remove_class("-stale")
        return [*facts, _("data {age}s").format(age=f"{desk.feed.age_seconds():.1f}")]
