"""Notes, tasks and templates as scripts use them; hostile texts come out harmlessly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import (
    acting_characters,
    arguments,
    assert_clear,
    assert_clear_json,
    crm,
    on_terminal,
)

HOSTILE = "[bold]\x1b]52;c;aGk=\x07\x1b[6n\u202ea" + "夜" * 3_000


@pytest.fixture
def studio(sqlite_url: str) -> str:
    crm(sqlite_url, "customers", "add", "--nick", "小鱼干", "--phone", "13800138000")
    return sqlite_url


def test_a_contact_is_noted_listed_changed_and_taken_away(studio: str, tmp_path: Path) -> None:
    picture = tmp_path / "chat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    words = ("customers", "note", "13800138000", "wants 鹿鹿", "--channel", "wechat")
    more = ("--direction", "inbound", "--attach", picture, "--at", "-2h", "--json")
    noted = crm(studio, *words, *more).document["interaction"]
    assert (noted["channel"], noted["direction"]) == ("wechat", "inbound")
    assert noted["at"] < noted["noted_at"]
    (file,) = noted["attachments"]
    assert (file["name"], file["media_type"], file["bytes"]) == ("chat.png", "image/png", 8)

    saved = crm(studio, "customers", "attachment", file["id"], "--to", tmp_path / "out.png")
    assert saved.code == 0 and (tmp_path / "out.png").read_bytes() == picture.read_bytes()
    assert_clear(crm(studio, "customers", "attachment", file["id"], "--to", tmp_path / "out.png"))

    number = noted["id"]
    edited = crm(studio, "customers", "edit-note", number, "--text", "wants 夜", "--json").document
    assert (edited["interaction"]["summary"], edited["interaction"]["version"]) == ("wants 夜", 2)
    listed = crm(studio, "customers", "notes", "小鱼干", "--limit", 1, "--json").document
    assert [each["id"] for each in listed["interactions"]] == [number]
    assert crm(studio, "customers", "unnote", number).code == 0
    kept = [each for each in Path(f"{studio}.attachments").rglob("*") if each.is_file()]
    assert kept == [], "the file goes with its last note"
    assert crm(studio, "customers", "notes", "小鱼干", "--json").document == {
        "interactions": [],
        "next": None,
    }
    assert crm(studio, "customers", "collect", "--json").document == {"collected": 0}
    assert crm(studio, "doctor").code == 0


def test_the_same_key_notes_once(studio: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x")
    words = ("customers", "note", "小鱼干", "once", "--attach", file, "--key", "k1", "--json")
    assert crm(studio, *words).document == crm(studio, *words).document
    listed = crm(studio, "customers", "notes", "小鱼干", "--json").document
    assert len(listed["interactions"]) == 1
    assert assert_clear_json(crm(studio, *words[:3], "other", *words[4:]))["code"] == "conflict"


def test_a_dry_run_keeps_nothing(studio: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x")
    tried = crm(studio, "customers", "note", "小鱼干", "x", "--attach", file, "--dry-run", "--json")
    assert tried.document["dry_run"] is True
    assert crm(studio, "customers", "notes", "小鱼干", "--json").document["interactions"] == []
    assert not [each for each in Path(f"{studio}.attachments").rglob("*") if each.is_file()]


def test_a_template_is_filled_and_refused_where_it_is_wrong(studio: str) -> None:
    assert crm(studio, "templates", "add", "ask", "{nick}, how was it?").code == 0
    assert_clear(crm(studio, "templates", "add", "bad", "{nick.__class__}"))
    listed = crm(studio, "templates", "list", "--json").document
    assert listed["templates"] == [{"name": "ask", "body": "{nick}, how was it?"}]
    assert "nick" in listed["places"]
    noted = crm(
        studio, "customers", "note", "小鱼干", "5/5", "--template", "ask", "--json"
    ).document
    assert noted["interaction"]["summary"] == "小鱼干, how was it? 5/5"
    crm(studio, "templates", "edit", "ask", "--name", "asked")
    assert crm(studio, "templates", "remove", "asked").code == 0
    assert_clear(crm(studio, "customers", "note", "小鱼干", "--template", "asked"))


def test_who_wants_no_contact_is_not_contacted_by_command(studio: str) -> None:
    crm(studio, "customers", "edit", "小鱼干", "--do-not-contact")
    words = ("customers", "note", "小鱼干", "come back", "--direction", "outbound", "--json")
    error = assert_clear_json(crm(studio, *words))
    assert (error["code"], error["reason"]) == ("refused", "do_not_contact")


def test_a_task_goes_through_its_life_by_command(studio: str) -> None:
    words = ("tasks", "add", "call", "--customer", "小鱼干", "--due", "tomorrow 18:00", "--json")
    task = crm(studio, *words).document["task"]
    number = task["id"]
    assert task["due_at"].endswith("T18:00:00+08:00")
    assert (task["state"], task["overdue"]) == ("open", False)
    assert crm(studio, "tasks", "snooze", number, "+3h", "--json").document["task"]["snoozed_until"]
    assert assert_clear_json(crm(studio, "tasks", "handover", number, "nobody", "--json"))[
        "code"
    ] == ("not_found")
    assert [each["id"] for each in crm(studio, "tasks", "list", "--json").document["tasks"]] == [
        number
    ]
    done = crm(studio, "tasks", "done", number, "--outcome", "she comes", "--json").document
    assert (done["task"]["state"], done["task"]["outcome"]) == ("done", "she comes")
    error = assert_clear_json(crm(studio, "tasks", "drop", number, "--json"))
    assert (error["code"], error["status"], error["allowed"]) == ("not_allowed", "done", ["open"])
    assert crm(studio, "tasks", "list", "--json").document == {"tasks": []}
    of = crm(studio, "tasks", "list", "--customer", "小鱼干", "--json").document["tasks"]
    assert [each["state"] for each in of] == ["done"]
    assert crm(studio, "tasks", "reopen", number, "--json").document["task"]["state"] == "open"
    assert_clear(crm(studio, "tasks", "add", "x", "--due", "sometime"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_texts_come_out_harmlessly(studio: str, tmp_path: Path, language: str) -> None:
    file = tmp_path / "\x1b[6n\u202egnp.exe"
    file.write_bytes(b"x")
    assert crm(studio, "customers", "note", "小鱼干", HOSTILE, "--attach", file).code == 0
    assert (
        crm(studio, "tasks", "add", "\x1b[2J\u202e", "--customer", "小鱼干", "--why", HOSTILE).code
        == 0
    )
    assert crm(studio, "templates", "add", "\x1b[6n", "\u202e\x9b").code == 0
    for words in (
        ("customers", "notes", "小鱼干"),
        ("tasks", "list"),
        ("tasks", "done", "1"),
        ("templates", "list"),
        ("customers", "attachment", "1", "--to", tmp_path),
        ("customers", "note", "小鱼干", "x", "--attach", f"{file}.no"),
        ("customers", "notes", "小鱼干", "--json"),
    ):
        _code, sent = on_terminal(arguments(studio, *words), CRM_TUI_LANG=language)
        assert acting_characters(sent) == [], words
