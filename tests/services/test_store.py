"""The unit of work, the event log and the feed, on both engines."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Conflict, KeyReused, StorageBusy, StorageProblem
from crm_tui.models import Tag
from crm_tui.models.every import METADATA
from crm_tui.services.settings import actions
from crm_tui.storage import events
from crm_tui.storage.feed import Changed
from crm_tui.storage.migrations import HEAD
from crm_tui.storage.store import ReadWork, Store, UnitOfWork, schema_revision


def _record(work: UnitOfWork, number: int, store_id: int = 0) -> None:
    work.record("test.happened", "test", number, store_id=store_id, number=number)


def _rows(work: ReadWork, statement: str) -> list[Any]:
    return list(work.session.connection().execute(text(statement)).all())


def test_events_are_numbered_and_chained_in_commit_order(store: Store, actor: Actor) -> None:
    with store.read() as work:
        start = events.heads(work.session).get(0, 0)
    for number in range(3):
        with store.write(actor) as work:
            _record(work, number)
            _record(work, number + 10)
    with store.read() as work:
        rows = events.after(work.session, 0, start)
        hashes = dict(
            work.session.connection()
            .execute(text("SELECT seq, hash FROM event WHERE store_id=0"))
            .all()
        )
    assert [row.seq for row in rows] == list(range(start + 1, start + 7))
    assert [row.data["number"] for row in rows] == [0, 10, 1, 11, 2, 12]
    for row in rows:
        previous = hashes.get(row.seq - 1, events.FIRST_HASH)
        assert hashes[row.seq] == events.chain_hash(previous, row)


def test_events_of_many_threads_leave_no_gap(store: Store, actor: Actor) -> None:
    def many(base: int) -> None:
        for number in range(10):
            store.perform(actor, lambda work, n=base + number: _record(work, n, 1))

    threads = [threading.Thread(target=many, args=(base * 100,)) for base in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as work:
        rows = events.after(work.session, 1, 0)
    assert [row.seq for row in rows] == list(range(1, 41))
    assert len({row.data["number"] for row in rows}) == 40


def test_events_can_not_be_changed(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        _record(work, 1)
    for statement in ("UPDATE event SET actor='x'", "DELETE FROM event"):
        with pytest.raises((DBAPIError, Conflict)), store.write(actor) as work:
            work.session.connection().execute(text(statement))


def test_personal_values_lie_beside_the_log(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        work.record("x", "customer", 1, store_id=1, changed={"phone": (None, "13800138000")})
    with store.read() as work:
        (row,) = events.after(work.session, 1, 0)
        values = (
            work.session.connection().execute(text("SELECT salt, after FROM event_value")).one()
        )
    assert "13800138000" not in str(row.data)
    assert row.data["changed"]["phone"] == [None, events.digest(values.salt, "13800138000")]
    assert values.after == "13800138000"


def test_a_steady_writer_waits_for_its_turn_and_says_when_it_gave_up(
    sqlite_store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steadily() -> None:
        sqlite_store.perform(actor, lambda work: _record(work, 2, 1), steady=True)

    waiting = threading.Thread(target=steadily)
    with sqlite_store.write(actor) as work:
        monkeypatch.setenv("CRM_TUI_BUSY_SECONDS", "0.02")
        with pytest.raises(StorageBusy):
            steadily()
        monkeypatch.undo()
        waiting.start()
        _record(work, 1, 1)
    waiting.join()
    with sqlite_store.read() as seen:
        assert [row.data["number"] for row in events.after(seen.session, 1, 0)] == [1, 2]


def test_nothing_is_written_when_the_work_fails(store: Store, actor: Actor) -> None:
    with pytest.raises(ZeroDivisionError), store.write(actor) as work:
        work.session.add(Tag(name="x"))
        _record(work, 1, 1)
        work.session.flush()
        raise ZeroDivisionError
    with store.read() as work:
        assert work.session.connection().execute(text("SELECT count(*) FROM tag")).scalar() == 0
        assert events.after(work.session, 1, 0) == []


def test_a_key_answers_once(store: Store, actor: Actor) -> None:
    calls: list[int] = []

    def action(work: UnitOfWork) -> dict[str, int]:
        calls.append(1)
        return {"calls": len(calls)}

    first = store.perform(actor, action, key="k", request={"a": 1})
    again = store.perform(actor, action, key="k", request={"a": 1})
    assert first == again == {"calls": 1}
    with pytest.raises(KeyReused):
        store.perform(actor, action, key="k", request={"a": 2})


def test_reserved_ids_are_never_given_twice(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        first = list(work.reserve_ids(Tag, 3))
        work.session.add(Tag(name="a"))
    with store.write(actor) as work:
        second = list(work.reserve_ids(Tag, 2))
        assert work.next_number(1, "o", 5) == 1
        assert work.next_number(1, "o") == 6
    assert len({*first, *second}) == 5
    with store.read() as work:
        (used,) = work.session.connection().execute(text("SELECT id FROM tag")).scalars()
    assert used not in {*first, *second}


def test_feed_tells_what_others_commit(store: Store, actor: Actor) -> None:
    heard: list[int] = []
    enough = threading.Event()

    def on_change(changed: Changed) -> None:
        heard.extend(event.entity_id for event in changed.events)
        if len(heard) >= 5:
            enough.set()

    feed = store.feed()
    feed.start(on_change)
    for number in range(5):
        with store.write(actor) as work:
            _record(work, number, 1)
    assert enough.wait(5)
    feed.stop()
    assert heard == [0, 1, 2, 3, 4]
    assert feed.age_seconds() < 5


def test_settings_have_versions(store: Store, actor: Actor) -> None:
    with store.write(actor) as work:
        actions.set_setting(work, "store.business_day_start", "12:00")
    with store.write(actor) as work:
        actions.set_setting(work, "store.business_day_start", "00:00")
    with store.read() as work:
        assert work.setting("store.business_day_start") == "00:00"
        assert work.setting("store.business_day_start", 1) == "00:00"
        rows = work.session.connection().execute(text("SELECT version FROM setting ORDER BY 1"))
        assert list(rows.scalars()) == [1, 2]


def test_schema_is_what_the_models_say(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    assert schema_revision(store.dialect) == HEAD
    with store.dialect.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, METADATA) == []


def test_another_programs_database_is_refused(tmp_path: object) -> None:
    import sqlite3
    from pathlib import Path

    from crm_tui.storage.store import open_store

    file = Path(str(tmp_path)) / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE mine (a)")
    before = file.read_bytes()
    with pytest.raises(StorageProblem, match="another program"):
        open_store(file)
    assert file.read_bytes() == before
