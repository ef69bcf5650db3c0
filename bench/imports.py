"""Importing customers from CSV – validated, normalised, told apart, indexed for the look-up –
beside ``sqlite-utils insert --csv`` with its full-text index, on the same file in the same run.

Each is a process of its own; memory is the most that it held at any moment.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter

from bench.figure import Figure

CUSTOMERS = 200_000
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
    """Both ways, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "customers.csv"
        write_customers(source, CUSTOMERS)
        ours, memory = _process(
            sys.executable, "-m", "crm_tui.cli.main", "--db", f"{folder}/studio.db",
            "import", "customers", str(source), "--json",
        )  # fmt: skip
        theirs = sum(_process(*words)[0] for words in _sqlite_utils(folder, source))
    rows = f"{CUSTOMERS:,} customers"
    ratio = ours / theirs
    return [
        Figure("import of customers from CSV", ours, "s", note=rows),
        Figure("sqlite-utils insert --csv and enable-fts", theirs, "s", note=rows),
        Figure("import / sqlite-utils", ratio, "×", "≤ 1.5 ×", ratio <= 1.5, rows),
        Figure("memory of the import", memory, "MB", "≤ 600 MB", memory <= 600, rows),
    ]


def _sqlite_utils(folder: str, source: Path) -> tuple[tuple[str, ...], ...]:
    program, database = str(Path(sys.executable).with_name("sqlite-utils")), f"{folder}/theirs.db"
    return (
        (program, "insert", database, "customer", str(source), "--csv"),
        (program, "enable-fts", database, "customer", *_HEADERS[:4]),
    )


def _process(*words: str) -> tuple[float, float]:
    """Seconds and megabytes of a command that must succeed."""
    began = perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return perf_counter() - began, used.ru_maxrss / 1024
