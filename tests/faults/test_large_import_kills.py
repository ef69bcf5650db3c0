"""A large import killed at any moment goes on where it stopped, and ends as if nothing had been.

A few kills each time; twenty with ``make faults``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from crm_tui.services.imports.large import LARGE, ROWS_AT_ONCE
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import open_store
from tests.command import Answer, crm, killed

pytestmark = pytest.mark.slow
KILLS = 20 if os.environ.get("CRM_TUI_LONG_TESTS") else 1
ROWS = 5 * ROWS_AT_ONCE + 700
NOTE = "常客" * (LARGE // ROWS // 6 + 10)
HEADERS = ["昵称", "手机", "微信号", "标签", "备注"]

UNFINISHED = {"imports.whole", "customers.lookup"}
"""What is wrong as long as the import has not come to its end."""
STATE = {
    "customers": "SELECT no, nick, keys, custom, version FROM customer ORDER BY no",
    "identities": "SELECT c.no, i.kind, i.normalised FROM customer_identity i "
    "JOIN customer c ON c.id = i.customer_id ORDER BY 1, 2, 3",
    "tags": "SELECT c.no, t.name FROM customer_tag x JOIN customer c ON c.id = x.customer_id "
    "JOIN tag t ON t.id = x.tag_id ORDER BY 1, 2",
    "keys": "SELECT k.key, c.no FROM customer_key k JOIN customer c ON c.id = k.customer_id "
    "ORDER BY 1, 2",
    "rows": 'SELECT "row", verdict, code FROM import_row ORDER BY 1',
}


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers, some of them twice, some without an identity, some not to be taken."""
    chance = Random(2)
    rows = []
    for at in range(ROWS):
        who = chance.randrange(at) if at and at % 50 == 0 else at
        phone = "1.38E+10" if at % 997 == 0 else f"13{who:09d}"
        identity = ["", ""] if at % 211 == 5 else [phone, f"wx_{who:06d}"]
        rows.append(",".join([f"老板{at}", *identity, "话少、夜猫子", NOTE]))
    file = tmp_path_factory.mktemp("large") / "customers.csv"
    file.write_text("\n".join([",".join(HEADERS), *rows]), "utf-8")
    assert file.stat().st_size > LARGE
    return file


def _state(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    store = open_store(database)
    try:
        with store.read() as work:
            return {
                name: [tuple(row) for row in work.session.connection().execute(text(query))]
                for name, query in STATE.items()
            }
    finally:
        store.close()


def _wrong(database: Path) -> list[str]:
    return [f"{each.name}: {each.detail}" for each in diagnose(str(database)) if not each.ok]


def _verdict(answer: Answer) -> dict[str, Any]:
    assert answer.code == 0, answer.err
    told: dict[str, Any] = answer.document
    return {name: value for name, value in told.items() if name != "batch"}


class Whole(NamedTuple):
    """What an import answers that nobody disturbs, what it leaves where, and how long it takes."""

    verdict: dict[str, Any]
    state: dict[str, list[tuple[Any, ...]]]
    database: Path
    seconds: float


@pytest.fixture(scope="module")
def whole(sheet: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """An import that nobody disturbs."""
    database = tmp_path_factory.mktemp("whole") / "studio.db"
    began = monotonic()
    verdict = _verdict(crm(database, "import", "customers", sheet, "--json"))
    took = monotonic() - began
    assert verdict["read"] == ROWS
    assert verdict["merged"] and verdict["rejected"]
    assert _wrong(database) == []
    return Whole(verdict, _state(database), database, took)


def _is_over(database: Path) -> bool:
    """Whether the import came to its end; there is never more than one."""
    batches = crm(database, "import", "list", "--json").document["batches"]
    assert len(batches) <= 1
    return bool(batches) and batches[0]["state"] == "done"


def _moments(took: float) -> Iterator[tuple[float, float]]:
    chance = Random(7)
    for _ in range(KILLS):
        yield chance.uniform(0.25, 1.0) * took, chance.uniform(0.25, 1.0) * took


def test_an_import_that_was_killed_ends_as_if_nothing_had_been(
    sheet: Path, whole: Whole, tmp_path: Path
) -> None:
    verdict, state, _database, took = whole
    cut_short = 0
    for trial, moments in enumerate(_moments(took)):
        database = tmp_path / f"{trial}.db"
        for moment in moments:
            cut_short += killed(moment, database, "import", "customers", sheet, "--json").killed
            if _is_over(database):
                break
            assert {line.partition(":")[0] for line in _wrong(database)} <= UNFINISHED
        if not _is_over(database):
            answer = crm(database, "import", "customers", sheet, "--json")
            assert _verdict(answer) == verdict, (trial, moments)
        assert _state(database) == state, (trial, moments)
        assert _wrong(database) == []
    assert cut_short >= KILLS


def test_a_customer_without_keys_would_be_noticed(whole: Whole, tmp_path: Path) -> None:
    database = tmp_path / "without.db"
    database.write_bytes(whole.database.read_bytes())
    assert _state(database) == whole.state
    store = open_store(database)
    with store.dialect.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM customer_key WHERE customer_id = 7")
    store.close()
    assert _state(database) != whole.state
    assert any(line.startswith("customers.lookup") for line in _wrong(database))
