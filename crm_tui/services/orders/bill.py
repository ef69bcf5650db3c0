"""What an order comes to when it is finished, and who gets what of that: seen beforehand, too."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crm_tui.core.words import BillingUnit
from crm_tui.services.orders import reservations, shares, staffing
from crm_tui.services.orders.billing import amount_fen, discounted, whole_minutes
from crm_tui.services.orders.moves import Held, look
from crm_tui.services.orders.rounding import rule_in_force
from crm_tui.services.orders.rows import rows_by_ids
from crm_tui.services.orders.shares import Served
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Bill:
    """The minutes measured and billed, and the amount in fen."""

    served_minutes: int
    billed_minutes: int
    amount_fen: int
    rule: str
    """The rounding rule with its version; empty where the minutes were given."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What comes of an order that is finished now."""

    bill: Bill
    served: tuple[Served, ...]
    renewal: str | None
    """The order that begins with the end of this one."""

    @property
    def explanation(self) -> str:
        """Who gets what, in words."""
        return shares.in_words(self.bill.amount_fen, self.served)


def ending(work: ReadWork, no: str) -> Ending:
    """What order ``no`` comes to if it is finished now, as measured. Raises :class:`NotFound`."""
    held = look(work, no)
    bill = bill_of(work, held, None)
    (row,) = rows_by_ids(work, [held.id])
    as_ended = replace(
        row,
        amount_fen=bill.amount_fen,
        planned_minutes=0,
        billed_minutes=bill.billed_minutes,
    )
    renewal_id = reservations.waiting_renewal(work, held.id)
    renewal = rows_by_ids(work, [renewal_id])[0].no if renewal_id else None
    return Ending(bill, shares.of_order(work, as_ended), renewal)


def bill_of(work: ReadWork, held: Held, minutes: int | None) -> Bill:
    """The bill for what was served until now: ``minutes`` as given, else as the rule rounds."""
    rule = rule_in_force(work, held.store_id)
    served = staffing.served(work, held.id, work.clock.now())
    billed = rule.billable_minutes(served) if minutes is None else minutes
    name = f"{rule.name}@{rule.version}" if minutes is None else ""
    return Bill(whole_minutes(served), billed, price_of(held, billed), name)


def price_of(held: Held, minutes: int) -> int:
    """What ``minutes`` of the order cost less its discount, in fen; an agreed price stands."""
    if held.billing_unit is not BillingUnit.HOURLY or held.price_agreed:
        return held.amount_fen
    return discounted(amount_fen(held.rate_fen, minutes, held.places), held.discount_bp)
