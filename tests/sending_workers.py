"""What the process does that sends reports until it is killed; a module that it can load."""

from __future__ import annotations

import os
import signal
from datetime import datetime

from crm_tui.core.clock import FixedClock
from crm_tui.services.figures.mailing import Letter, MailServer, send
from crm_tui.services.figures.sending import deliver, due
from crm_tui.services.upkeep.opening import open_studio
from tests.processes import PROCESSES

PATIENCE = 60


def send_until_killed(url: str, now: datetime, handed_in: bool) -> int:
    """Let a process send what is due, and kill it with -9 once the file is written: before the
    letter is handed in, or just after. Answers its exit code."""
    process = PROCESSES.Process(target=_work, args=(url, now, handed_in))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode is not None, "the worker went on"
    return process.exitcode


def _work(url: str, now: datetime, handed_in: bool) -> None:
    def outbox(server: MailServer, letter: Letter) -> list[str]:
        if handed_in:
            send(server, letter)
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    store = open_studio(url, clock=FixedClock(now))
    with store.read() as work:
        waiting = due(work)
    for one in waiting:
        deliver(store, one, outbox)
