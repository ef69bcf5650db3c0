"""The console when it can't begin, or go on: one clear line on a clean terminal, exit 1."""

from __future__ import annotations

import os
import re
from pathlib import Path
from select import select

import pytest

from tests.acceptance.terminal import LONGEST_WAIT, Terminal

pytestmark = pytest.mark.pty


def last_words(terminal: Terminal) -> list[str]:
    """What was written after the console gave the terminal back (or before it took it)."""
    terminal.wait(lambda _text: not terminal.child.isalive())
    terminal.read()
    left = terminal.written.rpartition(b"\x1b[?1049l")[2].decode()
    plain = re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", left)
    return [line.strip() for line in plain.splitlines() if line.strip()]


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.db"
    foreign.write_text("Dear Sir, this is not a database. " * 100)
    terminal = Terminal("--db", str(foreign), folder=tmp_path, columns=200)
    (words,) = last_words(terminal)
    assert "letter.db" in words
    terminal.child.close()
    assert terminal.child.exitstatus == 1
    assert b"Traceback" not in terminal.written


def test_a_wrong_settings_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('theme = "pink"')
    terminal = Terminal("--db", str(tmp_path / "studio.db"), folder=tmp_path, columns=200)
    (words,) = last_words(terminal)
    assert "pink" in words and "dark, light, ansi" in words
    terminal.child.close()
    assert terminal.child.exitstatus == 1
    assert not (tmp_path / "studio.db").exists()


def test_a_console_ends_with_its_terminal_also_where_hanging_up_is_ignored(tmp_path: Path) -> None:
    terminal = Terminal("--db", str(tmp_path / "studio.db"), folder=tmp_path, ignore_sighup=True)
    terminal.wait_for("No orders.")
    ended = os.pidfd_open(terminal.child.pid)
    terminal.child.ptyproc.fileobj.close()
    assert select([ended], [], [], LONGEST_WAIT)[0], "it goes on without a terminal"
    os.close(ended)
