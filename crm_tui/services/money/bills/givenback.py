"""Refunds that personal bills tell of on the payment's own line, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillLine


def with_refunds(lines: Iterable[BillLine]) -> Iterator[BillLine]:
    """The lines of a personal bill, and the refunds that only the payments' lines tell of.

    A refund may be told twice: the payment's line says it (WeChat 已全额退款 or 已退款(￥5.00),
    Alipay 成功退款), and a line of its own (…-退款) brings the money. Where that line is in the
    file it is the refund. Where it is not, the payment's line counts as the refund, and a derived
    one stands for the money given back.
    """
    known = list(lines)
    told = _Told(line for line in known if line.kind is Kind.REFUND)
    for line in known:
        back = line.given_back_fen
        if not back or told.take(line):
            yield line
            continue
        yield line._replace(counts_as=Kind.REFUND)
        yield line._replace(
            kind=Kind.REFUND,
            amount_fen=-back if line.amount_fen > 0 else back,
            refund_of=line.outside_no,
            outside_no="",
            sums={},
            derived=True,
        )


class _Told:
    """The refund lines of a file that no payment has been found for yet."""

    def __init__(self, refunds: Iterable[BillLine]) -> None:
        self._left: dict[int, list[BillLine]] = {}
        self._named: set[str] = set()
        for line in refunds:
            self._left.setdefault(abs(line.amount_fen), []).append(line)
            self._named.add(line.refund_of)

    def take(self, payment: BillLine) -> bool:
        """Whether refund lines answer to what was given back of ``payment``: those that name it, or
        one of the same amount that is not before it.
        """
        if payment.outside_no and payment.outside_no in self._named:
            return True
        alike = self._left.get(payment.given_back_fen, [])
        for line in alike:
            same_order = bool(payment.merchant_no) and line.merchant_no == payment.merchant_no
            same_party = line.payer == payment.payer or payment.payer in line.title
            if line.at >= payment.at and (same_order or same_party or not line.payer):
                alike.remove(line)
                return True
        return False
