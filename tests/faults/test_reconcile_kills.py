"""Reconciling killed at any moment is done or not begun, and the same again ends as if nothing had
been.

One kill on each engine each time; 100 with ``CRM_TUI_LONG_TESTS``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE, Customer
from crm_tui.services.customers.index import write_keys
from crm_tui.services.money.bills import reads
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import open_store
from tests import bills
from tests.command import crm, killed
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

KILLS = 100 if os.environ.get("CRM_TUI_LONG_TESTS") else 1
LINES = 6_000
WHEN = datetime(2026, 9, 3, 4, tzinfo=UTC)
STATE = (
    "SELECT line_key, kind, at, amount_fen, state, payment_id, confidence FROM bill_line "
    "ORDER BY line_key"
)
FILES = "SELECT form, name, sha256, stated, read FROM bill_file"
LISTS = ("matched", "only_in_bill", "only_in_books", "differing", "fees")


Copies = Callable[[], AbstractContextManager[str]]
"""Makes a database like the one with the books, for as long as it is wanted."""


def _books(database: str) -> None:
    """Every other line is booked: by its number, or only by amount, time and nobody known."""
    store = open_studio(database)
    with store.write(SYSTEM) as work:
        customer = Customer(store_id=MAIN_STORE, no="C1", nick="小鱼干12", created_at=WHEN)
        work.session.add(customer)
        work.session.flush()
        assert customer.id is not None
        write_keys(work, [customer.id])
        rows = [
            (60_00 + number, f"42000018{number:020d}" if number % 50 else None)
            for number in range(0, LINES, 2)
        ]
        work.store.dialect.insert_rows(
            work.session,
            SQLModel.metadata.tables["payment"],
            ("amount_fen", "external_ref"),
            rows,
            same={
                "store_id": MAIN_STORE,
                "customer_id": customer.id,
                "kind": PaymentKind.PAYMENT,
                "channel": PayChannel.WECHAT,
                "paid_at": WHEN,
                "taken_by": "li",
            },
        )
    store.close()
    open_studio(database).close()  # which books what the payments say


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def studio(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Copies]]:
    """A database with the books, on each engine in turn, and how to copy it."""
    if request.param == "sqlite":
        original = tmp_path_factory.mktemp("books") / "studio.db"
        _books(str(original))
        yield str(original), partial(_copied, original)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as address:
        _books(address)
        yield address, partial(server.database, like=address)


@contextmanager
def _copied(original: Path) -> Iterator[str]:
    with TemporaryDirectory(dir=original.parent) as folder:
        yield str(shutil.copy(original, folder))


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every line of it was paid at the same moment; the books know half of them."""
    lines = [
        bills.wechat_payment(number, f"{60 + number / 100:.2f}", 交易时间="2026-09-03 12:00:00")
        for number in range(LINES)
    ]
    return bills.save(tmp_path_factory.mktemp("bill") / "bill.csv", bills.wechat_merchant(lines))


def _reconciled(database: str, bill: Path) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """What the command answers, without ids that depend on the order of writing, and what lies
    in the database."""
    answer = crm(database, "money", "reconcile", bill, "--json")
    assert answer.code == 0, answer.err
    told = answer.document
    for name in LISTS:
        told[name] = [{**row, "id": None} for row in told[name]]
    return told, _state(database)


def _state(database: str) -> list[tuple[Any, ...]]:
    """All lines, and the files with them: nothing of an earlier reading is left."""
    store = open_store(database)
    try:
        with store.read() as work:
            connection = work.session.connection()
            return [tuple(row) for each in (STATE, FILES) for row in connection.execute(text(each))]
    finally:
        store.close()


def _seen(database: str) -> tuple[int, int]:
    """How many lines and how many payments without one anybody sees."""
    store = open_store(database)
    try:
        with store.read() as work:
            channel, always = (
                PayChannel.WECHAT,
                (WHEN - timedelta(days=1), WHEN + timedelta(days=1)),
            )
            alone = reads.only_in_books(work, channel, always)
            waiting = work.session.connection().execute(reads.open_count()).scalar_one()
            return int(waiting), len(alone)
    finally:
        store.close()


def test_reconciling_survives_kill_9_at_any_moment(studio: tuple[str, Copies], bill: Path) -> None:
    original, copies = studio
    with copies() as whole:
        told, left = _reconciled(whole, bill)
        assert [len(told[name]) for name in LISTS] == [LINES // 2, LINES // 2, 0, 0, 1]
        assert told["totals"]["agree"] and len(left) == LINES + 2
        not_begun, done = (0, LINES // 2), (LINES // 2 + 1, 0)
        assert (_seen(original), _seen(whole)) == (not_begun, done)
        began = monotonic()
        assert _reconciled(whole, bill) == (told, left), "every line is known"
        took = monotonic() - began

    chance, cut_short, partly = Random(11), 0, 0
    for _kill in range(KILLS):
        with copies() as database:
            moment = chance.uniform(0.1, 1.1) * took
            words = ("money", "reconcile", bill, "--json")
            cut_short += killed(moment, database, *words).killed
            partly += 0 < len(_state(database)) <= LINES
            assert _seen(database) in (not_begun, done)
            assert [each.name for each in diagnose(database) if not each.ok] == []
            assert _reconciled(database, bill) == (told, left)
    assert cut_short >= KILLS // 2, f"{cut_short} kills came while it was at work"
    assert KILLS == 1 or partly, "some of them between two portions"
