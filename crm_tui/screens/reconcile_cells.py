"""The lines of a bill and the payments that no line has, as cells of a table and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tui.screens.desk import Studio
    from crm_tui.screens.reconcile_writes import ReconcileRow
    from crm_tui.services.money.bills.actions import Reconciled
    from crm_tui.services.money.bills.reads import BillRow

NONE = "-"
LISTS = ("only_in_bill", "differing", "only_in_books", "fees", "matched")
"""The lists in the order in which one walks through them: what is to be done first."""
TITLES = {
    "only_in_bill": N_("Only in the bill"),
    "differing": N_("Differing"),
    "only_in_books": N_("Only in the books"),
    "fees": N_("Fees"),
    "matched": N_("Matched"),
}
_HOW = {
    "number": N_("by its number"),
    "order": N_("by the order's number"),
    "likely": N_("by amount, time and payer"),
    "person": N_("decided by a person"),
}


def columns() -> tuple[Column, ...]:
    """The columns, in the language in force."""
    return (
        Column("at", _("When"), 14),
        Column("channel", _("Channel"), 10, priority=2),
        Column("kind", _("Kind"), 8, priority=1),
        Column("amount", _("Amount"), 11, align="right"),
        Column("booked", _("Booked"), 11, align="right"),
        Column("sure", _("Confidence"), 10, align="right"),
        Column("who", _("Payer"), 8, grow=2, most=24),
        Column("order", _("Order"), 9, grow=1, most=14, keep="end"),
        Column("no", _("Number"), 10, grow=2, most=32, keep="end", priority=3),
    )


def key_of(row: ReconcileRow) -> str:
    """Lines and payments have ids of their own."""
    return f"{'payment' if list_of(row) == 'only_in_books' else 'line'}:{row.id}"


def line_of(row: ReconcileRow) -> BillRow | None:
    """The row, where it is a line of a bill."""
    return None if list_of(row) == "only_in_books" else row  # type: ignore[return-value]


def list_of(row: ReconcileRow) -> str:
    """The list that the row is in."""
    finding = getattr(row, "finding", None)
    return finding.value if finding else "only_in_books"


def state_of(row: ReconcileRow) -> str:
    """The list whose commands do for the row: a fee is booked as a line only in the bill is."""
    line = line_of(row)
    if line is None or list_of(row) != "fees":
        return list_of(row)
    return "only_in_bill" if line.state == "open" else "matched"


def cells(row: ReconcileRow, studio: Studio) -> tuple[Cell, ...]:
    """What :func:`columns` name."""
    line = line_of(row)
    when = f"{studio.wall(row.at):%y-%m-%d %H:%M}"
    if line is None:
        return (
            when, row.channel.label, row.kind.label, NONE, yuan(row.amount_fen), NONE,
            shown(row.customer or NONE), shown(row.order_no or NONE),  # type: ignore[union-attr]
            shown(row.external_ref or NONE),  # type: ignore[union-attr]
        )  # fmt: skip
    booked = NONE if line.booked_fen is None else yuan(line.booked_fen)
    sure = NONE if line.confidence is None else f"{line.confidence:.0%}"
    return (
        when,
        line.channel.label,
        line.kind.label,
        yuan(line.amount_fen),
        booked,
        sure,
        shown(line.payer or NONE),
        shown(line.order_no or NONE),
        shown(line.outside_no or line.merchant_no or NONE),
    )


def tone(row: ReconcileRow) -> Tone:
    """What differs stands out; what has its payment steps back."""
    return {"differing": "alarm", "only_in_books": "warning", "matched": "muted"}.get(
        state_of(row) if list_of(row) == "fees" else list_of(row), ""
    )  # type: ignore[return-value]


def head(done: Reconciled | None, counts: Mapping[str, int], chosen: str) -> Content:
    """What is looked at, whether its totals agree, and how much is in each list."""
    titles = [
        (f"[{_(TITLES[name])} {counts.get(name, 0)}]", "bold reverse")
        if name == chosen
        else (f" {_(TITLES[name])} {counts.get(name, 0)} ", "")
        for name in LISTS
    ]
    lists = Content(" ").join(Content.styled(text, style) for text, style in titles)
    if done is None:
        return Content("\n").join((Content(_("What is open in all bills. o reads one.")), lists))
    told = done.bill.document()
    agree = _("totals agree") if done.bill.totals.agree() else _("totals do NOT agree")
    line = _(
        "{file}: {lines} lines, {payments} payments, {refunds} refunds, {neutral} neutral, "
        "{rejected} rejected · {agree}"
    ).format(**told, agree=agree)
    return Content("\n").join((shown(line, "bold"), lists))


def page(row: ReconcileRow) -> Content:
    """What is said of the row under the cursor."""
    line = line_of(row)
    if line is None:
        told = _("Booked, but no line of this bill has it: was it paid, and to this account?")
        return shown(told)
    first = " · ".join(filter(None, (line.title, line.payer, line.outside_no, line.merchant_no)))
    if list_of(row) == "fees":
        second = (
            _("What the channel kept. b books it, i leaves it out.")
            if line.state == "open"
            else _("Booked as fees.")
        )
    elif line.payment_id is None and line.state == "open":
        second = _("No payment fits. b books it, i leaves it out.")
    elif line.state == "open":
        second = _(
            "Perhaps the payment of {order}, {amount}, sure {sure}: a says so, b books it anew."
        ).format(
            order=line.order_no or NONE,
            amount=yuan(line.booked_fen or 0),
            sure=f"{line.confidence or 0:.0%}",
        )
    elif line.payment_id is None:
        second = _("Booked as unexplained money.")
    else:
        how = _(_HOW[line.how.value]) if line.how else ""
        second = _("Payment of {order}, found {how}.").format(order=line.order_no or NONE, how=how)
        if line.booked_fen is not None and line.booked_fen != line.amount_fen:
            second += " " + _("The bill says ¥{more} more than is booked.").format(
                more=yuan(line.amount_fen - line.booked_fen)
            )
    return Content("\n").join((shown(first, limit=300), shown(second, limit=300)))
