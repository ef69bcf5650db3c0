"""``crm-tui demo`` as a newcomer meets it, and the second process that keeps the evening going."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.events import heads
from tests.acceptance.terminal import LONGEST_WAIT, Terminal
from tests.command import crm

pytestmark = pytest.mark.pty


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Terminal]:
    """The live demo, with its board on the screen."""
    terminal = Terminal("demo", "--live", "--size", "small", folder=tmp_path)
    terminal.wait(lambda shown: "青柠电竞" in shown.replace(" ", "") and "Serving" in shown)
    yield terminal
    terminal.child.close(force=True)


def children_of(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that still run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in map(int, listed) if is_running(child)]


def is_running(pid: int) -> bool:
    """Whether ``pid`` is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def has_ended(pid: int) -> bool:
    end = monotonic() + LONGEST_WAIT
    while is_running(pid) and monotonic() < end:
        pass
    return not is_running(pid)


def test_the_live_demo_moves_on_by_itself_and_ends_with_the_console(
    console: Terminal, tmp_path: Path
) -> None:
    (player,) = children_of(console.child.pid)
    store = open_studio(tmp_path / "demo.db")

    def events() -> int:
        with store.read() as work:
            return sum(heads(work.session).values())

    before = events()
    console.wait(lambda shown: events() > before + 2)
    store.close()
    assert console.close() == 0
    assert has_ended(player)


def test_the_player_leaves_when_the_console_is_killed(console: Terminal) -> None:
    (player,) = children_of(console.child.pid)
    console.child.kill(9)
    console.child.close()
    assert has_ended(player)


def test_without_a_terminal_the_studio_is_made_and_the_console_refused(tmp_path: Path) -> None:
    answer = crm(tmp_path / "demo.db", "demo", "--size", "small")
    assert answer.code == 1
    assert "terminal" in answer.err
    assert "Traceback" not in answer.err
    doctor = crm(tmp_path / "demo.db", "doctor", "--json").document
    assert doctor["ok"], doctor


def test_a_studio_of_its_own_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "studio.db"
    assert crm(database, "customers", "add", "--nick", "老白").code == 0
    answer = crm(database, "demo", "--reset", "--size", "small", "--no-console")
    assert answer.code == 1
    assert "never touches" in answer.err
    assert crm(database, "customers", "find", "老白", "--json").document["customers"]
