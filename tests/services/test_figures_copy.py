"""The columnar copy: after whatever happens it is what a new one would be, on both engines."""

from __future__ import annotations

import fcntl
import json
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some
from polars.testing import assert_frame_equal
from sqlalchemy import delete, insert, select, true, update
from sqlmodel import col

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import StorageFull
from crm_tui.core.words import OrderStatus, PayChannel, SessionEnd
from crm_tui.models import MAIN_STORE, Assignment, Companion, Customer, Order, Rating
from crm_tui.services.customers import actions as customers
from crm_tui.services.demo import build
from crm_tui.services.demo.build import SMALL
from crm_tui.services.duplicates import actions as duplicates
from crm_tui.services.figures.copy import door, layout, manifest
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.imports import actions as imports
from crm_tui.services.imports import undo
from crm_tui.services.imports.headers import Entity
from crm_tui.services.money import refunds, tips
from crm_tui.services.orders import actions as orders
from crm_tui.services.privacy import actions as privacy
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import MANAGER, Desk, open_desk

WORDS = ("kind", "channel", "city", "level", "skill")


def never(_done: int, _total: int) -> bool:
    """Told of a reading of everything, which must not happen."""
    raise AssertionError("all was read anew")


def tables(frames: Frames) -> dict[str, pl.DataFrame]:
    """All rows of every dataset, in order."""
    return {
        name: frames.scan(dataset, None, None).collect().sort(pl.all())
        for name, dataset in layout.DATASETS.items()
    }


def refreshed(store: Store, folder: Path) -> Frames:
    """The copy, brought up to date without reading everything."""
    with store.read() as work:
        return door.frames(work, folder, progress=never)


def assert_as_new(store: Store, folder: Path, other: Path) -> None:
    """The copy, brought up to date, is what a new one in ``other`` is."""
    found = tables(refreshed(store, folder))
    with store.read() as work:
        new = tables(door.rebuilt(work, other))
    for name, rows in new.items():
        assert_frame_equal(found[name], rows)
    assert found["lines"].height


@pytest.fixture
def studio(store: Store) -> Iterator[Store]:
    """A small demo studio, on each engine in turn."""
    build.build(store, replace(SMALL, companions=9))
    yield store


@pytest.fixture
def copy(studio: Store) -> Path:
    """Its copy."""
    folder = door.folder_of(studio)
    with studio.read() as work:
        door.frames(work, folder)
    return folder


def _desk(studio: Store, clock: FixedClock) -> Desk:
    """A desk in a studio that has people, told of as people are."""
    desk = open_desk(studio, clock, series="X")
    with studio.write(MANAGER) as work:
        work.record("customer.added", "customer", desk.customer, store_id=MAIN_STORE)
        for companion_id in desk.companions:
            work.record("companion.added", "companion", companion_id, store_id=MAIN_STORE)
    return desk


def test_the_copy_follows_all_that_happens(
    studio: Store, copy: Path, clock: FixedClock, tmp_path: Path
) -> None:
    desk = _desk(studio, clock)
    with studio.read() as work:
        query = select(col(Order.customer_id)).where(col(Order.status) == OrderStatus.COMPLETED)
        regular, other = work.session.scalars(query.distinct().limit(2))
    desk.customer = regular
    done = desk.order_in(OrderStatus.COMPLETED)
    again = desk.order_in(OrderStatus.COMPLETED, 1)
    declined = desk.order_in(OrderStatus.CANCELLED)
    assert_as_new(studio, copy, tmp_path / "1")
    desk.do(tips.tip, done, PayChannel.CASH, 2000)
    desk.do(refunds.refund, again, 500, "late")
    desk.do(customers.edit, other, {"city": "拉萨"})
    assert desk.row(declined).status is OrderStatus.CANCELLED
    assert_as_new(studio, copy, tmp_path / "2")
    with studio.write(MANAGER) as work:
        duplicates.merge(work, other, regular)
    assert_as_new(studio, copy, tmp_path / "3")
    with studio.write(MANAGER) as work:
        duplicates.unmerge(work, regular)
    assert_as_new(studio, copy, tmp_path / "4")


HOURS = some.integers(0, 24 * 40)
CHANGES = some.lists(
    some.one_of(
        some.tuples(some.just("come"), some.integers(1, 3), HOURS),
        some.tuples(some.just("move"), some.integers(0, 20), HOURS),
        some.tuples(some.just("give"), some.integers(0, 20), some.integers(1, 3)),
        some.tuples(some.just("worth"), some.integers(0, 20), some.integers(0, 9999)),
        some.tuples(some.just("go"), some.integers(0, 20), some.just(0)),
        some.tuples(some.just("rate"), some.integers(0, 20), some.integers(1, 5)),
        some.tuples(some.just("city"), some.integers(1, 3), some.integers(0, 3)),
    ),
    min_size=1,
    max_size=8,
)


