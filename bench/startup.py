"""Start-up through a pseudo-terminal, against a bare Textual app in the same run."""

from __future__ import annotations

import compileall
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.figure import Figure

CUSTOMERS = 100_000
OPEN_ORDERS = 500
TURNS = 7
"""Each is started so many times, in turn; the median counts."""
ROWS, COLUMNS = 36, 120
LONGEST_WAIT = 30.0
PACKAGE = Path(__file__).parents[1] / "crm_tui"
FIRST_FRAME_BAR, FIRST_ROWS_BAR, HELP_BAR = 1.6, 3.5, 2.5
WHOLE_LAYOUT = "All keys"
"""The last words of the footer: when they are written, the layout is whole."""

BARE = f"""
from textual.app import App
from textual.widgets import DataTable

class Bare(App):
    def compose(self):
        yield DataTable()

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("number", "customer", "game", "amount")
        table.add_rows((f"row{{n}}", "customer", "game", "45.00") for n in range({OPEN_ORDERS}))

Bare().run()
"""


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds from spawn to the first frame, and to the first rows."""

    frame: float
    rows: float


def run() -> list[Figure]:
    """First frame and first live rows as ratios to the bare app; ``--help`` to ``import typer``."""
    compileall.compile_dir(PACKAGE, quiet=1)  # as it is once installed, like all it is held against
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "studio.db"
        number = _fill(database)
        console = [sys.executable, "-m", "crm_tui.cli.main", "--lang", "en", "--db", str(database)]
        bare = [sys.executable, "-c", BARE]
        environment = os.environ | {"TERM": "xterm-256color", "CRM_TUI_CONFIG": f"{folder}/none"}
        ours, theirs = [], []
        for _turn in range(TURNS):
            theirs.append(_started(bare, environment, "customer", "row0"))
            ours.append(_started(console, environment, WHOLE_LAYOUT, number))
    bare_frame = statistics.median(each.frame for each in theirs)
    frame = statistics.median(each.frame for each in ours)
    rows = statistics.median(each.rows for each in ours)
    size = f"{CUSTOMERS:,} customers, {OPEN_ORDERS} open orders"
    return [
        Figure("bare Textual app with one table, first frame", bare_frame * 1000, "ms"),
        Figure("console, first frame", frame * 1000, "ms", note=size),
        Figure("console, first live rows", rows * 1000, "ms", note=size),
        _ratio("first frame / bare app", frame / bare_frame, FIRST_FRAME_BAR),
        _ratio("first live rows / bare app", rows / bare_frame, FIRST_ROWS_BAR),
        *_help(),
    ]


def _ratio(name: str, value: float, bar: float) -> Figure:
    return Figure(name, value, "×", f"≤ {bar} ×", value <= bar)


def _fill(database: Path) -> str:
    """A studio of the size that the bar names; answers how its orders' numbers begin."""
    from random import Random

    from sqlmodel import col, select

    from crm_tui.core.actor import SYSTEM
    from crm_tui.models import Customer
    from crm_tui.services.catalogue import reads as catalogue
    from crm_tui.services.demo.build import Size, build
    from crm_tui.services.orders import actions, reads
    from crm_tui.services.upkeep.opening import open_studio
    from crm_tui.storage.store import UnitOfWork

    store = open_studio(database, random=Random(1))
    build(store, Size(customers=CUSTOMERS, companions=60, days=2, orders_a_day=100))

    def take_down(work: UnitOfWork) -> str:
        game = catalogue.games(work)[0].id
        may_order = select(Customer.id).where(~col(Customer.blocked), ~col(Customer.minor))
        for customer in work.session.exec(may_order.limit(OPEN_ORDERS)):
            newest = actions.create(work, actions.NewOrder(customer or 0, game, 60))
        return reads.by_ids(work, [newest])[0].no

    no = store.perform(SYSTEM, take_down)
    store.close()
    return no.partition("-")[0]


def _started(command: list[str], environment: dict[str, str], frame: str, rows: str) -> Started:
    """Start ``command`` in a terminal and time when ``frame`` and ``rows`` have been written."""
    import fcntl
    import struct
    import termios

    begin = perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    written = b""
    moments: dict[str, float] = {}
    try:
        while len(moments) < 2:
            if perf_counter() - begin > LONGEST_WAIT:
                raise TimeoutError(f"{command}: never showed {frame!r} and {rows!r}")
            if select.select([terminal], [], [], 0.05)[0]:
                written += os.read(terminal, 65536)
                for name, text in (("frame", frame), ("rows", rows)):
                    if name not in moments and text.encode() in written:
                        moments[name] = perf_counter() - begin
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)
    return Started(**moments)


def _help() -> list[Figure]:
    ours, theirs = [], []
    for _turn in range(TURNS):
        theirs.append(_timed([sys.executable, "-c", "import typer"]))
        ours.append(_timed([sys.executable, "-m", "crm_tui.cli.main", "--help"]))
    typer, shown = statistics.median(theirs), statistics.median(ours)
    return [
        Figure("python -c 'import typer'", typer * 1000, "ms"),
        Figure("crm-tui --help", shown * 1000, "ms"),
        _ratio("crm-tui --help / import typer", shown / typer, HELP_BAR),
    ]


def _timed(command: list[str]) -> float:
    begin = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - begin
