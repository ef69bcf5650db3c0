"""The user's own settings: one TOML file, and ``CRM_TUI_*`` variables above it.

They say how this person's console looks and which keys it has; what the studio has agreed on
lies in its database. The standard library reads them, because the first frame waits for it::

    language = "zh"          # or "en"
    theme = "dark"           # "light", "ansi"
    bell = false             # ring at an alarm
    login = "客服A"           # whose name the actions carry

    [keys]                   # command = keys parted by commas; see ? for the commands
    "order.assign" = "a,f2"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm_tui.core.errors import FileProblem, Invalid, os_reason
from crm_tui.core.language import LANGUAGES, N_, _, joined

THEMES = ("dark", "light", "ansi")
FILE_NAME = "config.toml"
_SWITCH = {"1": True, "true": True, "yes": True, "on": True}
_SWITCH |= {"0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Config:
    """How this person's console looks and which keys it has."""

    language: str | None = None
    """``zh`` or ``en``; none: the environment's."""
    theme: str = "dark"
    bell: bool = False
    login: str = ""
    """Whose name the actions carry; empty: the system's user."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Command id → keys parted by commas, where they differ from the built-in ones."""


def config_file() -> Path:
    """Where the file lies: ``CRM_TUI_CONFIG``, or the user's configuration folder."""
    if named := os.environ.get("CRM_TUI_CONFIG"):
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("crm-tui") / FILE_NAME


def load_config(file: Path | None = None) -> Config:
    """The settings in force; a missing file means the built-in ones.

    Raises ``FileProblem`` where the file can't be read or is not TOML, ``Invalid`` for a value
    that can't be.
    """
    return _checked(_read(file or config_file()) | _from_environment())


def save_config(changes: Mapping[str, Any], file: Path | None = None) -> Config:
    """Write ``changes`` to the file (mode 0600), keep its other values, and give what holds now.

    Raises what :func:`load_config` raises.
    """
    file = file or config_file()
    config = _checked(_read(file) | dict(changes))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(_as_toml(config))
        beside.replace(file)
    except OSError as error:
        raise FileProblem(file=file, why=os_reason(error)) from error
    return config


def _read(file: Path) -> dict[str, Any]:
    """What the file says; a missing one says nothing."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileProblem(file=file, why=os_reason(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileProblem(file=file, why=str(error)) from error


def _from_environment() -> dict[str, Any]:
    names = {"CRM_TUI_LANG": "language", "CRM_TUI_THEME": "theme"}
    names |= {"CRM_TUI_BELL": "bell", "CRM_TUI_LOGIN": "login"}
    return {field: os.environ[name] for name, field in names.items() if os.environ.get(name)}


def _checked(values: Mapping[str, Any]) -> Config:
    for name in values:
        if name not in _READERS:
            raise Invalid(field=name, value=values[name], expected=joined(_READERS))
    return Config(**{name: _READERS[name](name, value) for name, value in values.items()})


def _one_of(*allowed: str) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if value not in allowed:
            raise Invalid(field=name, value=value, expected=joined(allowed))
        return str(value)

    return read


def _switch(name: str, value: Any) -> bool:
    known = value if isinstance(value, bool) else _SWITCH.get(str(value).lower())
    if known is None:
        raise Invalid(field=name, value=value, expected="true, false")
    return known


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid(field=name, value=value, expected=_(N_("a text")))
    return value


def _keymap(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(keys, str) for keys in value.values()):
        raise Invalid(field=name, value=value, expected='"order.assign" = "a,f2"')
    return dict(value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "language": _one_of(*LANGUAGES),
    "theme": _one_of(*THEMES),
    "bell": _switch,
    "login": _text,
    "keys": _keymap,
}
"""How each value of the file is checked."""


def _as_toml(config: Config) -> str:
    lines = [f"language = {_quoted(config.language)}"] if config.language else []
    lines += [f"theme = {_quoted(config.theme)}", f"bell = {str(config.bell).lower()}"]
    lines += [f"login = {_quoted(config.login)}"] if config.login else []
    lines += ["", "[keys]"]
    lines += [f"{_quoted(name)} = {_quoted(keys)}" for name, keys in config.keys.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string; control characters can't stand in one as they are."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in plain) + '"'
