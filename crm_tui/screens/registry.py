"""All commands of the console, put together once."""

from __future__ import annotations

from textual.binding import Binding

from crm_tui.commands import Command, Registry
from crm_tui.screens import (
    bulk_commands,
    companion_commands,
    customer_commands,
    customer_privacy_commands,
    customer_stance_commands,
    customer_stored_commands,
    duplicates_commands,
    figures_commands,
    inbox_commands,
    money_commands,
    note_commands,
    order_commands,
    plan_commands,
    reconcile_commands,
    replay_commands,
    settings_commands,
    settlement_commands,
    shell_commands,
    split_rules_commands,
    view_commands,
)
from crm_tui.widgets.record_table import RecordTable

TABLE_COMMANDS = tuple(
    Command(id=binding.id, title=binding.description, keys=binding.key, inner=True)
    for binding in RecordTable.BINDINGS
    if isinstance(binding, Binding) and binding.id
)
"""The keys that every table brings itself."""

REGISTRY = Registry(
    (
        *order_commands.COMMANDS,
        *plan_commands.COMMANDS,
        *customer_commands.COMMANDS,
        *customer_privacy_commands.COMMANDS,
        *customer_stance_commands.COMMANDS,
        *customer_stored_commands.COMMANDS,
        *bulk_commands.COMMANDS,
        *duplicates_commands.COMMANDS,
        *note_commands.COMMANDS,
        *companion_commands.COMMANDS,
        *replay_commands.COMMANDS,
        *reconcile_commands.COMMANDS,
        *inbox_commands.COMMANDS,
        *figures_commands.COMMANDS,
        *money_commands.COMMANDS,
        *settlement_commands.COMMANDS,
        *settings_commands.COMMANDS,
        *split_rules_commands.COMMANDS,
        *shell_commands.COMMANDS,
        *view_commands.COMMANDS,
        *TABLE_COMMANDS,
    )
)
"""What keys, palette, footer, help and the ``:`` line are fed from."""


def bindings_of(place: str) -> list[Binding]:
    """The key bindings of the screen ``place``; their ids let a key map change them."""
    return [
        Binding(command.keys, f"run('{command.id}')", command.title, show=False, id=command.id)
        for command in REGISTRY.at(place)
        if command.keys and not command.inner
    ]
