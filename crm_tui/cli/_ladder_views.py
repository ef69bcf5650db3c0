"""The offer ladder of an order as commands answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.cli._run import Document, line, table
from crm_tui.core.language import _
from crm_tui.core.words import OfferState, OrderStatus

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork


def ladder_document(work: ReadWork, no: str) -> Document:
    """``{"order", "status", "round", "tier", "widens_at", "tiers": [{…, "offers": […]}]}``."""
    from crm_tui.services.dispatch import rounds

    view = rounds.ladder_of(work, no)
    return rounds.document(view, work.calendar(view.order.store_id).zone)


def show_ladder(document: Document) -> None:
    """The ladder for a person: a line a tier, a row a companion."""
    widens = document["widens_at"]
    parts = [
        document["order"],
        OrderStatus(document["status"]).label,
        _("tier {tier} of {tiers}").format(tier=document["tier"], tiers=len(document["tiers"])),
        *([_("next tier at {time}").format(time=widens[11:19])] if widens else []),
    ]
    line(" · ".join(parts))
    for tier in document["tiers"]:
        who = "、".join(tier["levels"] or tier["named"]) or _("all who fit")
        fits = _("{count} more would be asked").format(count=tier["fits"]) if tier["fits"] else ""
        line(f"  {tier['tier']}  {who}  {fits}".rstrip())
    columns = (_("Tier"), _("Companion"), _("Answer"), _("Score"), _("Until"), _("Reason"))
    rows = [
        (
            tier["tier"],
            one["companion"],
            OfferState(one["state"]).label,
            f"{one['score']:.2f}",
            one["expires_at"][11:19],
            one["reason"],
        )
        for tier in document["tiers"]
        for one in tier["offers"]
    ]
    table(columns, rows, empty=_("Nobody has been asked yet."))
