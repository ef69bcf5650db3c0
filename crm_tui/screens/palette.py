"""The command palette: every command of the registry, found by any part of its name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Provider

from crm_tui.commands import Call, Command
from crm_tui.core.language import _
from crm_tui.screens.console import Console
from crm_tui.screens.footer import shown_key
from crm_tui.screens.registry import REGISTRY

if TYPE_CHECKING:
    from crm_tui.screens.base import ConsoleScreen


class RegistryProvider(Provider):
    """Offers the commands that a key or a ``:`` word can call."""

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        for command in self._offered():
            yield DiscoveryHit(
                self._name(command), self._run(command), text=_(command.title), help=_(command.help)
            )

    async def search(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for command in self._offered():
            name = self._name(command)
            score = max(matcher.match(f"{name} {command.id}"), matcher.match(_(command.help)) / 2)
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._run(command), help=_(command.help))

    def _offered(self) -> list[Command]:
        skipped = ("shell.palette", "shell.escape")
        return [each for each in REGISTRY if not each.inner and each.id not in skipped]

    def _name(self, command: Command) -> str:
        key = shown_key(command, cast("Console", self.app).keymap)
        return f"{_(command.title)}  {key}" if key else _(command.title)

    def _run(self, command: Command) -> partial[None]:
        needs = any(not argument.optional for argument in command.arguments)
        if needs:
            return partial(cast("ConsoleScreen", self.screen).ask, command)
        return partial(cast("Console", self.app).call, Call(command))
