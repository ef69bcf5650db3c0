"""Importing customers from CSV – validated, normalised, told apart, indexed for the look-up –
beside ``sqlite-utils insert --csv`` with its full-text index, on the same file in the same run.

Each is a process of its own; memory is the most that it and its children held at any moment.
``CRM_TUI_BENCH_CUSTOMERS`` makes it smaller.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter, sleep

from bench.actions import at, order_life, people
from bench.figure import Figure
from crm_tui.services.upkeep.opening import open_studio
from tests.postgres_server import PostgresServer, server_binaries

CUSTOMERS = int(os.environ.get("CRM_TUI_BENCH_CUSTOMERS", "1000000"))
BESIDE_ACTIONS = min(CUSTOMERS, 200_000)
"""Customers that come in while order actions are timed."""
BETWEEN_LOOKS = 0.05
_HEADERS = [
    "昵称",
    "姓名",
    "微信号",
    "手机",
    "性别",
    "来源渠道",
    "标签",
    "城市",
    "建档日期",
    "备注",
]
_NICKS = ("小鱼干", "星河", "夜猫", "北岸", "阿狸", "不吃香菜", "Mr.Lin", "[VIP]老白")
_SURNAMES = "王李张刘陈杨曾单解仇查翟"


def write_customers(path: Path, count: int, seed: int = 1) -> None:
    """A studio's customers, each with a phone and a WeChat id."""
    random = Random(seed)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADERS)
        for at in range(count):
            writer.writerow(
                [
                    f"{random.choice(_NICKS)}{at}",
                    random.choice(_SURNAMES) + random.choice("伟芳娜强磊静"),
                    f"wxid_{random.getrandbits(48):012x}",
                    f"1{random.choice('3589')}{at:09d}",
                    random.choice("男女"),
                    random.choice(("抖音", "快手", "微信", "老客户介绍")),
                    "夜猫子、话少",
                    "杭州",
                    f"2026/{1 + at % 8}/{1 + at % 28}",
                    "",
                ]
            )


def run() -> list[Figure]:
    """Both ways, one after the other; then what others notice of it; then PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "customers.csv"
        write_customers(source, CUSTOMERS)
        theirs = sum(_process(*words)[0] for words in _sqlite_utils(folder, source))
        ours, memory = _process(*_import(f"{folder}/studio.db", source))
        return [
            *_compared(ours, theirs, memory),
            *_meanwhile(Path(folder)),
            *_on_postgres(source),
        ]


def _compared(ours: float, theirs: float, memory: float) -> list[Figure]:
    rows = f"{CUSTOMERS:,} customers"
    together = f"{rows}; its processes together"
    ratio = ours / theirs
    return [
        Figure("import of customers from CSV", ours, "s", note=rows),
        Figure("sqlite-utils insert --csv and enable-fts", theirs, "s", note=rows),
        Figure("import / sqlite-utils", ratio, "×", "≤ 1.5 ×", ratio <= 1.5, rows),
        Figure("memory of the import", memory, "MB", "≤ 600 MB", memory <= 600, together),
    ]


def _meanwhile(folder: Path) -> list[Figure]:
    """How long a dispatcher waits for an action while customers come in."""
    source, database = folder / "fewer.csv", folder / "busy.db"
    write_customers(source, BESIDE_ACTIONS, seed=2)
    customers, companions, game = people(database)
    waits: list[float] = []
    words = _import(str(database), source)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        store = open_studio(database)
        while process.poll() is None:
            waits += order_life(store, customers[0], companions[0], game)
        store.close()
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    waits.sort()
    note = f"{len(waits):,} actions of one console during an import of {BESIDE_ACTIONS:,}"
    return [
        Figure(f"order action meanwhile, {name}", at(waits, part) * 1000, "ms", note=note)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("longest", 1.0))
    ]


def _on_postgres(source: Path) -> list[Figure]:
    """The same on PostgreSQL, where there is a server to be started."""
    if server_binaries() is None:
        return []
    server = PostgresServer()
    server.start()
    try:
        seconds, _memory = _process(*_import(server.empty_database(), source))
    finally:
        server.stop()
    return [Figure("import on PostgreSQL", seconds, "s", note=f"{CUSTOMERS:,} customers")]


def _import(database: str, source: Path) -> tuple[str, ...]:
    return (
        sys.executable, "-m", "crm_tui.cli.main", "--db", database,
        "import", "customers", str(source), "--json",
    )  # fmt: skip


def _sqlite_utils(folder: str, source: Path) -> tuple[tuple[str, ...], ...]:
    program, database = str(Path(sys.executable).with_name("sqlite-utils")), f"{folder}/theirs.db"
    return (
        (program, "insert", database, "customer", str(source), "--csv"),
        (program, "enable-fts", database, "customer", *_HEADERS[:4]),
    )


def _process(*words: str) -> tuple[float, float]:
    """Seconds of a command that must succeed, and the megabytes that it and the processes it
    starts held together at the worst moment."""
    began, most = perf_counter(), 0.0
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(map(_resident, _family(process.pid))))
            sleep(BETWEEN_LOOKS)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return perf_counter() - began, most


def _family(pid: int) -> list[int]:
    """A process and those that it has started, as Linux lists them."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _resident(pid: int) -> float:
    """Megabytes that a process holds in memory; none once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
