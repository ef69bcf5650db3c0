"""``crm-tui``: the console without a verb, a command with one.

The groups are imported when they are used, so that ``--help`` and every command start fast.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from crm_tui.cli._frame import HELP, OurContext, say_refusal, speak, speak_titles
from crm_tui.core.errors import CrmError, FileProblem, Invalid, os_reason
from crm_tui.core.language import N_, _, choose_language, set_language

GROUPS: dict[str, tuple[str, str]] = {
    "init": ("upkeep", N_("Make the database, or bring an old one up to date.")),
    "demo": ("demo", N_("The console on a demo studio in the middle of its evening.")),
    "customers": ("customers", N_("Find, show, add, edit and tag customers.")),
    "companions": ("companions", N_("The companions and their presence.")),
    "orders": ("orders", N_("Orders through their whole life.")),
    "dispatch": ("dispatch", N_("Who should serve an order, and why.")),
    "replay": ("replay", N_("The order board as it was at a past minute.")),
    "inbox": ("inbox", N_("Everything that waits for somebody, the most urgent first.")),
    "risk": ("risk", N_("Signs of trouble: those seen, and looking for more.")),
    "tasks": ("tasks", N_("What is to be done, by whom, until when.")),
    "templates": ("templates", N_("The texts that notes begin with.")),
    "import": ("imports", N_("Read Excel and CSV files; undo a whole import.")),
    "export": ("exports", N_("Write what is stored to Excel, CSV, Parquet or JSON.")),
    "money": ("money", N_("The books: balances, ledgers, settlement, bills, split rules.")),
    "report": ("reports", N_("The studio's figures.")),
    "goals": ("goals", N_("What is aimed at; report kpi tells how far it is.")),
    "figures": ("figures", N_("The copy that the figures are read from.")),
    "tags": ("tags", N_("Tags of customers, and the rules by which some come and go.")),
    "fields": ("fields", N_("The studio's own fields of customers, companions and orders.")),
    "views": ("views", N_("Filters of lists, kept under a name.")),
    "members": ("members", N_("Stored value and membership: top-ups, levels, what is owed.")),
    "bulk": ("bulk", N_("Actions on many customers: what was done, and undoing it.")),
    "settings": ("settings", N_("The studio's settings.")),
    "worker": ("worker", N_("See to the clocks, and send the reports that fall due.")),
    "events": ("events", N_("The event log, one JSON event a line.")),
    "backup": ("upkeep", N_("Write a verified copy of the database.")),
    "restore": ("upkeep", N_("Put a back-up in place of the database.")),
    "doctor": ("upkeep", N_("Prove that records, states and look-ups agree.")),
}
"""What can follow ``crm-tui``: the file it lies in, and one line of help."""

HIDDEN: dict[str, tuple[str, str]] = {"demo-play": ("demo", "")}
"""Verbs that the program calls by itself."""

_TAKES_NO_MORE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What the system says of writing to an open file that can't be written any more."""


class LazyGroup(TyperGroup):
    """Knows its verbs from the table above and imports a verb's file when it is asked for."""

    context_class = OurContext

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _(HELP)
        return option

    def list_commands(self, ctx: Any) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in GROUPS and cmd_name not in HIDDEN:
            return None
        file, help_text = GROUPS.get(cmd_name) or HIDDEN[cmd_name]
        if _listing_help():
            return typer.core.TyperCommand(cmd_name, help=_(help_text), short_help=_(help_text))
        module = import_module(f"crm_tui.cli.{file}")
        command: Any = typer.main.get_command(module.app)
        found = getattr(command, "commands", {}).get(cmd_name, command)
        if _helping():
            speak(found, ctx)
            speak_titles()
        return found


def _listing_help() -> bool:
    """Whether only the table of verbs is wanted: then nothing needs to be imported."""
    words = [word for word in sys.argv[1:] if word in GROUPS or word in HIDDEN]
    return not words


def _helping() -> bool:
    """Whether help is wanted, as far as the words tell."""
    return not {"--help", "-h"}.isdisjoint(sys.argv) or len(sys.argv) < 3


def _version(wanted: bool) -> None:
    if wanted:
        from crm_tui import __version__

        typer.echo(__version__)
        raise typer.Exit


def build() -> typer.Typer:
    """The whole command tree, with help in the language in force."""
    app = typer.Typer(
        name="crm-tui",
        cls=LazyGroup,
        help=_("The operations console of a game-companion studio."),
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        ctx: typer.Context,
        db: str | None = typer.Option(
            None, metavar="URL_OR_PATH", help=_("The database: a file, or postgresql://…")
        ),
        lang: str | None = typer.Option(None, metavar="zh|en", help=_("The language.")),
        login: str | None = typer.Option(
            None, "--as", metavar="LOGIN", help=_("Whose name the actions carry.")
        ),
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help=_("Show the version.")
        ),
    ) -> None:
        from crm_tui.cli._run import Caller, set_caller

        if lang not in (None, "zh", "en"):
            raise typer.BadParameter(_("zh or en"), param_hint="--lang")
        who = Caller.of(db, login, lang)
        set_caller(who)
        if ctx.invoked_subcommand is None:
            from crm_tui.cli.console import run_console

            run_console(who)

    return app


def _asked_language(arguments: list[str]) -> str | None:
    """The language option, read before the commands with their help texts are built."""
    for position, word in enumerate(arguments):
        if word == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def main() -> NoReturn:
    """Run the command line. Exit 0 done, 1 refused or failed with a reason, 2 wrong usage."""
    set_language(choose_language(_asked_language(sys.argv[1:])))
    os.umask(0o077)
    try:
        code = _done()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _end_of_output()
        sys.exit(0)
    except OSError as error:
        _end_of_output()
        _say(FileProblem(file="stdout", why=os_reason(error)), as_json=False)
        sys.exit(1)
    sys.exit(code)


def _done() -> int:
    """Do what the arguments say, and answer the exit code. Raises :class:`OSError` only where
    stdout takes no more."""
    try:
        code = build()(prog_name="crm-tui", standalone_mode=False)
    except CrmError as error:
        _say(error, as_json="--json" in sys.argv)
        return 1
    except typer.TyperException as error:
        say_refusal(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the last door: nobody sees a traceback
        if _by_stdout(error):
            raise
        _say(_written_down(error), as_json="--json" in sys.argv)
        return 1
    return code if isinstance(code, int) else 0


def _by_stdout(error: Exception) -> bool:
    """Whether it is stdout that takes no more: every other file that is written refuses as a
    :class:`FileProblem`."""
    return isinstance(error, OSError) and error.errno in _TAKES_NO_MORE and error.filename is None


def _say(error: CrmError, *, as_json: bool) -> None:
    from crm_tui.cli._run import show_error

    show_error(error, as_json=as_json)


def _written_down(error: Exception) -> CrmError:
    from crm_tui.cli._crash import write_down

    foreign = next((text for text in sys.argv if not _is_text(text)), None)
    if isinstance(error, UnicodeEncodeError) and foreign is not None:
        return Invalid(field=_("Argument"), value=foreign, expected=_("text in UTF-8"))
    return write_down(error)


def _is_text(argument: str) -> bool:
    """Whether the bytes of an argument are UTF-8. The name of a file need not be."""
    return argument.isascii() or not any("\udc80" <= sign <= "\udcff" for sign in argument)


def _end_of_output() -> None:
    """Whoever takes our output takes no more: Python must not complain of it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
