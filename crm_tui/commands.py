"""The command registry: one ``Command`` gives key, palette entry, footer, help row and ``:`` word.

Nothing here knows Textual or a database. The tables of commands lie beside their screens
(``screens/*_commands.py``) and are put together in ``screens/registry.py``. A command with the
id ``order.start`` is carried out by the method ``order_start`` of the screen it applies to;
``ConsoleScreen.why_not`` says why it can't act now.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.text import fold

EVERYWHERE: frozenset[str] = frozenset()
"""The places of a command that every screen has."""


class NoSuchCommand(CrmError):
    """The ``:`` line begins with a word that no command has."""

    code = "no_such_command"
    template = N_("There is no command “{word}”. Press ? for all of them.")


class WrongArguments(CrmError):
    """The ``:`` line leaves out what the command needs, or says too much."""

    code = "wrong_arguments"
    template = N_("This is written: {usage}")


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that a command takes on the ``:`` line."""

    name: str
    """What stands in the usage line (msgid)."""
    kind: str = "text"
    """What completes it: ``order``, ``companion``, ``customer``, ``theme`` …; ``text``: nothing."""
    optional: bool = False
    rest: bool = False
    """Takes everything that is left of the line, blanks and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that a person can have done, however they ask for it."""

    id: str
    """``capability.verb``; names the method and the entry in the key map."""
    title: str
    """Two or three words, for the footer and the palette (msgid)."""
    help: str = ""
    """What it does, in a sentence (msgid)."""
    keys: str = ""
    """Textual key names parted by commas; the first one is shown."""
    places: frozenset[str] = EVERYWHERE
    states: frozenset[str] = frozenset()
    """The states of the record under the cursor in which it can act; none means any."""
    words: tuple[str, ...] = ()
    """What calls it on the ``:`` line."""
    arguments: tuple[Argument, ...] = ()
    footer: bool = False
    inner: bool = False
    """Bound by a widget inside the screen: listed and remappable here, carried out there."""

    @property
    def method(self) -> str:
        """The name of the screen's method that carries it out."""
        return self.id.replace(".", "_")

    def applies_at(self, place: str) -> bool:
        """Whether the screen ``place`` has it."""
        return not self.places or place in self.places

    def usage(self) -> str:
        """How it is written on the ``:`` line, in the language in force."""
        if not self.words:
            return ""
        shown = (
            f"[{_(argument.name)}]" if argument.optional else _(argument.name)
            for argument in self.arguments
        )
        return " ".join((f":{self.words[0]}", *shown))


@dataclass(frozen=True, slots=True)
class Call:
    """A command and the values it was given."""

    command: Command
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clash:
    """Two commands that one key would call at one place."""

    key: str
    place: str
    first: Command
    second: Command


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What the person is typing on the ``:`` line: the argument, and what stands of it."""

    argument: Argument | None
    """None while the command's own word is typed."""
    typed: str
    before: str
    """The line up to the word that is typed."""


class Registry:
    """All commands of the console, in the order in which help lists them.

    Raises ``ValueError`` for two commands with one id or one word: a mistake in the tables.
    """

    PLACES: ClassVar[tuple[str, ...]] = (
        "board",
        "dispatch",
        "customers",
        "person",
        "roster",
        "inbox",
        "replay",
        "reconcile",
        "figures",
        "settlements",
        "settlement",
        "settings",
        "fields",
        "tags",
    )

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = tuple(commands)
        self._by_id = {command.id: command for command in self._commands}
        self._by_word = {word: command for command in self._commands for word in command.words}
        words = sum(len(command.words) for command in self._commands)
        if len(self._by_id) != len(self._commands) or len(self._by_word) != words:
            raise ValueError("two commands share an id or a word")

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def __getitem__(self, command_id: str) -> Command:
        return self._by_id[command_id]

    def __contains__(self, command_id: str) -> bool:
        return command_id in self._by_id

    def at(self, place: str) -> list[Command]:
        """The commands of the screen ``place``: its own first, then those of every screen."""
        own = [command for command in self if place in command.places]
        return own + [command for command in self if not command.places]

    def keys(self, command: Command, keymap: Mapping[str, str]) -> list[str]:
        """The keys of ``command`` under ``keymap`` (command id → keys parted by commas)."""
        listed = keymap.get(command.id, command.keys)
        return [key for key in (part.strip() for part in listed.split(",")) if key]

    def clashes(self, keymap: Mapping[str, str]) -> list[Clash]:
        """Every key that would call two commands at one place under ``keymap``."""
        found: dict[tuple[str, str], Clash] = {}
        for place in self.PLACES:
            holders: dict[str, list[Command]] = defaultdict(list)
            for command in self.at(place):
                for key in self.keys(command, keymap):
                    holders[key].append(command)
            for key, (first, *others) in holders.items():
                for second in others:
                    found.setdefault((key, second.id), Clash(key, place, first, second))
        return list(found.values())

    def unknown(self, keymap: Mapping[str, str]) -> list[str]:
        """The entries of ``keymap`` that name no command."""
        return [command_id for command_id in keymap if command_id not in self._by_id]

    def parse(self, line: str) -> Call:
        """Read a ``:`` line (without the colon).

        Raises :class:`NoSuchCommand` or :class:`WrongArguments`.
        """
        word, _blank, tail = line.strip().partition(" ")
        command = self._by_word.get(word.casefold())
        if command is None:
            raise NoSuchCommand(word=word)
        values = _values(command, tail.strip())
        needed = sum(1 for argument in command.arguments if not argument.optional)
        if values is None or not needed <= len(values) <= len(command.arguments):
            raise WrongArguments(usage=command.usage())
        return Call(command, values)

    def unfinished(self, line: str) -> Unfinished | None:
        """What is being typed at the end of ``line``; none where nothing more can follow."""
        word, blank, tail = line.lstrip().partition(" ")
        if not blank:
            return Unfinished(None, word, "")
        command = self._by_word.get(word.casefold())
        if command is None or not command.arguments:
            return None
        done = tail.split(" ")
        place = len(done) - 1
        last = command.arguments[-1]
        if last.rest and place >= len(command.arguments) - 1:
            place = len(command.arguments) - 1
            typed = " ".join(done[place:])
        elif place < len(command.arguments):
            typed = done[-1]
        else:
            return None
        return Unfinished(command.arguments[place], typed, line[: len(line) - len(typed)])

    def complete_word(self, typed: str) -> list[str]:
        """The ``:`` words that begin with ``typed``."""
        wanted = fold(typed)
        return sorted(word for word in self._by_word if word.startswith(wanted))


def _values(command: Command, tail: str) -> tuple[str, ...] | None:
    """The words of ``tail``, quotes respected; None where they can't be read."""
    if not tail:
        return ()
    fixed = len(command.arguments) - 1
    if command.arguments and command.arguments[-1].rest:
        return tuple(tail.split(None, fixed)) if fixed else (tail,)
    try:
        return tuple(shlex.split(tail))
    except ValueError:
        return None
