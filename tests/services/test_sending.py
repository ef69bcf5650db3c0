"""Reports sent on a schedule: once each, whoever sends, whatever fails in between."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.words import Cadence, OrderStatus, Role, SendingState, TaskState
from crm_tui.models.contacts import Task
from crm_tui.models.reports import ReportSending
from crm_tui.services.clocks.jobs import Done
from crm_tui.services.clocks.upkeep import Failed, Told
from crm_tui.services.figures import schedules
from crm_tui.services.figures.mailing import PASSWORD, Letter, MailServer, send
from crm_tui.services.figures.reports import actions, reads
from crm_tui.services.figures.reports.actions import NewReport
from crm_tui.services.figures.reports.definition import checked
from crm_tui.services.figures.reports.ready import READY, sendable, title_of
from crm_tui.services.figures.schedules import NewSchedule
from crm_tui.services.figures.sending import CLAIM_LASTS, Due, Postman, deliver, due, send_now
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import open_desk
from tests.mail_server import Mailbox, mail_server

ORDERS = checked({"measures": "orders,gross_fen", "group": "day", "period": "yesterday"})


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on this machine."""
    with mail_server() as box:
        yield box


def _scheduled(store: Store, manager: Actor, **more: Any) -> int:
    """The daily report, due at 09:30 in Shanghai; it is the evening of 2026-09-21."""
    with store.write(manager) as work:
        report = actions.save(work, NewReport("=昨日 流水/单量", ORDERS))
        return schedules.schedule(work, NewSchedule(report, Cadence.DAILY, "09:30", **more))


def _mail(store: Store, manager: Actor, box: Mailbox, **more: str) -> None:
    values = {"host": "127.0.0.1", "port": str(box.port), "tls": "none", "sender": "crm@studio.cn"}
    with store.write(manager) as work:
        for key, value in (values | more).items():
            set_setting(work, f"mail.{key}", value)


def _due(store: Store) -> list[Due]:
    with store.read() as work:
        return due(work)


def _rows(store: Store) -> list[ReportSending]:
    with store.read() as work:
        return list(work.session.exec(select(ReportSending).order_by(ReportSending.due_at)))


def _tasks(store: Store) -> list[tuple[str, TaskState]]:
    with store.read() as work:
        return [(task.why, task.state) for task in work.session.exec(select(Task))]


def test_only_one_of_two_that_send_at_once_does(
    store: Store, manager: Actor, clock: FixedClock, mailbox: Mailbox, tmp_path: Path
) -> None:
    _mail(store, manager, mailbox)
    _scheduled(store, manager, folder=str(tmp_path), recipients=("boss@studio.cn",))
    assert _due(store) == [], "what fell due before it was scheduled is not sent"
    clock.advance(timedelta(hours=12))
    (one,) = _due(store)
    with ThreadPoolExecutor(2) as both:
        told = list(both.map(partial(deliver, store), [one, one]))
    assert sorted(map(bool, told)) == [False, True]
    assert _due(store) == []
    (file,) = tmp_path.glob("*.xlsx")
    assert file.name == "=昨日 流水 单量 2026-09-22 0930.xlsx"
    (letter,) = mailbox.letters
    assert letter["Subject"] == "=昨日 流水/单量 2026-09-21"
    (attached,) = letter.iter_attachments()
    book = CalamineWorkbook.from_filelike(io.BytesIO(attached.get_content()))
    assert book.get_sheet_by_index(0).to_python()[3] == [date(2026, 9, 21), 0.0, 0.0]
    (row,) = _rows(store)
    assert (row.state, row.attempts) == (SendingState.SENT, 1)


