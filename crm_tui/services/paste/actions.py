"""Taking the order of a pasted text where nothing is left to suppose."""

from __future__ import annotations

from typing import Any

from crm_tui.core.errors import Refused
from crm_tui.core.language import _, joined
from crm_tui.core.words import OrderKind
from crm_tui.services.orders.actions import NewOrder, create
from crm_tui.services.paste.drafting import PastedOrder
from crm_tui.storage.store import UnitOfWork

DEMANDS = ("gender", "level", "rank", "tags")


def take(work: UnitOfWork, pasted: PastedOrder, customer_id: int) -> list[int]:
    """Take the order for ``customer_id``; answers its id, as the only one.

    Only what is certain becomes a field; the words of the rest stand in the note. Raises
    :class:`Refused` with ``missing`` where game or minutes are not certain, and what
    :func:`orders.actions.create` raises.
    """
    missing = [name for name in pasted.missing if name != "customer"]
    if missing:
        raise unsure(missing)
    return [create(work, order_of(pasted, customer_id))]


def unsure(missing: list[str]) -> Refused:
    """The refusal of a text from which ``missing`` can't be told for certain."""
    names = {"customer": _("Customer"), "game": _("Game"), "minutes": _("Minutes")}
    listed = joined(names[name] for name in missing)
    why = _("The text does not say for certain: {missing}.").format(missing=listed)
    return Refused(why=why, reason="unsure", missing=missing)


def order_of(pasted: PastedOrder, customer_id: int) -> NewOrder:
    """The order as far as the text says it for certain."""
    sure: dict[str, Any] = {
        name: filled.value for name, filled in pasted.fields.items() if filled.sure
    }
    open_words = [
        filled.why for name, filled in pasted.fields.items() if not filled.sure and name != "note"
    ]
    return NewOrder(
        customer_id=customer_id,
        game_id=sure["game"],
        planned_minutes=sure["minutes"],
        kind=sure.get("kind", OrderKind.COMPANION),
        billing_unit=pasted.billing_unit,
        places=pasted.places,
        companion_id=sure.get("companion"),
        price_fen=sure.get("price"),
        demands={name: sure[name] for name in DEMANDS if name in sure},
        note=" ".join((*open_words, sure.get("note", ""))).strip(),
        start_at=sure.get("start"),
    )
