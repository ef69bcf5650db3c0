"""``crm-tui worker``: what it prints, who stands by, how it stops."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import timedelta

from sqlmodel import col, select

from crm_tui.core.clock import FixedClock, SystemClock
from crm_tui.models.alarms import Lease
from crm_tui.services.upkeep.opening import open_studio
from tests.command import arguments, crm, surroundings
from tests.desk import open_desk


def test_a_worker_says_what_it_does_and_gives_the_lease_back(sqlite_url: str) -> None:
    past = FixedClock(SystemClock().now() - timedelta(minutes=4))
    store = open_studio(sqlite_url, clock=past)
    desk = open_desk(store, past)
    first = desk.order()

    told = crm(sqlite_url, "worker", "--once")
    assert told.code == 0
    assert told.out.splitlines()[0].endswith(f" {first}: the customer waits for an answer")
    assert told.err == "This process sees to the clocks.\n"

    second = desk.order()
    words = arguments(sqlite_url, "worker", "--json")
    with subprocess.Popen(words, env=surroundings(), stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        holds, did = (json.loads(worker.stdout.readline()) for _line in range(2))
        assert (holds["standing"], did["did"], did["ref"]) == ("holds", "clock.response", second)
        assert {"at", "order_id", "due_at"} <= did.keys()
        standby = crm(sqlite_url, "worker", "--once")
        assert (standby.code, standby.out) == (0, "")
        assert f":{worker.pid} " in standby.err and "stands by" in standby.err
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        assert worker.stdout.read() == ""
    with store.read() as work:
        assert work.session.exec(select(col(Lease.name))).all() == []
    store.close()