def test_what_nobody_composed_is_sent_too(
    store: Store, manager: Actor, clock: FixedClock, tmp_path: Path
) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    with store.write(manager) as work:
        for name in READY:
            new = NewSchedule(sendable(work, name), Cadence.DAILY, "09:30", 0, str(folder))
            schedules.schedule(work, new)
        assert sendable(work, "revenue") == sendable(work, "revenue"), "kept once"
        assert [each.report for each in schedules.schedules(work)] == list(READY)
        assert reads.reports_of(work, manager.login) == [], "nobody composed them"
    clock.advance(timedelta(hours=12))
    told: list[Told] = []
    Postman(store, told.append).step()
    assert [each.ref for each in told if isinstance(each, Done)] == list(READY)
    books = {file.name[: -len(" 2026-09-22 0930.xlsx")]: file for file in folder.iterdir()}
    assert set(books) == {title_of(name) for name in READY}
    income = CalamineWorkbook.from_path(str(books["Income"])).get_sheet_by_index(0).to_python()
    assert income[1][0] == "2026-09-21", "the whole business day before"
    assert income[-1][:3] == ["Total", 1.0, 45.0] and len(income) == 3 + 24 + 1
    customers = CalamineWorkbook.from_path(str(books["Customers"]))
    assert len(customers.sheet_names) == 2, "the tiers, and everybody"
    with store.write(manager) as work:
        revenue = sendable(work, "revenue")
    now = folder / send_now(store, manager, revenue, str(folder), ())["file"]
    told_now = CalamineWorkbook.from_path(str(now)).get_sheet_by_index(0).to_python()
    assert told_now[1][0] == "2026-09-01 to 2026-09-22", "this month so far, no day to come"


def test_of_those_missed_only_the_last_is_sent(
    sqlite_store: Store, manager: Actor, clock: FixedClock, tmp_path: Path
) -> None:
    _scheduled(sqlite_store, manager, folder=str(tmp_path))
    clock.advance(timedelta(days=5))
    told: list[Told] = []
    Postman(sqlite_store, told.append).step()
    assert [type(each) for each in told] == [Done]
    assert [file.name[-20:] for file in tmp_path.glob("*.xlsx")] == ["2026-09-26 0930.xlsx"]


def test_one_that_was_killed_is_taken_over_with_the_same_letter(
    sqlite_store: Store, manager: Actor, clock: FixedClock, mailbox: Mailbox
) -> None:
    store = sqlite_store
    _mail(store, manager, mailbox)
    _scheduled(store, manager, recipients=("boss@studio.cn",))
    clock.advance(timedelta(hours=12))

    class Killed(BaseException):
        """As if the process were gone."""

    def handed_in_and_killed(server: MailServer, letter: Letter) -> list[str]:
        send(server, letter)
        raise Killed

    with pytest.raises(Killed):
        deliver(store, _due(store)[0], handed_in_and_killed)
    assert _due(store) == [], "while the claim holds nobody else begins"
    clock.advance(CLAIM_LASTS)
    assert isinstance(deliver(store, _due(store)[0]), Done)
    first, again = mailbox.letters
    assert first["Message-ID"] == again["Message-ID"]
    clock.advance(timedelta(days=1))
    deliver(store, _due(store)[0])
    assert mailbox.letters[2]["Message-ID"] != first["Message-ID"]


def test_a_failure_is_put_off_told_and_made_good(
    store: Store, manager: Actor, clock: FixedClock, mailbox: Mailbox
) -> None:
    _mail(store, manager, mailbox)
    _scheduled(store, manager, recipients=("boss@studio.cn", "cfo@studio.cn"))
    clock.advance(timedelta(hours=12))
    mailbox.refuses["MAIL"] = "451 too busy"
    told: list[Told] = []
    postman = Postman(store, told.append)
    postman.step()
    assert isinstance(told[0], Failed) and "451 too busy" in told[0].error.message()
    postman.step()
    assert len(told) == 1, "it waits before it tries again"
    assert _tasks(store) == []
    clock.advance(timedelta(minutes=1))
    postman.step()
    ((why, state),) = _tasks(store)
    assert "451 too busy" in why and state is TaskState.OPEN
    # Then one of the addresses is refused: the other gets it, and somebody is told.
    mailbox.refuses = {"RCPT TO:<cfo": "550 no such box"}
    clock.advance(timedelta(minutes=2))
    postman.step()
    assert mailbox.recipients == [["boss@studio.cn"]]
    assert [state for _why, state in _tasks(store)] == [TaskState.DONE, TaskState.OPEN]
    assert "cfo@studio.cn" in _tasks(store)[1][0]
    (row,) = _rows(store)
    assert (row.state, row.attempts) == (SendingState.SENT, 3)


