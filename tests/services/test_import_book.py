"""Whole workbooks of several studios: in exactly; again, nothing new; undone, nothing left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem, Refused
from crm_tui.core.words import OrderStatus
from crm_tui.services.imports import actions, reads, undo
from crm_tui.services.money import balances
from crm_tui.services.orders import reads as orders
from crm_tui.services.settings import actions as settings
from crm_tui.services.upkeep.checks import money
from crm_tui.services.upkeep.findings import examine
from crm_tui.storage.store import ReadWork, Store
from tests.workbooks import Truth, duke_studio, lime_studio

STUDIOS = {"lime": lime_studio, "duke": duke_studio}
TABLES = [
    "customer",
    "customer_identity",
    "customer_key",
    "customer_tag",
    "tag",
    "companion",
    "companion_skill",
    "orders",
    "assignment",
    "service_session",
    "rating",
    "payment",
    "game",
    "companion_level",
]


def take_in(store: Store, actor: Actor, path: Path, **options: Any) -> dict[str, Any]:
    with store.write(actor) as work:
        return actions.import_book(work, path, actions.Options(**options))


def counts(store: Store) -> dict[str, int]:
    with store.read() as work:
        connection = work.session.connection()
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in TABLES
        }


def sheet_of(document: dict[str, Any], entity: str) -> Any:
    (found,) = (sheet for sheet in document["sheets"] if sheet["entity"] == entity)
    return found


def books(store: Store) -> tuple[int, int]:
    """What the books say that completed orders and tips brought, in fen."""
    with store.read() as work:
        lines = work.session.connection().execute(
            text(
                "SELECT journal.kind, was.kind AS of, account, amount_fen FROM journal_line "
                "JOIN journal ON journal.id = journal_id "
                "LEFT JOIN journal was ON was.id = journal.reverses_id"
            )
        )
        brought: Counter[str] = Counter()
        for kind, taken_back, account, fen in lines:
            if account in ("companion_payable", "revenue", "tip_revenue"):
                brought[taken_back or kind] -= fen
    return brought["completion"], brought["tip"]


def money_checks(work: ReadWork) -> set[str]:
    """The rules of the doctor about money that don't hold."""
    return {rule.name for rule in money.RULES if not examine(rule, work).ok}


@pytest.fixture(params=sorted(STUDIOS))
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Truth]:
    path = tmp_path / f"{request.param}.xlsx"
    make: Callable[[Path], Truth] = STUDIOS[request.param]
    return path, make(path)


def test_a_workbook_of_any_studio_comes_in_exactly(
    store: Store, manager: Actor, studio: tuple[Path, Truth]
) -> None:
    path, truth = studio
    document = take_in(store, manager, path)
    customers, companions, sold = (
        sheet_of(document, entity) for entity in ("customers", "companions", "orders")
    )
    assert (customers["inserted"], customers["merged"]) == (truth.customers, truth.merged)
    assert customers["rejected"] == 0
    assert companions["inserted"] == truth.companions
    assert sold["inserted"] == truth.statuses.total()
    assert sold["rejected"] == truth.unknown_customers
    assert {reject["code"] for reject in sold["rejects"]} == {"unknown_customer"}
    with store.read() as work:
        found = orders.find(work, limit=1000)
        rows = work.session.connection().execute(text("SELECT nick, share_bp FROM companion"))
        share = {row.nick: row.share_bp for row in rows}
    assert Counter(order.status.value for order in found) == truth.statuses
    done = [order for order in found if order.status is OrderStatus.COMPLETED]
    assert sum(order.amount_fen for order in done) == truth.gross_fen
    assert sum(order.paid_fen for order in done) == truth.gross_fen
    assert sum(order.tip_fen for order in found) == truth.tips_fen
    assert sum(order.billed_minutes or 0 for order in done) == truth.minutes
    assert Counter(order.companion for order in done) == truth.served
    assert share == truth.shares
    assert books(store) == (truth.gross_fen, truth.tips_fen)
    with store.read() as work:
        assert money_checks(work) == set()


def test_income_lands_on_the_days_of_the_workbook(
    store: Store, manager: Actor, studio: tuple[Path, Truth]
) -> None:
    path, truth = studio
    with store.write(manager) as work:
        settings.set_setting(work, "store.business_day_start", "00:00")
    take_in(store, manager, path)
    with store.read() as work:
        zone = work.calendar().zone
        done = orders.find(work, status=OrderStatus.COMPLETED, limit=1000)
    by_day: Counter[Any] = Counter()
    for order in done:
        by_day[order.created_at.astimezone(zone).date()] += order.amount_fen
    assert by_day == truth.daily_fen


def test_the_same_workbook_again_changes_nothing(
    store: Store, manager: Actor, studio: tuple[Path, Truth]
) -> None:
    path, _truth = studio
    first = take_in(store, manager, path)
    before = counts(store)
    again = take_in(store, manager, path)
    assert counts(store) == before
    for sheet, old in zip(again["sheets"], first["sheets"], strict=True):
        assert (sheet["inserted"], sheet["updated"]) == (0, 0)
        assert sheet["unchanged"] == old["inserted"]
        assert (sheet["merged"], sheet["rejected"]) == (old["merged"], old["rejected"])


def test_undone_the_studio_is_empty_again(
    store: Store, manager: Actor, studio: tuple[Path, Truth]
) -> None:
    path, _truth = studio
    empty = counts(store)
    batch = take_in(store, manager, path)["batch"]
    with store.write(manager) as work:
        answer = undo.undo(work, batch)
    assert answer["kept"] == []
    assert counts(store) == empty
    assert books(store) == (0, 0)
    with store.read() as work:
        assert not any(row.balance_fen for row in balances.balances(work))
        assert balances.replay_differences(work) == []
        assert [(row.token, row.state.value) for row in reads.batches(work)] == [(batch, "undone")]
    with pytest.raises(Refused), store.write(manager) as work:
        undo.undo(work, batch)


def test_a_workbook_without_a_known_sheet_is_refused(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("今天吃什么,不知道\n火锅,烧烤\n", encoding="utf-8")
    with pytest.raises(FileProblem, match="no sheet"):
        take_in(sqlite_store, manager, path)
    assert counts(sqlite_store)["customer"] == 0


def test_progress_is_told_with_the_rows_done(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "lime.xlsx"
    lime_studio(path)
    told: list[tuple[str, int]] = []
    with sqlite_store.write(manager) as work:
        actions.import_book(work, path, report=lambda step: told.append((step.sheet, step.done)))
    assert told[-1][1] == 122
    assert [sheet for sheet, _done in told] == ["老板档案", "打手", "八月报单"]
