"""The examples in the docstrings of what decides on money come out as they stand there."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    *("accounts", "order_entries", "refunding", "members.rules"),
    *("settlement.freeze", "settlement.rules", "splits.notation"),
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name: str) -> None:
    told = doctest.testmod(import_module(f"crm_tui.services.money.{name}"))
    assert told.attempted > 0
    assert told.failed == 0
