"""``init``, ``settings``, ``events``, ``backup``, ``restore``, ``doctor`` as scripts use them."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import IO

from tests.command import PATIENCE, Answer, arguments, crm, surroundings


def test_init_makes_a_database_once(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "studio.db"
    first, again = (crm(file, "init", "--json").document for _ in range(2))
    assert first == {"database": str(file), "created": True, "revision": first["revision"]}
    assert again == {**first, "created": False}
    assert file.stat().st_mode & 0o777 == 0o600


def test_settings_are_set_read_and_listed(sqlite_url: str) -> None:
    key = "store.business_day_start"
    assert crm(sqlite_url, "settings", "get", key).out == "06:00\n"
    done = crm(sqlite_url, "settings", "set", key, "00:00", "--json")
    assert done.document == {"key": key, "value": "00:00"}
    assert crm(sqlite_url, "settings", "get", key, "--json").document["value"] == "00:00"
    listed = {row["key"]: row for row in _listed(sqlite_url)}
    assert listed[key]["value"] == "00:00" and listed[key]["default"] == "06:00"


def _listed(database: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = crm(database, "settings", "list", "--json").document["settings"]
    return rows


def test_a_setting_with_a_key_is_set_once(sqlite_url: str) -> None:
    name = "store.name"
    crm(sqlite_url, "settings", "set", name, "first", "--key", "k")
    crm(sqlite_url, "settings", "set", name, "second")
    again = crm(sqlite_url, "settings", "set", name, "first", "--key", "k", "--json")
    assert again.document["value"] == "first"
    assert crm(sqlite_url, "settings", "get", name).out == "second\n"


def test_a_dry_run_sets_nothing(sqlite_url: str) -> None:
    crm(sqlite_url, "settings", "set", "store.name", "x", "--dry-run")
    assert crm(sqlite_url, "settings", "get", "store.name").out == "\n"


def _events(answer: Answer) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.out.splitlines()]


def test_events_are_one_json_document_a_line(sqlite_url: str) -> None:
    for name in ("one", "two", "three"):
        crm(sqlite_url, "settings", "set", "store.name", name)
    events = _events(crm(sqlite_url, "events", "--store", "0"))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events[-3:]] == ["setting.changed"] * 3
    assert _events(crm(sqlite_url, "events", "--after", str(len(events) - 1))) == events[-1:]


class Follower:
    """``events --follow``, read line by line."""

    def __init__(self, database: str, *words: str) -> None:
        self.process = subprocess.Popen(
            arguments(database, "events", "--follow", *words),
            env=surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def out(self) -> IO[str]:
        assert self.process.stdout
        return self.process.stdout

    def next(self) -> dict[str, object]:
        """The next event; waits for it."""
        event: dict[str, object] = json.loads(self.out.readline())
        return event

    def ended(self) -> tuple[int, str]:
        """The exit code, and what was complained of."""
        assert self.process.stderr
        said = self.process.stderr.read()
        return self.process.wait(PATIENCE), said


def test_a_follower_sees_what_others_do_and_ends_on_ctrl_c(sqlite_url: str) -> None:
    before = len(_events(crm(sqlite_url, "events")))
    follower = Follower(sqlite_url)
    assert [follower.next()["seq"] for _ in range(before)][-1] == before
    for name in ("one", "two"):
        crm(sqlite_url, "settings", "set", "store.name", name)
        event = follower.next()
        assert (event["kind"], event["ref"]) == ("setting.changed", "store.name")
        assert event["data"]["after"] == name  # type: ignore[index]
    follower.process.send_signal(signal.SIGINT)
    assert follower.ended() == (0, "")


def test_a_follower_ends_when_nobody_reads(sqlite_url: str) -> None:
    follower = Follower(sqlite_url)
    follower.next()
    follower.out.close()
    assert follower.ended() == (0, "")


def test_a_listing_that_is_cut_short_is_no_error(sqlite_url: str) -> None:
    command = " ".join(arguments(sqlite_url, "events")) + " | true"
    done = subprocess.run(
        ["sh", "-c", command], env=surroundings(), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_a_back_up_is_restored_by_command(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    crm(sqlite_url, "settings", "set", "store.name", "before")
    made = crm(sqlite_url, "backup", copy, "--json").document
    assert made["file"] == str(copy) and made["verified"] is True
    assert made["bytes"] == copy.stat().st_size
    crm(sqlite_url, "settings", "set", "store.name", "after")

    restored = crm(sqlite_url, "restore", copy, "--json").document

    assert restored["verified"] is True and Path(restored["kept"]).exists()
    assert crm(sqlite_url, "settings", "get", "store.name").out == "before\n"


def test_the_doctor_answers_by_exit_code_and_document(sqlite_url: str, tmp_path: Path) -> None:
    healthy = crm(sqlite_url, "doctor", "--json")
    assert healthy.code == 0 and healthy.document["ok"] is True
    assert {check["name"] for check in healthy.document["checks"]} > {"events.chain"}
    ill = crm(tmp_path / "nothing.db", "doctor", "--json")
    assert ill.code == 1 and ill.document["ok"] is False
