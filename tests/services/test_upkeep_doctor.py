"""The doctor: content with a sound studio, and each check finds what it is there for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from crm_tui.core.actor import Actor
from crm_tui.core.words import (
    BatchState,
    DispatchMode,
    OfferState,
    OrderStatus,
    PayChannel,
    PaymentKind,
)
from crm_tui.models import (
    MAIN_STORE,
    Assignment,
    Companion,
    Customer,
    CustomerIdentity,
    DispatchRound,
    Game,
    ImportBatch,
    Offer,
    Order,
    Payment,
    ServiceSession,
)
from crm_tui.services.customers import index
from crm_tui.services.money import backfill
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.doctor import diagnose, findings
from crm_tui.storage.store import Store, UnitOfWork


def _wrong(store: Store) -> set[str]:
    return {finding.name for finding in findings(store) if not finding.ok}


def _add(work: UnitOfWork, row: SQLModel) -> int:
    work.session.add(row)
    work.session.flush()
    number: int = row.id  # type: ignore[attr-defined]
    return number


@pytest.fixture
def evening(store: Store, actor: Actor) -> Store:
    """A studio with one order completed, one being served and one offered."""
    with store.write(actor) as work:
        now = work.clock.now()
        customer = _customer(work)
        game = work.session.exec(select(Game.id)).first()
        ordered = {
            "store_id": MAIN_STORE,
            "customer_id": customer,
            "game_id": game,
            "created_at": now - timedelta(hours=1),
        }
        _completed(work, ordered)
        _serving(work, ordered, _companion(work, "P1"))
        _offered(work, ordered, _companion(work, "P2"))
        _imported(work)
        backfill.bring_in_all(work)
        set_setting(work, "store.name", "青柠电竞")
    return store


def _customer(work: UnitOfWork) -> int:
    now = work.clock.now()
    person = Customer(
        store_id=MAIN_STORE,
        no="C1",
        nick="小鱼干",
        created_at=now - timedelta(hours=1),
        order_count=1,
        last_order_at=now,
    )
    customer = _add(work, person)
    phone = {"kind": "phone", "value": "13800138000", "normalised": "13800138000"}
    _add(work, CustomerIdentity(customer_id=customer, **phone))
    index.write_keys(work, [customer])
    work.record(
        "customer.added",
        "customer",
        customer,
        store_id=MAIN_STORE,
        changed={"phone": (None, "13800138000")},
    )
    return customer


def _companion(work: UnitOfWork, no: str) -> int:
    return _add(
        work, Companion(store_id=MAIN_STORE, no=no, nick=f"鹿{no}", created_at=work.clock.now())
    )


def _completed(work: UnitOfWork, ordered: dict[str, Any]) -> None:
    now = work.clock.now()
    paid = {"amount_fen": 4500, "paid_fen": 4500, "tip_fen": 500, "completed_at": now}
    order = _add(work, Order(**ordered, **paid, no="O1", status=OrderStatus.COMPLETED))
    for kind, fen in ((PaymentKind.PAYMENT, 4500), (PaymentKind.TIP, 500)):
        payment = Payment(
            store_id=MAIN_STORE,
            order_id=order,
            customer_id=ordered["customer_id"],
            kind=kind,
            channel=PayChannel.WECHAT,
            amount_fen=fen,
            paid_at=now,
        )
        _add(work, payment)


def _serving(work: UnitOfWork, ordered: dict[str, Any], companion: int) -> None:
    since = ordered["created_at"]
    order = _add(work, Order(**ordered, no="O2", status=OrderStatus.SERVING, started_at=since))
    bound = {"store_id": MAIN_STORE, "order_id": order, "companion_id": companion}
    assignment = _add(work, Assignment(**bound, share_bp=8000, accepted_at=since))
    _add(work, ServiceSession(**bound, assignment_id=assignment, started_at=since))


def _offered(work: UnitOfWork, ordered: dict[str, Any], companion: int) -> None:
    now = work.clock.now()
    order = _add(work, Order(**ordered, no="O3", status=OrderStatus.OFFERED))
    of = {
        "store_id": MAIN_STORE,
        "order_id": order,
        "expires_at": now + timedelta(minutes=1),
    }
    opened = _add(work, DispatchRound(**of, number=1, mode=DispatchMode.GRAB, opened_at=now))
    _add(
        work,
        Offer(**of, round_id=opened, companion_id=companion, state=OfferState.OPEN, sent_at=now),
    )


def _imported(work: UnitOfWork) -> None:
    batch = ImportBatch(
        store_id=MAIN_STORE,
        token="B1",
        entity="customers",
        file="a.csv",
        file_sha256="0" * 64,
        state=BatchState.DONE,
        started_at=work.clock.now(),
        finished_at=work.clock.now(),
        started_by="li",
    )
    _add(work, batch)


BREAKAGES = {
    "orders.staffed": "UPDATE assignment SET ended_at = accepted_at",
    "orders.sessions": "UPDATE orders SET status = 'confirming' WHERE no = 'O2'",
    "orders.sessions_match": "UPDATE service_session SET companion_id = companion_id + 1",
    "orders.offers": "UPDATE offer SET state = 'expired'",
    "orders.rounds": "UPDATE dispatch_round SET closed_at = opened_at",
    "orders.paid": "UPDATE orders SET paid_fen = 4400 WHERE no = 'O1'",
    "orders.tips": "UPDATE orders SET tip_fen = 0 WHERE no = 'O1'",
    "orders.settled": "UPDATE orders SET amount_fen = 9000 WHERE no = 'O1'",
    "orders.times": "UPDATE orders SET cancelled_at = created_at WHERE no = 'O1'",
    "companions.active": "UPDATE companion SET active = (1 = 0)",
    "customers.orders": "UPDATE customer SET order_count = 7",
    "customers.keys": "UPDATE customer SET keys = '  '",
    "customers.identities": "UPDATE customer_identity SET normalised = ''",
    "customers.lookup": "UPDATE customer SET nick = '别人'",
    "money.balances": "UPDATE ledger_balance SET balance_fen = balance_fen - 1",
    "money.payments": "UPDATE payment SET amount_fen = amount_fen + 1",
    "money.orders": "UPDATE orders SET status = 'unpaid', completed_at = NULL WHERE no = 'O1'",
    "imports.whole": "UPDATE import_batch SET state = 'running'",
    "imports.rows": (
        'INSERT INTO import_row (batch_id, sheet, "row", verdict, entity, before, "column", value, '
        "code, reason) SELECT id, '', 2, 'inserted', 'customer', '{}', '', '', '', '' "
        "FROM import_batch"
    ),
    "settings.valid": "UPDATE setting SET key = 'store.unheard_of'",
    "events.values": "UPDATE event_value SET after = '13900139000'",
    "database.revision": "UPDATE alembic_version SET version_num = '9999'",
}


def test_a_sound_studio_has_no_finding(evening: Store) -> None:
    assert _wrong(evening) == set()


@pytest.mark.parametrize("check", BREAKAGES)
def test_each_check_finds_what_it_is_for(evening: Store, actor: Actor, check: str) -> None:
    with evening.write(actor) as work:
        work.session.connection().execute(text(BREAKAGES[check]))
    assert check in _wrong(evening)


def _tamper(store: Store, statement: str) -> None:
    """Change the log behind its trigger's back, as somebody with the database can."""
    with store.dialect.engine.connect() as connection:
        if store.dialect.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER event_no_update")
            connection.exec_driver_sql("DROP TRIGGER event_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE event DISABLE TRIGGER USER")
        connection.exec_driver_sql(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = 'somebody else' WHERE kind = 'setting.changed'",
        "UPDATE event SET seq = seq + 10 WHERE kind = 'setting.changed'",
        "UPDATE event_head SET seq = seq + 1 WHERE store_id = 0",
        "DELETE FROM event WHERE kind = 'setting.changed'",
    ],
)
def test_the_chain_shows_every_change_of_the_log(evening: Store, statement: str) -> None:
    _tamper(evening, statement)
    assert "events.chain" in _wrong(evening)


def test_erased_personal_values_leave_the_log_sound(evening: Store, actor: Actor) -> None:
    with evening.write(actor) as work:
        work.session.connection().execute(text("DELETE FROM event_value"))
    assert _wrong(evening) == set()


@pytest.mark.parametrize("statement", ["UPDATE event SET actor = 'x'", "DELETE FROM event"])
def test_the_log_refuses_changes(evening: Store, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="append-only"),
        evening.dialect.engine.connect() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_a_finding_names_what_is_wrong(evening: Store, actor: Actor) -> None:
    with evening.write(actor) as work:
        work.session.connection().execute(text(BREAKAGES["orders.paid"]))
    paid = next(each for each in findings(evening) if each.name == "orders.paid")
    assert "O1" in paid.detail and "1 record" in paid.detail


def test_diagnosis_neither_makes_nor_changes_a_database(tmp_path: Path) -> None:
    missing = tmp_path / "nothing.db"
    found = diagnose(missing)
    assert found and not any(finding.ok for finding in found)
    assert not missing.exists()
