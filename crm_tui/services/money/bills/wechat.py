"""What the lines of WeChat Pay bills say: the merchant's trade bill, and the personal one."""

from __future__ import annotations

import re
from decimal import Decimal

from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.rowreader import Row

_GIVEN_BACK = frozenset(("REFUND", "REVOKED"))
_NOT_DONE = frozenset(("FAIL", "FAILED", "CLOSED", "ABNORMAL"))
_YUAN = frozenset(("", "CNY", "人民币"))
_NO_NUMBER = frozenset(("", "0"))
_ALL_BACK = re.compile(r"已全额退款|已全额退还|对方已退还|已退还|(?:过期)?已退款$")
_NO_MONEY = re.compile(r"失败|待(?:对方)?(?:确认|收款|支付|付款)|未(?:支付|付款)|已取消|已撤销")
_PART_BACK = re.compile(r"已(?:部分)?退款\D*?([\d,]+(?:\.\d+)?)")


# the merchant's bill


def merchant(row: Row) -> BillLine:
    """A line of the merchant's trade bill, in any of its forms and ages.

    A refund is a line of its own: 交易状态 REFUND (or REVOKED with money given back), the amount in
    退款金额, and 微信订单号 still that of the payment.
    """
    state = row.text("state").upper() or "SUCCESS"
    if state not in _GIVEN_BACK and state != "SUCCESS":
        raise row.bad("state", "unknown_word")
    if row.text("currency").upper() not in _YUAN:
        raise row.bad("currency", "unknown_word")
    settled, gross = row.fen("amount"), row.fen("gross")
    given, asked = row.fen("refund_amount") or 0, row.fen("refund_asked") or 0
    sums: dict[str, int | Decimal] = {
        "settled_fen": settled or 0,
        "refunded_fen": given,
        "coupon_refunded_fen": row.fen("coupon_refund") or 0,
        "fees_fen": row.exact("fee") or 0,
        "orders_fen": gross or 0,
        "refunds_asked_fen": asked,
    }
    if state in _GIVEN_BACK or row.layout.form is BillForm.WECHAT_MERCHANT_REFUND:
        return _merchant_refund(row, given or asked, sums, revoked=state == "REVOKED")
    amount = row.needed("amount", "gross") if settled is None else settled
    kind = Kind.PAYMENT if amount else Kind.NEUTRAL
    return BillLine(
        row.number,
        kind,
        kind,
        row.when("at"),
        amount,
        row.no("outside_no"),
        row.no("merchant_no"),
        payer=row.text("payer"),
        title=row.text("title"),
        sums=sums,
        fee=sums["fees_fen"],
        cells=row.cells,
    )


def _merchant_refund(
    row: Row, back: int, sums: dict[str, int | Decimal], *, revoked: bool
) -> BillLine:
    if not back and not revoked:
        raise row.bad("refund_amount", "missing_amount")
    failed = row.text("refund_state").upper() in _NOT_DONE
    kind = Kind.NEUTRAL if failed or not back else Kind.REFUND
    paid_as = row.no("outside_no")
    own = row.no("refund_id")
    given = row.no("refund_no")
    return BillLine(
        row.number,
        kind,
        kind,
        row.when("refunded_at", "at"),
        -back,
        paid_as if own in _NO_NUMBER else own,
        row.no("merchant_no"),
        refund_no="" if given in _NO_NUMBER else given,
        refund_of=paid_as,
        payer=row.text("payer"),
        title=row.text("title"),
        sums=sums,
        fee=sums["fees_fen"],
        cells=row.cells,
    )


# the personal bill

DIRECTIONS = {"收入": "income", "支出": "expense", "": "neutral", "中性交易": "neutral"}
"""What 收/支 may say (``/`` reads as nothing), and under which name its sums are kept."""


def personal(row: Row) -> BillLine:
    """A line of a personal bill; its 当前状态 may say what was given back of a payment."""
    direction = DIRECTIONS.get(row.text("direction"))
    if direction is None:
        raise row.bad("direction", "unknown_word")
    if not row.has("state"):
        raise row.bad("state", "cut_off")
    amount = abs(row.needed("amount"))
    state = row.text("state")
    kind = Kind.REFUND if "退款" in row.text("type") else Kind.PAYMENT
    if (direction == "neutral" and kind is Kind.PAYMENT) or _NO_MONEY.search(state):
        kind = Kind.NEUTRAL
    return BillLine(
        row.number,
        kind,
        kind,
        row.when("at"),
        -amount if direction == "expense" else amount,
        row.no("outside_no"),
        row.no("merchant_no"),
        payer=row.text("payer"),
        title=row.text("title") or row.text("type"),
        given_back_fen=state_refund(state, amount) if kind is Kind.PAYMENT else 0,
        sums={direction: 1, f"{direction}_fen": amount},
        cells=row.cells,
    )


def state_refund(state: str, amount_fen: int) -> int:
    """How much of a payment its 当前状态 says was given back, in fen; 0 for nothing.

    >>> state_refund("已退款(￥5.00)", 6000), state_refund("已全额退款", 6000)
    (500, 6000)
    >>> state_refund("过期已退款", 6000), state_refund("已收钱", 6000)
    (6000, 0)
    """
    if match := _PART_BACK.search(state):
        told = int(Decimal(match[1].replace(",", "")) * 100)
        return min(told, abs(amount_fen))
    return abs(amount_fen) if _ALL_BACK.search(state) else 0
