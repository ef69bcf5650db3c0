"""The last line of every screen: the keys that matter here, fed from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.keys import format_key
from textual.style import Style
from textual.widget import Widget

from crm_tui.commands import Command
from crm_tui.core.language import _
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.text import width_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tui.screens.base import ConsoleScreen
    from crm_tui.screens.console import Console

ALWAYS = "shell.help"
"""The command that stays when the line is too narrow for the others."""


def shown_key(command: Command, keymap: Mapping[str, str]) -> str:
    """The first key of ``command`` as a person reads it; empty where it has none."""
    keys = REGISTRY.keys(command, keymap)
    return format_key(keys[0]) if keys else ""


class KeyLine(Widget):
    """Keys and what they do; those that can't act now are dim. A click does the same."""

    def render(self) -> Content:
        """As many keys as fit, the one for help always among them."""
        screen = cast("ConsoleScreen", self.screen)
        keymap = cast("Console", self.app).keymap
        commands = [command for command in REGISTRY.at(screen.PLACE) if command.footer]
        items = [self._item(command, keymap, screen) for command in commands]
        last = items.pop(next(i for i, each in enumerate(commands) if each.id == ALWAYS))
        room = self.size.width - width_of(last.plain)
        kept: list[Content] = []
        for item in items:
            room -= width_of(item.plain)
            if room < 0:
                break
            kept.append(item)
        return Content("").join([*kept, last])

    def _item(self, command: Command, keymap: Mapping[str, str], screen: ConsoleScreen) -> Content:
        muted = screen.why_not(command) is not None
        text = Content.assemble(
            (f" {shown_key(command, keymap)}", "$text-disabled" if muted else "$text-accent bold"),
            (f" {_(command.title)} ", "$text-disabled" if muted else ""),
        )
        return text.stylize(Style.from_meta({"@click": f"screen.run('{command.id}')"}))