def _changed(work: UnitOfWork, what: str, which: int, value: int, begin: datetime) -> None:
    """One change of the history that no action makes any more, with the event that tells of it."""
    run = work.session.connection().execute
    if what == "city":
        run(update(Customer).where(col(Customer.id) == which).values(city=f"city {value}"))
        work.record("customer.edited", "customer", which, store_id=MAIN_STORE)
        return
    at = begin + timedelta(hours=value)
    if what == "come":
        (number,) = work.reserve_ids(Order, 1)
        order = Order(
            id=number,
            store_id=MAIN_STORE,
            no=f"H{number}",
            status=OrderStatus.COMPLETED,
            customer_id=which,
            game_id=1,
            created_at=at,
            completed_at=at,
            amount_fen=1000 + value,
            accepted_at=at,
            due_at=at + timedelta(minutes=value % 3 - 1),
        )
        work.session.add(order)
        work.session.flush()
        for place in range(1, value % 3 + 1):
            work.session.add(
                Assignment(
                    store_id=MAIN_STORE,
                    order_id=number,
                    companion_id=place,
                    place=place,
                    share_bp=8000,
                    accepted_at=at,
                    ended_at=at,
                    outcome=SessionEnd.FINISHED,
                )
            )
    else:
        known = [*filter(None, run(select(col(Order.id)).order_by(col(Order.id))).scalars())]
        if not known:
            return
        number = known[which % len(known)]
        values: dict[str, dict[str, Any]] = {
            "move": {"completed_at": at},
            "give": {"customer_id": value},
            "worth": {"amount_fen": value},
            "go": {"status": OrderStatus.CANCELLED},
            "rate": {"version": 2},
        }
        run(update(Order).where(col(Order.id) == number).values(**values[what]))
        if what == "rate":
            run(delete(Rating).where(col(Rating.order_id) == number))
            facts = {"store_id": MAIN_STORE, "order_id": number, "companion_id": 1}
            run(insert(Rating).values(**facts, overall=value, comment="", rated_at=begin))
    work.record("order.edited", "order", number, store_id=MAIN_STORE)


@pytest.fixture
def three(sqlite_store: Store, clock: FixedClock) -> Desk:
    """A studio with three customers and three companions, and no order yet."""
    desk = open_desk(sqlite_store, clock)
    with sqlite_store.write(MANAGER) as work:
        for number in (2, 3):
            row = Customer(store_id=MAIN_STORE, no=f"C{number}", nick="", created_at=clock.now())
            work.session.add(row)
    return desk


def test_any_change_of_history_is_followed(three: Desk, tmp_path: Path) -> None:
    """Orders that come late, before others, change hands, value or day, or go."""
    store, begin = three.store, datetime(2026, 7, 20, tzinfo=UTC)
    folders = (tmp_path / str(number) for number in range(10_000))

    @settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(some.lists(CHANGES, min_size=1, max_size=3))
    def follow(evenings: list[list[tuple[str, int, int]]]) -> None:
        copy = next(folders)
        with store.write(MANAGER) as work:
            _changed(work, "come", 1, 500, begin)
        with store.read() as work:
            door.frames(work, copy)
        for evening in evenings:
            with store.write(MANAGER) as work:
                for change in evening:
                    _changed(work, *change, begin)
            found = tables(refreshed(store, copy))
        with store.read() as work:
            new = tables(door.rebuilt(work, next(folders)))
        for name, rows in new.items():
            assert_frame_equal(found[name], rows)

    follow()


