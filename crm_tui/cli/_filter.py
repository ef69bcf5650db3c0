"""The filter of lists by command: the line of the console, with its saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import actor
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.services.filters.rules import Context
    from crm_tui.storage.store import ReadWork

Filter = Annotated[
    str,
    typer.Option(
        "--filter", metavar="TEXT", help=_("Words, field:value or @view, as after / in a list.")
    ),
]


def context_of(work: ReadWork, place: str) -> Context:
    """What the line is read in: now, and the views that the caller sees of the list ``place``."""
    from crm_tui.services.views.reads import context

    return context(work, place, actor(work.store).login)
