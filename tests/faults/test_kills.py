"""``kill -9`` at any moment: what was acknowledged is there, nothing is half done.

A few kills each time; a hundred with ``make faults``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from sqlmodel import col, func, select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.models import CustomerIdentity, ImportBatch, Order
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.backup import back_up
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import Store
from tests.command import PATIENCE, crm, killed
from tests.desk import Desk, open_desk
from tests.evening_player import play
from tests.processes import PROCESSES

LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
KILLS = 100 if LONG else 8
IMPORT_KILLS = 100 if LONG else 5
RESTORE_KILLS = 100 if LONG else 5
MOST_ACKNOWLEDGED = 30
ROWS = 1_500

_STEPS = {status.value: step for step, status in enumerate(OrderStatus)}


def _wrong(url: str) -> list[str]:
    return [f"{each.name}: {each.detail}" for each in diagnose(url) if not each.ok]


class Player:
    """An evening player that is killed after it has acknowledged so many actions."""

    def __init__(self, desk: Desk, url: str, companion: int, early: bool = False) -> None:
        self._told, told = PROCESSES.Pipe(duplex=False)
        self._process = PROCESSES.Process(
            target=play, args=(told, url, desk.customer, companion, desk.game, early)
        )
        self._process.start()
        told.close()

    def killed_after(self, actions: int) -> dict[str, str]:
        """Each order's last acknowledged status; what was said up to the kill counts."""
        told = dict(self._told.recv() for _ in range(actions))
        self._process.kill()
        with suppress(EOFError, OSError):  # the latter where it was killed while it spoke
            while True:
                told |= [self._told.recv()]
        self._process.join(PATIENCE)
        return told


def _lost(store: Store, told: dict[str, str]) -> list[str]:
    """The orders that are not as far as somebody was told."""
    with store.read() as work:
        query = select(Order.no, Order.status).where(col(Order.no).in_(told))
        stored = {no: _STEPS[status] for no, status in work.session.exec(query)}
    return [no for no, status in told.items() if stored.get(no, -1) < _STEPS[status]]


@pytest.mark.slow
def test_no_acknowledged_action_is_lost(store: Store, store_url: str, clock: FixedClock) -> None:
    desk = open_desk(store, clock, companions=KILLS)
    chance = Random(9)
    told: dict[str, str] = {}
    for companion in desk.companions:
        actions = chance.randint(1, MOST_ACKNOWLEDGED)
        told |= Player(desk, store_url, companion).killed_after(actions)
    assert len(told) >= KILLS
    assert _lost(store, told) == []
    assert _wrong(store_url) == []


def test_an_action_acknowledged_too_early_would_be_noticed(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk = open_desk(store, clock, companions=1)
    told = Player(desk, store_url, desk.companions[0], early=True).killed_after(2)
    assert _lost(store, told) == list(told)
    assert _wrong(store_url) == []


def _sheet(file: Path, trial: int) -> Path:
    """A file of customers whom no other trial has."""
    rows = (f"13{trial:03}{row:06},老板{trial}-{row},王者荣耀" for row in range(ROWS))
    file.write_text("\n".join(["手机号,昵称,常玩游戏", *rows]), "utf-8")
    return file


def _imported(store: Store, trial: int) -> int:
    with store.read() as work:
        count = select(func.count()).where(
            col(CustomerIdentity.normalised).startswith(f"13{trial:03}")
        )
        return int(work.session.exec(count).one())


def _moments(whole: float, kills: int) -> Iterator[float]:
    """When to kill: anywhere within the time that the whole takes, and a little after."""
    chance = Random(4)
    for _ in range(kills):
        yield chance.uniform(0.3, 1.05) * whole


@pytest.mark.slow
def test_an_import_is_whole_or_not_there(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    begun = monotonic()
    assert crm(sqlite_url, "import", "customers", _sheet(file, 100)).code == 0
    whole = monotonic() - begun
    assert _imported(sqlite_store, 100) == ROWS

    for trial, moment in enumerate(_moments(whole, IMPORT_KILLS), start=101):
        _sheet(file, trial)
        said = killed(moment, sqlite_url, "import", "customers", file, "--json").out
        there = _imported(sqlite_store, trial)
        assert there in ((ROWS,) if said else (0, ROWS)), (trial, moment, whole)

    assert _wrong(sqlite_url) == []
    assert crm(sqlite_url, "customers", "find", "老板100-7", "--json").document["customers"]


@pytest.mark.slow
def test_a_restore_is_whole_or_did_not_happen(
    sqlite_store: Store, sqlite_url: str, actor: Actor, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    _rename(sqlite_store, actor, "restored")
    back_up(sqlite_store, copy)
    assert crm(sqlite_url, "import", "customers", _sheet(tmp_path / "a.csv", 100)).code == 0
    begun = monotonic()
    assert crm(sqlite_url, "restore", copy).code == 0
    whole = monotonic() - begun

    for moment in _moments(whole, RESTORE_KILLS):
        _rename(sqlite_store, actor, "present")
        said = killed(moment, sqlite_url, "restore", copy, "--json").out
        with sqlite_store.read() as work:
            name = work.setting("store.name")
        assert name in (("restored",) if said else ("present", "restored"))
        assert _wrong(sqlite_url) == []


def _rename(store: Store, actor: Actor, name: str) -> None:
    with store.write(actor) as work:
        set_setting(work, "store.name", name)


def test_half_an_import_would_be_noticed(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    assert crm(sqlite_url, "import", "customers", _sheet(tmp_path / "a.csv", 100)).code == 0
    assert _wrong(sqlite_url) == []
    with sqlite_store.dialect.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE import_batch SET state = 'running'")
        connection.exec_driver_sql(
            "DELETE FROM customer_identity WHERE id > (SELECT max(id) / 2 FROM customer_identity)"
        )
    assert _imported(sqlite_store, 100) not in (0, ROWS)
    assert {line.partition(":")[0] for line in _wrong(sqlite_url)} >= {"imports.whole"}
    with sqlite_store.read() as work:
        assert work.session.exec(select(func.count()).select_from(ImportBatch)).one() == 1
