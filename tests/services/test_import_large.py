"""Imports that commit in portions: the same outcome as in one transaction, stopped and resumed."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlmodel import col, func, select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Refused
from crm_tui.models import Customer, CustomerKey, ImportBatch
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import backlog, index, lookup
from crm_tui.services.imports import actions, large, reads, undo
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.verdict import Stage
from crm_tui.storage.store import Store
from tests.workbooks import csv_file

pytestmark = pytest.mark.slow

ROWS = 900
PORTION = 100
HEADERS = ["昵称", "手机", "微信号", "编号", "标签"]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Rows of all outcomes: twice the same person, nobody, no identity, damaged numbers."""
    chance = Random(5)
    rows = []
    for at in range(ROWS):
        who = chance.randrange(at) if at and at % 7 == 0 else at
        identity = ["", ""] if at % 11 == 3 else [f"13{who:09d}", f"wx_{who}"]
        if at % 50 == 9:
            identity[0] = "1.38E+10"
        rows.append([f"老板{who}", *identity, f"N{who}" if at % 13 else "", "话少、夜猫子"])
    return csv_file(tmp_path / "many.csv", [HEADERS, *rows])


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "ROWS_AT_ONCE", PORTION)
    monkeypatch.setattr(backlog, "_CUSTOMERS_AT_ONCE", 150)
    monkeypatch.setattr(backlog, "_CUSTOMERS_A_PART", 60)
    monkeypatch.setattr(backlog, "_ROWS_AT_ONCE", 500)


class StopAfter:
    """Says so after so many portions."""

    def __init__(self, portions: int) -> None:
        self._left = portions

    def __call__(self) -> bool:
        self._left -= 1
        return self._left <= 0


def _told(verdict: dict[str, Any]) -> dict[str, Any]:
    rejects = sorted(verdict["rejects"], key=lambda row: row["row"])
    return {**verdict, "batch": "", "rejects": rejects}


def _people(store: Store) -> list[Any]:
    with store.read() as work:
        rows = work.session.exec(select(Customer).order_by(col(Customer.no)))
        return [(row.no, row.nick, row.keys, row.custom, row.version) for row in rows]


def _misplaced(store: Store) -> int:
    with store.read() as work:
        return index.count_misplaced(work)


def _in_one(store: Store, actor: Actor, sheet: Path) -> dict[str, Any]:
    """The verdict of one transaction, of which nothing is kept."""

    class Enough(Exception):
        pass

    verdict: dict[str, Any] = {}
    with pytest.raises(Enough), store.write(actor) as work:
        verdict = actions.import_file(work, sheet, Entity.CUSTOMERS)
        raise Enough
    return verdict


def test_portions_judge_as_one_transaction_does(
    store: Store, actor: Actor, sheet: Path, tmp_path: Path
) -> None:
    wanted = _told(_in_one(store, actor, sheet))
    assert _told(large.import_large(store, actor, sheet)) == wanted
    assert wanted["merged"] and wanted["rejected"] and wanted["inserted"]
    assert _misplaced(store) == 0
    again = large.import_large(store, actor, sheet)
    assert (again["inserted"], again["updated"]) == (0, 0)


def test_an_import_that_was_stopped_goes_on_where_it_stopped(
    store: Store, actor: Actor, sheet: Path
) -> None:
    wanted = _told(_in_one(store, actor, sheet))
    with pytest.raises(large.ImportStopped) as stopped:
        large.import_large(store, actor, sheet, stop=StopAfter(3))
    token = stopped.value.facts["batch"]
    assert stopped.value.facts["rows"] == 3 * PORTION
    assert _misplaced(store) == 0
    with store.read() as work:
        (batch,) = reads.batches(work)
        assert lookup.find(work, "13000000001")
    assert batch.stopped_at is not None and batch.rows_done == 3 * PORTION

    with pytest.raises(large.ImportStopped):
        large.resume(store, actor, token, stop=StopAfter(2))
    assert _told(large.resume(store, actor, token)) == wanted
    assert _misplaced(store) == 0
    with store.read() as work:
        assert len(reads.batches(work)) == 1
    with pytest.raises(Refused):
        large.resume(store, actor, token)


def test_a_stopped_import_is_undone(store: Store, actor: Actor, sheet: Path) -> None:
    with pytest.raises(large.ImportStopped) as stopped:
        large.import_large(store, actor, sheet, stop=StopAfter(4))
    with store.write(actor) as work:
        undo.undo(work, stopped.value.facts["batch"])
    assert _people(store) == []
    with store.read() as work:
        assert work.session.exec(select(func.count()).select_from(CustomerKey)).one() == 0
    with pytest.raises(Refused):
        large.resume(store, actor, stopped.value.facts["batch"])


def test_whoever_comes_second_to_a_portion_leaves_it(
    store: Store, actor: Actor, sheet: Path
) -> None:
    def overtake() -> bool:
        with store.write(actor) as work:
            batch = work.session.exec(select(ImportBatch)).one()
            batch.rows_done += PORTION
            work.session.add(batch)
        return False

    with pytest.raises(Refused):
        large.import_large(store, actor, sheet, stop=overtake)
    with store.read() as work:
        assert work.session.exec(select(func.max(Customer.id))).one() <= PORTION


def test_another_file_does_not_go_on_with_an_import(
    store: Store, actor: Actor, sheet: Path
) -> None:
    with pytest.raises(large.ImportStopped) as stopped:
        large.import_large(store, actor, sheet, stop=StopAfter(2))
    sheet.write_text(sheet.read_text("utf-8") + "新来的,13899999999,,,\n", "utf-8")
    with pytest.raises(Refused):
        large.resume(store, actor, stopped.value.facts["batch"])
    large.import_large(store, actor, sheet)
    with store.read() as work:
        assert len(reads.batches(work)) == 2


def test_who_is_renamed_while_the_keys_are_written_is_found_by_the_new_name_only(
    store: Store, actor: Actor, sheet: Path
) -> None:
    renamed: list[int] = []

    def rename(done: Any) -> None:
        if done.stage is Stage.KEYS and not renamed:
            with store.write(actor) as work:
                one = work.session.exec(select(Customer).order_by(col(Customer.id).desc())).first()
                assert one is not None and one.id is not None
                renamed.append(one.id)
                customers.edit(work, one.id, {"nick": "改名以后"})

    large.import_large(store, actor, sheet, report=rename)
    assert renamed
    assert _misplaced(store) == 0
    with store.read() as work:
        assert [hit.id for hit in lookup.find(work, "改名以后")] == renamed
