"""The command registry: what is typed, what completes it, which keys clash."""

from __future__ import annotations

import pytest

from crm_tui.commands import Argument, Command, NoSuchCommand, Registry, WrongArguments
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.registry import REGISTRY

ASSIGN = Command(
    id="order.assign",
    title="Assign",
    keys="a",
    places=frozenset({"board"}),
    words=("assign",),
    arguments=(Argument("order", "order"), Argument("companion", "companion", optional=True)),
)
CANCEL = Command(
    id="order.cancel",
    title="Cancel",
    keys="X",
    places=frozenset({"board"}),
    words=("cancel",),
    arguments=(Argument("order", "order"), Argument("reason", optional=True, rest=True)),
)
QUIT = Command(id="shell.quit", title="Leave", keys="q", words=("quit", "q"))
REGISTRY_OF_THREE = Registry((ASSIGN, CANCEL, QUIT))


@pytest.mark.parametrize(
    ("line", "command", "values"),
    [
        ("quit", QUIT, ()),
        ("q", QUIT, ()),
        ("assign O0921-122 鹿鹿09", ASSIGN, ("O0921-122", "鹿鹿09")),
        ('assign O0921-122 "two words"', ASSIGN, ("O0921-122", "two words")),
        ("assign O0921-122", ASSIGN, ("O0921-122",)),
        ("cancel O1 changed his mind", CANCEL, ("O1", "changed his mind")),
        ("cancel O1", CANCEL, ("O1",)),
    ],
)
def test_a_line_is_read(line: str, command: Command, values: tuple[str, ...]) -> None:
    call = REGISTRY_OF_THREE.parse(line)
    assert (call.command, call.values) == (command, values)


@pytest.mark.parametrize("line", ["assign", "assign a b c", "quit now", 'assign "open'])
def test_a_line_with_wrong_arguments_is_refused_with_its_usage(line: str) -> None:
    with pytest.raises(WrongArguments) as refused:
        REGISTRY_OF_THREE.parse(line)
    assert f":{line.split(maxsplit=1)[0]}" in refused.value.message()


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(NoSuchCommand, match="asign"):
        REGISTRY_OF_THREE.parse("asign O1")


@pytest.mark.parametrize(
    ("line", "argument", "typed"),
    [
        ("as", None, "as"),
        ("assign ", "order", ""),
        ("assign O09", "order", "O09"),
        ("assign O1 鹿", "companion", "鹿"),
        ("cancel O1 changed his", "reason", "changed his"),
    ],
)
def test_what_is_being_typed_is_known(line: str, argument: str | None, typed: str) -> None:
    unfinished = REGISTRY_OF_THREE.unfinished(line)
    assert unfinished is not None
    assert (unfinished.argument.name if unfinished.argument else None) == argument
    assert unfinished.typed == typed
    assert unfinished.before + unfinished.typed == line


@pytest.mark.parametrize("line", ["quit ", "assign a b c", "nothing "])
def test_nothing_completes_a_line_that_is_full(line: str) -> None:
    assert REGISTRY_OF_THREE.unfinished(line) is None


def test_words_complete() -> None:
    assert REGISTRY_OF_THREE.complete_word("Q") == ["q", "quit"]


def test_a_remapped_key_that_clashes_is_reported_with_its_place() -> None:
    assert REGISTRY_OF_THREE.clashes({}) == []
    (clash,) = REGISTRY_OF_THREE.clashes({"shell.quit": "f10, a"})
    assert (clash.key, clash.place, {clash.first.id, clash.second.id}) == (
        "a",
        "board",
        {"order.assign", "shell.quit"},
    )
    assert REGISTRY_OF_THREE.unknown({"order.asign": "a"}) == ["order.asign"]


def test_two_commands_with_one_word_are_a_mistake_of_the_tables() -> None:
    with pytest.raises(ValueError, match="share"):
        Registry((QUIT, Command(id="other", title="", words=("q",))))


def test_the_built_in_keys_do_not_clash() -> None:
    assert REGISTRY.clashes({}) == []


@pytest.mark.parametrize("place", Registry.PLACES)
def test_every_command_is_carried_out_where_it_applies(place: str) -> None:
    from importlib import import_module

    from crm_tui.app import SCREENS

    screen: type[ConsoleScreen] = getattr(import_module(f"crm_tui.screens.{place}"), SCREENS[place])
    missing = [
        command.id
        for command in REGISTRY.at(place)
        if not command.inner and not callable(getattr(screen, command.method, None))
    ]
    assert missing == []
