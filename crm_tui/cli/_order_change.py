"""What the verbs that change an order share: their arguments, and one way to carry them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._order_views import order_document, show_order
from crm_tui.cli._run import Document, answer, write
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

No = Annotated[str, typer.Argument(metavar="NO", help=_("The order's number."))]
Who = Annotated[
    str,
    typer.Argument(metavar="COMPANION", help=_("Nickname, number, phone or id of a companion.")),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Why."))]


def companion_of(work: ReadWork, ref: str) -> int:
    """The companion whom ``ref`` names. Raises :class:`NotFound`, :class:`Ambiguous`."""
    from crm_tui.services.companions.reads import resolve

    return resolve(work, ref)


def change(
    act: Callable[[UnitOfWork], object],
    request: list[Any],
    key: str | None,
    as_json: bool,
    dry_run: bool = False,
) -> None:
    """Do ``act`` to the order that ``request`` names second, and answer how it stands then."""

    def then_look(work: UnitOfWork) -> Document:
        act(work)
        return order_document(work, request[1])

    answer(write(then_look, key=key, request=request, dry_run=dry_run), as_json, show_order)