def test_rows_are_what_the_layout_says(three: Desk, tmp_path: Path) -> None:
    store, begin = three.store, datetime(2026, 7, 20, tzinfo=UTC)
    with store.write(MANAGER) as work:
        for which, hours in ((1, 5), (1, 29), (2, 800)):
            _changed(work, "come", which, hours, begin)
    with store.read() as work:
        frames = door.frames(work, tmp_path / "copy")
    lines = frames.lines().collect()
    assert lines["nth"].to_list() == [1, 2, 1]
    assert lines["new"].to_list() == [True, False, True]
    assert [f"{day:%m-%d}" for day in lines["day"]] == ["07-20", "07-21", "08-22"]
    assert lines["hour"].to_list() == [13, 13, 16]
    served = frames.served().collect()
    assert served.select("order_id", "place", "gross_fen").rows() == [
        *((1, 1, 503), (1, 2, 502), (2, 1, 515), (2, 2, 514), (3, 1, 900), (3, 2, 900)),
    ]
    assert served["on_time"].to_list() == [True] * 6
    history = frames.history().collect().row(0, named=True)
    assert (history["orders"], history["gross_fen"]) == (2, 2034)
    assert history["second_at"] == begin + timedelta(hours=29)
    assert frames.actives().collect().height == 2
    assert frames.lines(history["first_day"], history["first_day"]).collect().height == 1
    assert frames.lines(store_id=7).collect().is_empty()
    for name, dataset in layout.DATASETS.items():
        assert frames.scan(dataset, None, None).collect_schema() == dataset.schema, name


def test_imported_orders_come_and_go_with_their_batch(
    studio: Store, copy: Path, tmp_path: Path
) -> None:
    with studio.read() as work:
        no, nick = work.session.execute(
            select(col(Customer.no), col(Companion.nick)).join(Companion, true()).limit(1)
        ).one()
    file = tmp_path / "orders.csv"
    rows = [
        f"IMP-{month},2026-0{month}-01 20:00,{no},王者荣耀,{nick},50,已完成" for month in (1, 9)
    ]
    file.write_text("\n".join(["单号,下单时间,会员号,游戏,陪玩师,金额,状态", *rows]))
    with studio.write(MANAGER) as work:
        said = imports.import_file(work, file, Entity.ORDERS)
    assert said["inserted"] == 2, said
    assert_as_new(studio, copy, tmp_path / "1")
    assert refreshed(studio, copy).lines().filter(pl.col("gross_fen") == 5000).collect().height >= 2
    with studio.write(MANAGER) as work:
        undo.undo(work, said["batch"])
    assert_as_new(studio, copy, tmp_path / "2")


def test_an_erased_customer_has_no_city_in_the_copy(
    studio: Store, copy: Path, clock: FixedClock, tmp_path: Path
) -> None:
    with studio.write(MANAGER) as work:
        customer_id = work.session.scalars(select(col(Order.customer_id))).first()
        assert customer_id
        customers.edit(work, customer_id, {"city": "拉萨"})
    desk = _desk(studio, clock)
    desk.customer = customer_id
    desk.order_in(OrderStatus.COMPLETED)
    assert refreshed(studio, copy).lines().filter(city="拉萨").collect().height
    with studio.write(MANAGER) as work:
        still = work.session.scalars(
            select(col(Order.no)).where(
                col(Order.customer_id) == customer_id,
                col(Order.status).not_in([OrderStatus.COMPLETED, OrderStatus.CANCELLED]),
            )
        )
        for no in list(still):
            orders.cancel(work, no, "gone")
    with studio.write(MANAGER) as work:
        privacy.erase(work, customer_id, "asked for it")
    assert_as_new(studio, copy, tmp_path / "1")
    state = manifest.read(copy)
    assert state
    for dataset in (layout.LINES, layout.CUSTOMERS):
        for file in state.of(dataset):
            assert "拉萨" not in pl.read_parquet(copy / file.path)["city"]


def test_duckdb_reads_the_same(studio: Store, copy: Path) -> None:
    """Any engine that reads Parquet can work on the files that the list names."""
    listed = json.loads((copy / manifest.NAME).read_text())["files"]
    frames = refreshed(studio, copy)
    for name, dataset in layout.DATASETS.items():
        files = [str(copy / file["path"]) for file in listed[name]]
        said = {
            column: f'epoch_us("{column}")' if kind == layout.INSTANT else f'"{column}"'
            for column, kind in dataset.schema.items()
        }
        found = duckdb.sql(f"SELECT {', '.join(said.values())} FROM read_parquet({files})")
        ours = frames.scan(dataset, None, None).with_columns(pl.col(pl.Datetime).dt.epoch("us"))
        assert Counter(found.fetchall()) == Counter(ours.collect().rows()), name


Damage = Callable[[Path], None]


def _without_a_file(folder: Path) -> None:
    next(folder.glob("lines/*.parquet")).unlink()


def _cut_in_half(folder: Path) -> None:
    file = next(folder.glob("served/*.parquet"))
    file.write_bytes(file.read_bytes()[:100])


def _no_list(folder: Path) -> None:
    (folder / manifest.NAME).write_text('{"layout": 1, "seqs": [')


