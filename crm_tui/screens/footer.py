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
        commands = [command for command in REGISTRY.at(screen.PLACE) if command.footer]
        able = {each.id for each in commands if screen.why_not(each) is None}
        items = {each.id: self._item(each, each.id in able) for each in commands}
        # What can't act now gives way first, then what stands last.
        order = [ALWAYS, *(id for id in items if id in able), *(id for id in items)]
        kept: set[str] = set()
        room = self.size.width
        for command_id in dict.fromkeys(order):
            room -= width_of(items[command_id].plain)
            if room < 0:
                break
            kept.add(command_id)
        return Content("").join(item for id, item in items.items() if id in kept)

    def _item(self, command: Command, able: bool) -> Content:
        key = shown_key(command, cast("Console", self.app).keymap)
        text = Content.assemble(
            (f" {key}", "$text-accent bold" if able else "$text-disabled"),
            (f" {_(command.title)} ", "" if able else "$text-disabled"),
        )
        return text.stylize(Style.from_meta({"@click": f"screen.run('{command.id}')"}))
