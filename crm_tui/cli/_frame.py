"""What typer says by itself – usage, headings, refusals – in the language in force.

It knows English only. Its texts are told apart by what they say; one that a later version words
otherwise stays English, and nothing else happens.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import typer

from crm_tui.core.language import N_, _
from crm_tui.core.text import clean

HELP = N_("Show this message and exit.")
"""What the help option says of itself (msgid)."""
_REFUSALS = (
    (r"No such option: (?P<option>\S+)(?: \(Possible options: (?P<near>.+)\))?",
     N_("there is no option {option}")),
    (r"No such command '(?P<command>[^']+)'\.(?: Did you mean (?:one of: )?(?P<near>.+)\?)?",
     N_("there is no command {command}")),
    (r"Missing command\.", N_("a command is missing")),
    (r"Missing (?:option|parameter) '?(?P<name>[^']+?)'?\.(?: .*)?", N_("{name} is missing")),
    (r"Missing argument '?(?P<name>[^']+?)'?\.(?: .*)?", N_("{name} is missing")),
    (r"Got unexpected extra argument\(s\) \((?P<words>.*)\)", N_("too much: {words}")),
    (r"Option '?(?P<option>[^']+?)'? requires an argument\.?", N_("{option} needs a value")),
    (r"Invalid value for (?P<name>.+?): .*valid integer.*",
     N_("{name}: a whole number is expected")),
    (r"Invalid value for (?P<name>.+?): .*valid number.*", N_("{name}: a number is expected")),
    (r"Invalid value for (?P<name>.+?): .*greater than or equal to (?P<least>\S+).*",
     N_("{name}: {least} or more is expected")),
    (r"Invalid value for (?P<name>.+?): .*less than or equal to (?P<most>\S+).*",
     N_("{name}: {most} at most is expected")),
    (r"Invalid value for (?P<name>.+?): (?:Value error, )?(?P<value>.+?) is not one of "
     r"(?P<known>.+?)\.?",
     N_("{name}: {value} is none of {known}")),
    (r"Invalid value for (?P<name>.+?): (?:Value error, )?(?P<value>.+?) does not match the "
     r"formats? '%Y-%m'.*",
     N_("{name}: {value} is no month such as 2026-09")),
    (r"Invalid value for (?P<name>.+?): (?:Value error, )?(?P<value>.+?) does not match the "
     r"formats? .+",
     N_("{name}: {value} is no day such as 2026-09-21")),
    (r"Invalid value for (?P<name>.+?): (?P<why>.+)", N_("{name}: {why}")),
    (r"Invalid value: (?P<why>.+)", "{why}"),
)  # fmt: skip
"""What typer refuses with, and how we say it (msgid)."""


_TITLES = {
    "Arguments": N_("Arguments"),
    "Options": N_("Options"),
    "Commands": N_("Commands"),
}
"""The headings of help (msgid)."""


class _Lines(typer.Context.formatter_class):  # type: ignore[misc,valid-type]
    """Help text with our words."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _("Usage: "))

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(_TITLES[heading]) if heading in _TITLES else heading)


class OurContext(typer.Context):
    """Of a command that shows its help in the language in force."""

    formatter_class = _Lines


def speak(command: Any, ctx: Any) -> None:
    """Let ``command`` and all below it show their help in the language in force."""
    command.context_class = OurContext
    option = command.get_help_option(ctx)
    if option is not None:
        option.help = _(HELP)
    for below in getattr(command, "commands", {}).values():
        speak(below, ctx)


def speak_titles() -> None:
    """The same for the titles and marks of help; imports what draws it."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _(_TITLES["Arguments"])
    rich_utils.OPTIONS_PANEL_TITLE = _(_TITLES["Options"])
    rich_utils.COMMANDS_PANEL_TITLE = _(_TITLES["Commands"])
    rich_utils.DEFAULT_STRING = _("[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")


def say_refusal(error: typer.TyperException) -> None:
    """Tell on stderr how the command is written, and what was wrong.

    A group without its verb refuses with its whole help, which is shown as it is.
    """
    said = error.format_message()
    if not said or "\n" in said:
        error.show()  # type: ignore[attr-defined]
        return
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        ctx.formatter_class = _Lines
        sys.stderr.write(ctx.get_usage() + "\n")
        hint = _("{command} {option} tells more.")
        sys.stderr.write(hint.format(command=ctx.command_path, option="--help") + "\n\n")
    sys.stderr.write(clean(_("Error: {why}").format(why=in_words(error)), 1000) + "\n")


def in_words(error: typer.TyperException) -> str:
    """What typer refused, in the language in force."""
    said = error.format_message()
    for pattern, msgid in _REFUSALS:
        found = re.fullmatch(pattern, said, re.DOTALL)
        if found:
            facts = {name: value or "" for name, value in found.groupdict().items()}
            text = _(msgid).format(**facts)
            near = facts.get("near")
            meant = _("meant: {near}").format(near=near) if near else ""
            return f"{text} ({meant})" if meant else text
    return said