def _of_another_layout(folder: Path) -> None:
    told = json.loads((folder / manifest.NAME).read_text())
    (folder / manifest.NAME).write_text(json.dumps({**told, "layout": 0}))


def _of_another_database(folder: Path) -> None:
    told = json.loads((folder / manifest.NAME).read_text())
    told["hashes"] = dict.fromkeys(told["hashes"], "f" * 64)
    (folder / manifest.NAME).write_text(json.dumps(told))


def test_what_cannot_be_used_is_made_anew(three: Desk, tmp_path: Path) -> None:
    store, folder = three.store, tmp_path / "copy"
    three.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        whole = tables(door.frames(work, folder))
        for damage in (
            *(_without_a_file, _cut_in_half, _no_list),
            *(_of_another_layout, _of_another_database),
        ):
            damage(folder)
            with pytest.raises(AssertionError, match="anew"):
                door.frames(work, folder, progress=never)
            found = tables(door.frames(work, folder))
            for name, rows in whole.items():
                assert_frame_equal(found[name], rows)
    with store.write(MANAGER) as work:
        set_setting(work, "store.business_day_start", "12:00")
    with store.read() as work, pytest.raises(AssertionError, match="anew"):
        door.frames(work, folder, progress=never)


def test_the_last_copy_serves_while_another_is_made(
    three: Desk, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = three.store, tmp_path / "copy"
    assert door.last(folder) is None
    three.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        begun = door.frames(work, folder)
    clock.advance(timedelta(hours=1))
    three.order_in(OrderStatus.COMPLETED)
    monkeypatch.setattr(door, "PATIENCE_SECONDS", 0.05)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with store.read() as work:
            waited = door.frames(work, folder)
            with pytest.raises(door.Stopped):
                door.rebuilt(work, folder, progress=lambda _done, _total: False)
    assert waited.as_of == begun.as_of
    assert waited.lines().collect().height == 1
    found = refreshed(store, folder)
    last = door.last(folder)
    assert last and last.as_of == found.as_of == begun.as_of + timedelta(hours=1)
    assert begun.lines().collect().height == 1, "a reader goes on with the files it knows"
    assert last.lines().collect().height == 2


def test_a_stopped_build_leaves_the_copy_as_it_was(three: Desk, tmp_path: Path) -> None:
    store, folder = three.store, tmp_path / "copy"
    three.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        door.frames(work, folder)
        before = (folder / manifest.NAME).read_bytes()
        with pytest.raises(door.Stopped):
            door.rebuilt(work, folder, progress=lambda _done, _total: False)
    assert (folder / manifest.NAME).read_bytes() == before
    assert not list(folder.glob(".spool"))
    assert refreshed(store, folder).lines().collect().height == 1


def test_a_unit_of_work_reads_its_own_journals(three: Desk, tmp_path: Path) -> None:
    """Nobody else sees them yet, and their numbers are not asked for again."""
    store, folder = three.store, tmp_path / "copy"
    three.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        door.frames(work, folder)
    done = three.order_in(OrderStatus.COMPLETED)
    with store.write(MANAGER) as work:
        tips.tip(work, done, PayChannel.CASH, 2000)
        frames = door.frames(work, folder, progress=never)
    assert frames.books().select(pl.sum("tips_fen")).collect().item() == 2000
    assert_as_new(store, folder, tmp_path / "new")


def test_a_disk_that_fills_while_files_are_written_leaves_the_copy_as_it_was(
    three: Desk, tmp_path: Path
) -> None:
    """The largest file does not fit any more, which is written beside the counting."""
    store, folder = three.store, tmp_path / "copy"
    three.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        door.frames(work, folder)
    before = (folder / manifest.NAME).read_bytes()
    state = manifest.read(folder)
    assert state
    (lines,) = state.of(layout.LINES)
    assert lines.size == max(file.size for files in state.files.values() for file in files)
    three.order_in(OrderStatus.COMPLETED)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (lines.size - 1, unlimited[1]))
    try:
        with store.read() as work, pytest.raises(StorageFull):
            door.frames(work, folder, progress=never)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert (folder / manifest.NAME).read_bytes() == before
    assert not list(folder.glob("*/.*")), "drafts are gone"
    assert not [each for each in threading.enumerate() if "ThreadPool" in each.name]
    assert refreshed(store, folder).lines().collect().height == 2


def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(StorageFull):
        manifest.write_rows(Path("/dev/full"), pl.DataFrame({"order_id": [1]}))
