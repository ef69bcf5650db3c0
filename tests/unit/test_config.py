"""The user's settings file: read, checked, written privately."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crm_tui.config import Config, load_config, save_config
from crm_tui.core.errors import FileProblem, Invalid


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANG", "THEME", "BELL", "LOGIN"):
        monkeypatch.delenv(f"CRM_TUI_{name}", raising=False)
    return tmp_path / "folder" / "config.toml"


def test_a_missing_file_means_the_built_in_settings(file: Path) -> None:
    assert load_config(file) == Config()


def test_what_is_written_is_read_again_and_private(file: Path) -> None:
    keys = {"order.assign": 'a,"', "order.finish": "f\\"}
    written = save_config({"theme": "light", "login": "客服A", "bell": True, "keys": keys}, file)
    assert load_config(file) == written
    assert written == Config(theme="light", login="客服A", bell=True, keys=keys)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert save_config({"theme": "ansi"}, file).keys == keys


def test_the_environment_stands_above_the_file_and_does_not_leak_into_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_config({"theme": "light"}, file)
    monkeypatch.setenv("CRM_TUI_THEME", "ansi")
    assert load_config(file).theme == "ansi"
    save_config({"bell": True}, file)
    monkeypatch.delenv("CRM_TUI_THEME")
    assert load_config(file) == Config(theme="light", bell=True)


@pytest.mark.parametrize(
    "text",
    [
        'theme = "pink"',
        'language = "fr"',
        'bell = "perhaps"',
        "login = 7",
        "colour = 1",
        'keys = "a"',
        "[keys]\na = 1",
    ],
)
def test_a_wrong_value_is_one_clear_sentence(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    with pytest.raises(Invalid) as wrong:
        load_config(file)
    assert "\n" not in wrong.value.message()


@pytest.mark.parametrize("data", [b"theme = ", b"\xff\xfe", b"[keys\n"])
def test_a_file_that_is_not_toml_is_named(file: Path, data: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(data)
    with pytest.raises(FileProblem) as wrong:
        load_config(file)
    assert "config.toml" in wrong.value.message()


def test_a_folder_in_its_place_is_named(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(FileProblem):
        load_config(file)
    with pytest.raises(FileProblem):
        save_config({"bell": True}, file)
