"""Reconciling a bill of 200,000 lines with a month of 200,000 payments, by command.

WeChat's merchant bill, 58 MB, of a month of which the books know nearly everything: 1 line in 100
is only in the bill, 1 in 500 differs, 1 in 50 payments was booked without its number. The command
is a process of its own, whose memory is measured; beside it stands how long reading the file with
Python's ``csv`` alone takes. Meanwhile another process takes orders through their whole life.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from time import perf_counter

from sqlmodel import SQLModel

from bench.actions import at, order_life, people
from bench.figure import Figure
from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE
from crm_tui.services.upkeep.opening import open_studio

LINES = 200_000
SECONDS, MEGABYTES = 30.0, 600.0
START = datetime(2026, 8, 31, 16, tzinfo=UTC)
LIVES = 40
TIMEOUT = 900
HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)

Moved = tuple[datetime, str, str, int, int]
"""When, the channel's number, the merchant's number, fen that came, fen that went."""


def month() -> Iterator[Moved]:
    """What moved in September, in the order in which it did."""
    chance = Random(9)
    for number in range(LINES):
        when = START + timedelta(seconds=number * 30 * 86_400 // LINES)
        fen = chance.randrange(30, 300) * 100
        name = f"{number:018d}"
        if number % 20 == 19:
            yield when, f"50000018{name}", f"back{number}", 0, fen
        else:
            yield when, f"42000018{name}", f"pay{number}", fen, 0


def write_bill(path: Path) -> None:
    """The bill of the month."""
    came = gave = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(HEADER + "\r\n")
        for when, no, merchant_no, paid, back in month():
            came, gave = came + paid, gave + back
            state, refund = ("REFUND", no) if back else ("SUCCESS", "0")
            local = when + timedelta(hours=8)
            cells = (
                f"{local:%Y-%m-%d %H:%M:%S}", "wx0123456789abcdef", "1600000000", "0", "",
                f"42000018{no[8:]}", merchant_no, f"oUpF8uMuAJO_M2pxb1Q{no[-9:]}", "JSAPI", state,
                "OTHERS", "CNY", f"{paid / 100:.2f}", "0.00", refund, merchant_no if back else "0",
                f"{back / 100:.2f}", "0.00", "", "", "陪玩,双排", "", f"{paid * 6 / 100_000:.5f}",
                "0.60%", f"{paid / 100:.2f}", f"{back / 100:.2f}", "",
            )  # fmt: skip
            stream.write(",".join("`" + cell for cell in cells) + "\r\n")
        stream.write("总交易单数,应结订单总金额,退款总金额\r\n")
        stream.write(f"`{LINES},`{came / 100:.2f},`{gave / 100:.2f}\r\n")


def write_books(database: Path, customer: int) -> None:
    """The same month as the books have it."""
    store = open_studio(database)
    names = ("customer_id", "kind", "channel", "amount_fen", "external_ref", "paid_at")
    rows = (
        (
            customer,
            PaymentKind.REFUND if back else PaymentKind.PAYMENT,
            PayChannel.WECHAT,
            (paid or back) + (100 if number % 500 == 3 else 0),
            None if number % 50 == 1 else no,
            when + timedelta(minutes=2),
        )
        for number, (when, no, _merchant_no, paid, back) in enumerate(month())
        if number % 100
    )
    with store.write(SYSTEM) as work:
        work.store.dialect.insert_rows(
            work.session,
            SQLModel.metadata.tables["payment"],
            names,
            rows,
            same={"store_id": MAIN_STORE, "taken_by": "bench"},
        )
    store.close()


def run() -> list[Figure]:
    """The measured numbers."""
    with tempfile.TemporaryDirectory() as folder:
        database, bill = Path(folder) / "studio.db", Path(folder) / "bill.csv"
        customers, companions, game = people(database)
        write_bill(bill)
        write_books(database, customers[0])
        alone = _csv_alone(bill)
        quiet = _others(database, customers[1], companions[1], game)
        seconds, megabytes, busy = _reconcile(database, bill, customers[1], companions[1], game)
        again, _memory, _waits = _reconcile(database, bill, customers[1], companions[1], game)
    note = f"{LINES:,} lines against {LINES:,} payments, SQLite, `money reconcile FILE --json`"
    return [
        Figure("reconcile a bill", seconds, "s", f"≤ {SECONDS:.0f}", seconds <= SECONDS, note),
        Figure("the same bill again", again, "s", note="every line is known; nothing changes"),
        Figure(
            "memory of the command",
            megabytes,
            "MB",
            f"≤ {MEGABYTES:.0f}",
            megabytes <= MEGABYTES,
            "at its most",
        ),
        Figure("reconcile, times csv alone", seconds / alone, "×", note="Python's csv.reader"),
        Figure("order action meanwhile, p95", at(busy, 0.95) * 1000, "ms", note=note),
        Figure("order action, nobody else, p95", at(quiet, 0.95) * 1000, "ms"),
    ]


def _csv_alone(bill: Path) -> float:
    began = perf_counter()
    with bill.open(encoding="utf-8", newline="") as stream:
        assert sum(1 for _row in csv.reader(stream)) == LINES + 3
    return perf_counter() - began


def _others(database: Path, customer: int, companion: int, game: int) -> list[float]:
    store = open_studio(database)
    waits = [
        wait for _ in range(LIVES // 4) for wait in order_life(store, customer, companion, game)
    ]
    store.close()
    return sorted(waits)


def _reconcile(
    database: Path, bill: Path, customer: int, companion: int, game: int
) -> tuple[float, float, list[float]]:
    """Seconds and megabytes of the command, and how long each action beside it took."""
    context = multiprocessing.get_context("spawn")
    over, waits = context.Event(), context.Queue()
    beside = context.Process(
        target=_beside, args=(database, customer, companion, game, over, waits)
    )
    beside.start()
    waits.get(timeout=TIMEOUT)  # it has begun
    began = perf_counter()
    words = ("--db", str(database), "money", "reconcile", str(bill), "--json")
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words], env=os.environ, capture_output=True, check=True
    )
    seconds = perf_counter() - began
    over.set()
    busy = waits.get(timeout=TIMEOUT)
    beside.join()
    return seconds, int(measured.stderr.split()[-1]) / 1024, sorted(busy)


_MEASURED = (
    "import sys, resource; from crm_tui.cli.main import main\n"
    "try: main()\n"
    "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
)


def _beside(
    database: Path, customer: int, companion: int, game: int, over: Event, waits: Queue[list[float]]
) -> None:
    store = open_studio(database)
    known = list(order_life(store, customer, companion, game))
    waits.put(known)
    waited: list[float] = []
    while not over.is_set():
        waited += order_life(store, customer, companion, game)
    waits.put(waited)
    store.close()
