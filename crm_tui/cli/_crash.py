"""What happens when the program itself is wrong: written down, told in one line."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

from crm_tui import __version__
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_
from crm_tui.places import crash_log


class ProgramFault(CrmError):
    """An error of the program, not of its user."""

    code = "program"
    template = N_("The program made a mistake ({kind}). Nothing half-done was kept; details: {log}")


def write_down(error: Exception) -> ProgramFault:
    """Append the traceback, without the values of variables, to the log; answer what to say."""
    log = crash_log()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat()} crm-tui {__version__}\n")
            stream.write("".join(traceback.format_exception(error)) + "\n")
    except OSError as failed:
        return ProgramFault(kind=type(error).__name__, log=failed.strerror)
    return ProgramFault(kind=type(error).__name__, log=log)
