"""What WeChat keeps: the fees of a merchant's bill, a line for each of its days.

WeChat writes the fee of every payment beside it; the money that comes is less by that. Fees of
lines that were stored before are in the file that brought them: each counts once, whatever files
tell of it. Alipay tells of each fee by itself (:func:`.alipay.with_fees`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from crm_tui.core.language import _
from crm_tui.core.words import BillLineKind
from crm_tui.services.money.bills import storing
from crm_tui.services.money.bills.forms import BillLine
from crm_tui.services.money.bills.reading import Bill
from crm_tui.services.money.bills.rowreader import BEIJING
from crm_tui.storage.store import UnitOfWork

ByDay = dict[date, tuple[Decimal, datetime]]
"""By day on the clock of bills: its fees in fen with what is below them, and the last of them."""


def add(days: ByDay, lines: Iterable[BillLine]) -> None:
    """Add the fees of ``lines`` to their days."""
    for line in lines:
        if line.fee:
            day = line.at.astimezone(BEIJING).date()
            so_far, last = days.get(day, (Decimal(), line.at))
            days[day] = (so_far + line.fee, max(last, line.at))


def store(work: UnitOfWork, file_id: int, bill: Bill, days: ByDay) -> None:
    """Write a line for each day, open until somebody books it; its fen are rounded half up."""
    told = {
        f"fee-{bill.sha256[:32]}-{day}": _line(day, fee, last)
        for day, (fee, last) in sorted(days.items())
        if _fen(fee)
    }
    known = storing.known_lines(work, bill.form, list(told))
    fresh = {key: line for key, line in told.items() if key not in known}
    if fresh:
        storing.store(work, file_id, bill.form, fresh, {})


def _line(day: date, fee: Decimal, last: datetime) -> BillLine:
    title = _("Fees of {day}").format(day=day.isoformat())
    kind = BillLineKind.FEE
    return BillLine(0, kind, kind, last, -_fen(fee), title=title, derived=True)


def _fen(fee: Decimal) -> int:
    return int(fee.quantize(Decimal(1), ROUND_HALF_UP))
