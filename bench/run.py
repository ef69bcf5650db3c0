"""Run the bench modules, print their figures and write them to ``bench/results.md``.

``python -m bench.run`` runs every module of this folder that has ``run() -> list[Figure]``, each
in a process of its own; ``python -m bench.run lookup table`` runs those, and leaves the sections
of the others in the results as they are. A number that misses its bar is printed as it is. The
exit code is 1 only when a module could not be measured.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import platform
import re
import sqlite3
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.figure import Figure

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.md"
NOT_BENCHES = {"__init__", "figure", "run"}
LIBRARIES = (
    *("textual", "rich", "typer", "sqlmodel", "sqlalchemy", "polars", "plotext", "psycopg"),
    *("numpy", "scipy"),
)


def topics() -> list[str]:
    """The names of the modules of this folder that define ``run``."""
    return sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if path.stem not in NOT_BENCHES
        and re.search(r"^def run\(", path.read_text("utf-8"), re.MULTILINE)
    )


def measure(topic: str) -> list[Figure]:
    """The figures of one module, run in a fresh process so that none warms another up."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, topic).result()


def _run(topic: str) -> list[Figure]:
    figures: list[Figure] = importlib.import_module(f"bench.{topic}").run()
    return figures


def machine() -> list[str]:
    """CPU, cores, memory, system, and the versions of what is measured, a line each."""
    cpu = _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        + ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
    ]


def _field(file: str, name: str) -> str:
    """The first ``name : value`` of a ``/proc`` file; empty where there is none."""
    try:
        text = Path(file).read_text("utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "–"


def table(figures: list[Figure]) -> list[str]:
    """The figures as a Markdown table."""
    verdicts = {True: "yes", False: "**no**", None: ""}
    rows = [
        f"| {figure.name} | {_number(figure.value)} {figure.unit} | {figure.bar} "
        f"| {verdicts[figure.ok]} | {figure.note} |"
        for figure in figures
    ]
    return ["| what | measured | bar | kept | how |", "|---|---:|---|---|---|", *rows]


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def section(topic: str, figures: list[Figure], seconds: float) -> str:
    """The part of the results that belongs to ``topic``."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return "\n".join(
        [f"## {topic}", "", f"Measured {when} in {seconds:.0f} s.", "", *table(figures), ""]
    )


def write_results(fresh: dict[str, str]) -> None:
    """Put the fresh sections into the results; the others stay."""
    text = RESULTS.read_text("utf-8") if RESULTS.exists() else ""
    kept = {
        part.split("\n", 1)[0]: "## " + part for part in re.split(r"^## ", text, flags=re.M)[1:]
    }
    sections = {name: part.strip() for name, part in (kept | fresh).items() if name in topics()}
    head = ["# What was measured", "", "Made by `make bench`.", ""]
    head += [f"- {line}" for line in machine()]
    parts = [sections[name] for name in sorted(sections)]
    RESULTS.write_text("\n\n".join(["\n".join(head), *parts]) + "\n", "utf-8")


def main(names: list[str]) -> int:
    """Measure ``names``, or everything; returns the exit code."""
    unknown = sorted(set(names) - set(topics()))
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(topics())}")
        return 2
    fresh: dict[str, str] = {}
    failed: list[str] = []
    print("\n".join(machine()))
    for topic in names or topics():
        begun = time.perf_counter()
        try:
            figures = measure(topic)
        except Exception:  # noqa: BLE001  (one bench must not stop the others)
            traceback.print_exc()
            failed.append(topic)
            continue
        fresh[topic] = section(topic, figures, time.perf_counter() - begun)
        print(f"\n{fresh[topic]}", flush=True)
    write_results(fresh)
    if failed:
        print(f"could not be measured: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
