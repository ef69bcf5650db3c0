"""``crm-tui`` without a verb: the console."""

from __future__ import annotations

import gc
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.cli._run import Caller
    from crm_tui.screens.console import Visit


def run_console(caller: Caller, first: Visit | None = None) -> None:
    """Show the console on the caller's database until it is left; ``first`` is where it begins.

    Raises ``CrmError`` where there is no terminal, the settings file is wrong, or the database
    can't be opened.
    """
    from crm_tui.config import load_config
    from crm_tui.core.errors import Refused
    from crm_tui.core.language import _, choose_language, set_language

    # Nothing that is imported at the start is ever garbage; looking for it costs a tenth of the
    # time to the first rows. The console switches collection on again once it is open.
    gc.disable()
    # Where hanging up is ignored (nohup, some multiplexers), a console whose terminal has gone
    # would read its end for ever.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    config = load_config()
    set_language(choose_language(caller.language or config.language))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(why=_("the console needs a terminal; scripts use the commands, see --help"))

    # What was read is painted at Textual's next tick: at its usual 60 a second, up to 17 ms later.
    os.environ.setdefault("TEXTUAL_FPS", "500")
    from crm_tui.app import ConsoleApp
    from crm_tui.screens.console import Opening
    from crm_tui.screens.desk import open_desk

    opening = Opening()
    login = caller.login or config.login
    opened = partial(open_desk, caller.database, login, opening.tell)
    app = ConsoleApp(opened, config, first, opening)
    app.run()
    if app.failure is not None:
        raise app.failure
