"""``kill -9`` while reports are sent, and several that send at once: each is sent, a file once and
whole, a letter at least once and always as the same one.

A few kills each time; a hundred with ``make faults``.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock, SystemClock
from crm_tui.core.words import Cadence, SendingState
from crm_tui.models import Event
from crm_tui.models.reports import ReportSending
from crm_tui.services.clocks.jobs import Done
from crm_tui.services.clocks.upkeep import Told
from crm_tui.services.figures import schedules
from crm_tui.services.figures.reports.actions import NewReport, save
from crm_tui.services.figures.reports.definition import checked
from crm_tui.services.figures.reports.ready import READY, sendable
from crm_tui.services.figures.schedules import NewSchedule
from crm_tui.services.figures.sending import CLAIM_LASTS, Postman
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.command import crm, killed
from tests.mail_server import Mailbox, mail_server
from tests.sending_workers import send_until_killed

KILLS = 100 if os.environ.get("CRM_TUI_LONG_TESTS") else 3
BOSS = "boss@studio.cn"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on this machine."""
    with mail_server() as box:
        yield box


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """The folder that reports are written to."""
    folder = tmp_path / "sent"
    folder.mkdir()
    return folder


def _post(store: Store, box: Mailbox) -> None:
    values = {"host": "127.0.0.1", "port": str(box.port), "tls": "none", "sender": "crm@studio.cn"}
    with store.write(SYSTEM) as work:
        for key, value in values.items():
            set_setting(work, f"mail.{key}", value)


def _scheduled(store: Store, name: str, folder: Path) -> None:
    """A report that goes to the folder and by mail every day at 06:00."""
    asked = checked({"measures": "orders,gross_fen", "group": "day", "period": "-89d..today"})
    with store.write(SYSTEM) as work:
        report = save(work, NewReport(name, asked))
        new = NewSchedule(report, Cadence.DAILY, "06:00", 0, str(folder), (BOSS,))
        schedules.schedule(work, new)


def _taken_over(store: Store, clock: FixedClock) -> list[Told]:
    """What another one does once the claims have run out."""
    clock.advance(CLAIM_LASTS + timedelta(seconds=1))
    told: list[Told] = []
    Postman(store, told.append).step()
    return told


def _told_of(store: Store) -> Counter[str]:
    """How often each report was told of as sent, by name."""
    with store.read() as work:
        rows = work.session.exec(select(Event.ref).where(col(Event.kind) == "report.sent"))
        return Counter(rows)


def _letters(box: Mailbox) -> dict[str, set[str]]:
    """The Message-IDs under which each report's letters came, by subject."""
    found = defaultdict(set)
    for letter in box.letters:
        found[letter["Subject"].split()[0]].add(letter["Message-ID"])
    return found


def _are_whole(folder: Path, names: set[str]) -> bool:
    """Whether there is one file for each of these reports, complete; what is unfinished is hidden
    and under no report's name."""
    files = [file for file in folder.iterdir() if not file.name.startswith(".")]
    for file in files:
        rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        assert len(rows) == 3 + 90 + 1, "title, period, heads; the days; their total"
    return sorted(file.name.split()[0] for file in files) == sorted(names)


@pytest.mark.slow
def test_a_worker_is_killed_at_any_moment_of_sending(
    sqlite_url: str, mailbox: Mailbox, sent: Path
) -> None:
    clock = FixedClock(SystemClock().now() - timedelta(days=2))
    store = open_studio(sqlite_url, clock=clock)
    _post(store, mailbox)
    chance, names, whole = Random(9), {"warm", "measured"}, 0.0
    for name in sorted(names, reverse=True):
        _scheduled(store, name, sent)
        began = monotonic()
        assert crm(sqlite_url, "worker", "--once").code == 0
        whole = monotonic() - began
    for kill in range(KILLS):
        name = f"每日{kill}"
        _scheduled(store, name, sent)
        killed(chance.uniform(0.3, 1.1) * whole, sqlite_url, "worker", "--once")
        assert _are_whole(sent, names) or _are_whole(sent, names | {name}), "half a file"
        later = FixedClock(SystemClock().now())
        heir = open_studio(sqlite_url, clock=later)
        _taken_over(heir, later)
        names.add(name)
        now = SystemClock().now()  # what falls due after it is another day's
        again = [one for one in _taken_over(heir, later) if one.facts["due_at"] <= now]
        assert again == [], "nothing is sent again"
        heir.close()
        assert _are_whole(sent, names)
        assert _told_of(store) == dict.fromkeys(names, 1)
        came = _letters(mailbox)
        assert came.keys() == names and all(len(ids) == 1 for ids in came.values()), came
    with store.read() as work:
        tried = Counter(work.session.exec(select(ReportSending.attempts)))
    assert tried.keys() <= {1, 2}
    if KILLS == 100:
        assert min(tried[1], tried[2]) > 5, f"before the claim and within it: {tried}"
    store.close()


@pytest.mark.parametrize("handed_in", [False, True])
def test_what_a_killed_process_began_is_brought_to_its_end(
    store: Store, store_url: str, clock: FixedClock, mailbox: Mailbox, sent: Path, handed_in: bool
) -> None:
    _post(store, mailbox)
    _scheduled(store, "每日", sent)
    clock.advance(timedelta(days=1))
    assert send_until_killed(store_url, clock.now(), handed_in) == -9
    assert _are_whole(sent, {"每日"}) and len(mailbox.letters) == handed_in
    assert _told_of(store) == {}
    (told,) = _taken_over(store, clock)
    assert isinstance(told, Done) and _taken_over(store, clock) == []
    assert _are_whole(sent, {"每日"}) and len(mailbox.letters) == 1 + handed_in
    assert [len(ids) for ids in _letters(mailbox).values()] == [1], "mail programs show it once"
    assert _told_of(store) == {"每日": 1}


def test_workers_at_once_share_what_is_due(store_url: str, mailbox: Mailbox, sent: Path) -> None:
    store = open_studio(store_url, clock=FixedClock(SystemClock().now() - timedelta(days=2)))
    _post(store, mailbox)
    with store.write(SYSTEM) as work:
        for name in READY:
            schedules.schedule(
                work,
                NewSchedule(sendable(work, name), Cadence.DAILY, "06:00", 0, str(sent), (BOSS,)),
            )
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _seat: crm(store_url, "worker", "--once"), range(3)))
    assert [answer.code for answer in answers] == [0, 0, 0], answers
    said = "".join(answer.out for answer in answers)
    assert said.count("sent\n") == len(READY)
    assert len(list(sent.iterdir())) == len(mailbox.letters) == len(READY)
    assert _told_of(store) == dict.fromkeys(READY, 1)
    with store.read() as work:
        rows = list(work.session.exec(select(ReportSending)))
    assert {(row.state, row.attempts) for row in rows} == {(SendingState.SENT, 1)}
    store.close()


def test_without_the_claim_it_would_be_sent_twice(
    sqlite_store: Store, clock: FixedClock, mailbox: Mailbox, sent: Path
) -> None:
    """The control: whoever forgets that it was claimed sends it again."""
    _post(sqlite_store, mailbox)
    _scheduled(sqlite_store, "每日", sent)
    clock.advance(timedelta(days=1))
    for _again in range(2):
        Postman(sqlite_store, lambda _told: None).step()
        with sqlite_store.write(SYSTEM) as work:
            for row in work.session.exec(select(ReportSending)):
                work.session.delete(row)
    assert len(mailbox.letters) == 2 and _told_of(sqlite_store) == {"每日": 2}
