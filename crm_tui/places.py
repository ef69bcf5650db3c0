"""Where this user's files lie: data, logs. Folders are made when first written to."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("crm-tui", appauthor=False)


def data_folder() -> Path:
    """Databases and attachments; ``CRM_TUI_DATA`` overrides it."""
    return Path(os.environ.get("CRM_TUI_DATA") or _DIRS.user_data_dir)


def default_database() -> str:
    """The database that is used where none is named: ``CRM_TUI_DB``, else a file of the user's."""
    return os.environ.get("CRM_TUI_DB") or str(data_folder() / "studio.db")


def demo_database() -> Path:
    """The database of the demo studio."""
    return data_folder() / "demo.db"


def exports_folder() -> Path:
    """Where the console writes exports; ``CRM_TUI_EXPORTS`` overrides it.

    Among the user's documents and not in the data folder: they are the user's to keep or throw
    away, and what is erased in the studio is not looked for in them.
    """
    named = os.environ.get("CRM_TUI_EXPORTS")
    return Path(named) if named else Path(_DIRS.user_documents_dir) / "crm-tui"


def crash_log() -> Path:
    """Where an error of the program itself is written down."""
    return Path(_DIRS.user_log_dir) / "crash.log"
