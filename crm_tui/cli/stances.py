"""``customers stance``: which companion a customer prefers, or is kept from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, table, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.words import Stance

if TYPE_CHECKING:
    from crm_tui.storage.store import UnitOfWork

app = typer.Typer()

NEITHER = "none"


@app.command("stance", help=_("A customer prefers a companion, refuses one, or neither any more."))
def stance(
    ref: Annotated[str, typer.Argument(metavar="REF", help=_("The customer."))],
    companion: Annotated[str, typer.Argument(metavar="COMPANION", help=_("The companion."))],
    wanted: Annotated[str, typer.Argument(metavar="preferred|refused|none")],
    reason: Annotated[str, typer.Option(help=_("Why; a refusal needs it."))] = "",
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import reads as companions
    from crm_tui.services.customers import stances
    from crm_tui.services.customers.lookup import resolve

    if wanted not in (*Stance, NEITHER):
        expected = joined((*Stance, NEITHER))
        raise Invalid(field=_("Stance"), value=wanted, expected=expected)

    def act(work: UnitOfWork) -> Document:
        customer_id, companion_id = resolve(work, ref), companions.resolve(work, companion)
        chosen = None if wanted == NEITHER else Stance(wanted)
        stances.set_stance(work, customer_id, companion_id, chosen, reason)
        return {
            "stances": [
                {
                    "companion_id": row.companion_id,
                    "companion": row.companion,
                    "stance": row.stance.value,
                    "reason": row.reason,
                    "set_by": row.set_by,
                }
                for row in stances.stances_of(work, customer_id)
            ]
        }

    request = ["customers stance", ref, companion, wanted, reason]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show)


def _show(document: Document) -> None:
    rows = [
        (each["companion"], Stance(each["stance"]).label, each["reason"], each["set_by"])
        for each in document["stances"]
    ]
    columns = (_("Companion"), _("Stance"), _("Reason"), _("By"))
    table(columns, rows, empty=_("Nobody is preferred or refused."))
