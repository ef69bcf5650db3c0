"""Studios made by earlier releases come up to date with all they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, insert, text

from crm_tui.core.words import Account
from crm_tui.models.every import METADATA
from crm_tui.services.money import balances
from crm_tui.services.upkeep.checks import money
from crm_tui.services.upkeep.findings import examine
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.migrations import HEAD
from crm_tui.storage.migrations.upgrade import upgrade
from crm_tui.storage.store import dialect_for, open_store, schema_revision
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, on each engine in turn."""
    if request.param == "sqlite":
        yield str(tmp_path / "old.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.empty_database()


def test_a_studio_of_the_first_release_keeps_what_it_holds(empty_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    old = dialect_for(empty_url)
    old.prepare()
    assert schema_revision(old) is None
    upgrade(old, "0001")
    with old.writer.begin() as connection:
        connection.execute(text("INSERT INTO tag (name, \"group\", colour) VALUES ('VIP', '', '')"))
        connection.execute(
            text(
                "INSERT INTO field_definition (entity, key, label, kind, required, options) "
                "VALUES ('customer', 'vip_no', 'VIP', 'text', false, '{}')"
            )
        )
    old.engine.dispose()

    store = open_store(empty_url)
    try:
        assert schema_revision(store.dialect) == HEAD
        with store.dialect.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, METADATA) == []
            assert connection.execute(text("SELECT name, rule FROM tag")).all() == [("VIP", "")]
            kept = connection.execute(text('SELECT key, archived, "unique" FROM field_definition'))
            assert [tuple(map(bool, row)) for row in kept] == [(True, False, False)]
    finally:
        store.close()


def _put(connection: Connection, into: str, **values: Any) -> int:
    """A row of a table as it was then; what is not named is empty."""
    table = Table(into, MetaData(), autoload_with=connection)
    empty: dict[type, Any] = {int: 0, str: "", bool: False, dict: {}, float: 0.0}
    blank = {
        column.name: empty.get(column.type.python_type)
        for column in table.columns
        if not column.nullable and not column.primary_key and column.server_default is None
    }
    made = connection.execute(insert(table).values(blank | values))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


NOON = 1_790_000_000_000_000
"""2026-09-21, in microseconds."""


def _completed_order(connection: Connection) -> None:
    """An order for ¥45, served by a companion with 80 %, paid by WeChat, tipped ¥5 in cash."""
    known = {"gender": "unknown", "channel": "wechat", "custom": {}, "created_at": NOON}
    customer = _put(connection, "customer", store_id=1, no="C1", nick="小鱼干", **known)
    named = {"gender": "unknown", "presence": "offline", "tags": [], "created_at": NOON}
    companion = _put(connection, "companion", store_id=1, no="P1", nick="鹿鹿", **named)
    game = _put(connection, "game", name="王者荣耀")
    sold = {"kind": "companion", "billing_unit": "hourly", "mode": "direct", "places": 1}
    money = {"amount_fen": 4500, "paid_fen": 4500, "tip_fen": 500}
    times = {"created_at": NOON, "completed_at": NOON}
    order = _put(
        connection, "orders", store_id=1, no="O1", status="completed", customer_id=customer,
        game_id=game, version=1, **sold, **money, **times,
    )  # fmt: skip
    _put(
        connection, "assignment", store_id=1, order_id=order, companion_id=companion, place=1,
        share_bp=8000, accepted_at=NOON, ended_at=NOON, outcome="finished",
    )  # fmt: skip
    for kind, channel, fen in (("payment", "wechat", 4500), ("tip", "cash", 500)):
        _put(
            connection, "payment", store_id=1, order_id=order, customer_id=customer, kind=kind,
            channel=channel, amount_fen=fen, paid_at=NOON,
        )  # fmt: skip


def test_a_studio_from_before_there_were_books_gets_its_books(empty_url: str) -> None:
    old = dialect_for(empty_url)
    old.prepare()
    upgrade(old, "0003")
    with old.writer.begin() as connection:
        _completed_order(connection)
    old.engine.dispose()

    def stopped(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_studio(empty_url, progress=stopped)
    told: list[tuple[int, int]] = []
    for _time in range(2):  # the second time nothing is left to do
        store = open_studio(empty_url, progress=lambda *counts: told.append(counts))
        assert told == [(1, 1)]
        with store.read() as work:
            standing = {row.account: row.balance_fen for row in balances.balances(work)}
            assert {account: fen for account, fen in standing.items() if fen} == {
                Account.CHANNEL: 5000,
                Account.COMPANION_PAYABLE: -4000,
                Account.REVENUE: -900,
                Account.TIP_REVENUE: -100,
            }
            assert balances.replay_differences(work) == []
            assert [rule.name for rule in money.RULES if not examine(rule, work).ok] == []
            lines = work.session.connection().execute(text("SELECT explanation FROM order_split"))
            assert len(lines.all()) == 1
        store.close()


def test_a_bill_of_an_earlier_release_is_known_when_it_is_read_again(empty_url: str) -> None:
    old = dialect_for(empty_url)
    old.prepare()
    upgrade(old, "0004")
    with old.writer.begin() as connection:
        one = {"store_id": 1, "channel": "wechat"}
        file = _put(connection, "bill_file", form="wechat_personal", imported_at=NOON, **one)
        _put(
            connection, "bill_line", file_id=file, line_key="5f0c-2", outside_no="420001",
            kind="payment", at=NOON, amount_fen=4500, state="open", **one,
        )  # fmt: skip
    upgrade(old, HEAD)
    with old.engine.connect() as connection:
        assert connection.execute(text("SELECT line_key FROM bill_line")).scalar() == (
            "420001-5f0c-2"
        )
    old.engine.dispose()