def test_a_failing_one_is_overtaken_by_the_next(
    sqlite_store: Store, manager: Actor, clock: FixedClock, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    _scheduled(sqlite_store, manager, folder=str(gone))
    gone.rmdir()
    clock.advance(timedelta(hours=12))
    assert isinstance(deliver(sqlite_store, _due(sqlite_store)[0]), Failed)
    gone.mkdir()
    clock.advance(timedelta(days=1))
    assert isinstance(deliver(sqlite_store, _due(sqlite_store)[0]), Done)
    states = [row.state for row in _rows(sqlite_store)]
    assert states == [SendingState.OVERTAKEN, SendingState.SENT]


def test_the_password_goes_to_the_server_and_nowhere_else(
    sqlite_store: Store,
    sqlite_url: str,
    manager: Actor,
    clock: FixedClock,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = sqlite_store
    _mail(store, manager, mailbox, user="crm")
    _scheduled(store, manager, recipients=("boss@studio.cn",))
    clock.advance(timedelta(hours=12))
    told = deliver(store, _due(store)[0])
    assert isinstance(told, Failed) and PASSWORD in told.error.message()
    monkeypatch.setenv(PASSWORD, "geheim-4711")
    mailbox.refuses["AUTH"] = "535 wrong"
    clock.advance(timedelta(minutes=1))
    told = deliver(store, _due(store)[0])
    assert isinstance(told, Failed) and "geheim" not in told.error.message()
    mailbox.refuses.clear()
    clock.advance(timedelta(minutes=2))
    assert isinstance(deliver(store, _due(store)[0]), Done)
    assert mailbox.log_ins == [("crm", "geheim-4711")]
    files = [file for file in Path(sqlite_url).parent.glob("studio.db*") if file.is_file()]
    assert files and not [file for file in files if b"geheim-4711" in file.read_bytes()]


def test_who_may_have_what_sent_where(
    sqlite_store: Store, manager: Actor, actor: Actor, tmp_path: Path
) -> None:
    store = sqlite_store
    first = _scheduled(store, manager, folder=str(tmp_path))
    with store.read() as work:
        (kept,) = schedules.schedules(work)
        assert kept.id == first and kept.next_at > work.clock.now()
    with pytest.raises(Refused), store.write(actor) as work:
        schedules.schedule(work, NewSchedule(kept.report_id, Cadence.DAILY, "09:30"))
    wrong: list[tuple[NewSchedule, str]] = [
        (NewSchedule(kept.report_id, Cadence.DAILY, "09:30"), "folder"),
        (NewSchedule(kept.report_id, Cadence.DAILY, "9 o'clock", folder=str(tmp_path)), "at"),
        (NewSchedule(kept.report_id, Cadence.WEEKLY, "09:30", 8, str(tmp_path)), "day"),
        (NewSchedule(kept.report_id, Cadence.DAILY, "09:30", folder="reports"), "folder"),
        (NewSchedule(kept.report_id, Cadence.DAILY, "09:30", recipients=["a@b\nBcc: c@d"]), "mail"),
    ]
    for new, field in wrong:
        with pytest.raises(Invalid) as told, store.write(manager) as work:
            schedules.schedule(work, new)
        assert told.value.facts["field"] == field
    finance = Actor("zhao", Role.FINANCE)
    with pytest.raises(Refused, match="wang"), store.write(finance) as work:
        schedules.unschedule(work, first)
    with store.write(manager) as work:
        schedules.unschedule(work, first)
        assert schedules.schedules(work) == []
        schedules.schedule_again(work, first)
        assert len(schedules.schedules(work)) == 1
