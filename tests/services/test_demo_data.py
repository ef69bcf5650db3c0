"""The data sets in ``data/demo`` are what the generator makes, and can be imported whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.words import OrderStatus
from crm_tui.services.figures import reads_income
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import Period
from crm_tui.services.imports import actions as imports
from crm_tui.services.imports.headers import Entity
from crm_tui.services.orders import reads as orders
from crm_tui.storage.store import Store

DATA = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.mark.parametrize("what", ["customers", "companions", "orders"])
def test_the_files_are_there(what: str) -> None:
    lines = (DATA / f"{what}.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) > 10


def test_an_empty_studio_takes_all_of_them(store: Store, manager: Actor) -> None:
    verdicts = {}
    for what in ("customers", "companions", "orders"):
        with store.write(manager) as work:
            verdicts[what] = imports.import_file(work, DATA / f"{what}.csv", Entity(what))
    assert all(verdict["rejects"] == [] for verdict in verdicts.values())
    assert all(verdict["inserted"] == verdict["read"] for verdict in verdicts.values())
    with store.read() as work:
        completed = orders.find(work, status=OrderStatus.COMPLETED, limit=None)
        days = sorted(
            work.calendar().day_of(row.completed_at) for row in completed if row.completed_at
        )
        frames = door.frames(work, door.folder_of(store))
        total = reads_income.income(work, frames, Period(days[0], days[-1])).total
    assert total.orders == len(completed)
    assert total.gross_fen == sum(row.amount_fen for row in completed)
