"""What a command reads: a file, or what is typed or piped into it."""

from __future__ import annotations

import sys
from pathlib import Path

from crm_tui.core.errors import FileProblem, os_reason


def read_bytes(file: str, most: int) -> bytes:
    """Up to ``most`` bytes of a file; ``-`` is stdin. Raises :class:`FileProblem`."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(most)
        with Path(file).open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise FileProblem(file=file or "“”", why=os_reason(error)) from error
