"""``kill -9`` while a batch is drafted, approved or paid: done or not begun, and again the same.

One batch each time; a hundred kills with ``make faults``.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from random import Random
from time import monotonic

import pytest
from sqlmodel import col, func, select

from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import Account, JournalKind
from crm_tui.models import MAIN_STORE, Companion
from crm_tui.models.ledger import Journal, LedgerBalance
from crm_tui.models.settlement import SettlementLine
from crm_tui.services.money.ledger import Entry, Posting, post_many
from crm_tui.services.money.settlement import drafting
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import Store
from tests.command import crm, killed

KILLS = 100 if os.environ.get("CRM_TUI_LONG_TESTS") else 3
ABOUT = 2.0
"""Seconds that the first command takes; the others are measured by the one before."""
COMPANIONS = 400
EACH = 3_600
DAY = datetime(2026, 9, 5, 12, tzinfo=UTC)
STEPS: tuple[tuple[str, ...], ...] = (
    ("draft", "--from", "2026-09-01", "--to", "2026-09-30"),
    ("approve",),
    ("pay", "--channel", "bank"),
)


def _hire(store: Store) -> list[int]:
    with store.write(SYSTEM) as work:
        people = [
            Companion(store_id=MAIN_STORE, no=f"P{number}", nick=f"陪玩{number}", created_at=DAY)
            for number in range(COMPANIONS)
        ]
        work.session.add_all(people)
        work.session.flush()
        return [one.id or 0 for one in people]


def _earn(store: Store, companions: list[int], month: int) -> None:
    """Everybody has an order more, free long ago."""
    with store.write(SYSTEM) as work:
        post_many(
            work,
            [
                Posting(
                    JournalKind.COMPLETION,
                    (
                        Entry(Account.CHANNEL, EACH, channel="cash"),
                        Entry(
                            Account.COMPANION_PAYABLE, -EACH, who, available_on=date(2026, 9, 12)
                        ),
                    ),
                    f"earned:{month}:{who}",
                    MAIN_STORE,
                    DAY,
                )
                for who in companions
            ],
        )


def _words(step: tuple[str, ...], no: str, month: int) -> list[str]:
    verb, *more = step
    target = [] if verb == "draft" else [no]
    return ["money", "settle", verb, *target, *more, "--key", f"{verb}:{month}", "--json"]


def _stands(store: Store) -> tuple[int, int, int, int]:
    """Journals of batches, lines of batches, what is owed, and what is settled and not paid."""
    with store.read() as work:
        journals = select(func.count()).where(col(Journal.batch_id).is_not(None))
        owed, settled = (
            work.session.exec(
                select(func.coalesce(func.sum(LedgerBalance.balance_fen), 0)).where(
                    LedgerBalance.account == account
                )
            ).one()
            for account in (Account.COMPANION_PAYABLE, Account.SETTLED_PAYABLE)
        )
        lines = work.session.exec(select(func.count()).select_from(SettlementLine)).one()
        return work.session.exec(journals).one(), lines, -int(owed), -int(settled)


def _after(step: int, month: int) -> tuple[int, int, int, int]:
    """The same, as it is when the first ``step`` steps of a month are done."""
    all_of_them = COMPANIONS * EACH
    return (
        2 * month + max(step - 1, 0),
        COMPANIONS * (month + min(step, 1)),
        all_of_them if step < 2 else 0,
        all_of_them if step == 2 else 0,
    )


@pytest.mark.slow
def test_every_step_is_done_or_not_begun(sqlite_store: Store, sqlite_url: str) -> None:
    companions = _hire(sqlite_store)
    chance, whole, kills, month = Random(8), ABOUT, 0, 0
    while kills < KILLS:
        _earn(sqlite_store, companions, month)
        no = ""
        for step, verb in enumerate(STEPS):
            words = _words(verb, no, month)
            moment = chance.uniform(0.4, 1.05) * whole
            said = killed(moment, sqlite_url, *words).out
            kills += 1
            done, not_begun = _after(step + 1, month), _after(step, month)
            stands = _stands(sqlite_store)
            assert stands in ((done,) if said else (done, not_begun)), (month, verb, moment)
            began = monotonic()
            answer = crm(sqlite_url, *words).document["batch"]
            whole = monotonic() - began
            no = answer["no"]
            assert answer["payable_fen"] == COMPANIONS * EACH
            assert _stands(sqlite_store) == done, (month, verb)
        month += 1
    wrong = [f"{each.name}: {each.detail}" for each in diagnose(sqlite_url) if not each.ok]
    assert wrong == []


def test_half_a_draft_would_be_noticed(sqlite_store: Store, sqlite_url: str) -> None:
    _earn(sqlite_store, _hire(sqlite_store), 0)
    drafting.draft(sqlite_store, SYSTEM, date(2026, 9, 1), date(2026, 9, 15))
    assert _stands(sqlite_store) == _after(1, 0)
    with sqlite_store.dialect.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM settlement_line WHERE companion_id % 2 = 0")
    assert _stands(sqlite_store) != _after(1, 0)
    wrong = {each.name for each in diagnose(sqlite_url) if not each.ok}
    assert "settlement.proved" in wrong
