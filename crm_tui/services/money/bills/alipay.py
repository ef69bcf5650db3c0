"""What the lines of Alipay bills say: 业务明细 and 账务明细 of merchants, and the personal one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillLine
from crm_tui.services.money.bills.rowreader import Row

_FEE = re.compile(r"服务费|手续费|收费|退费|佣金|技术服务|软件服务|分润|分账")
_FEE_OF = re.compile(r"[\[【]\s*(\d{16,64})\s*[\]】]")
"""The trade that the remark of a fee names: ``服务费[2026090122001400000000000001]``."""
_NOT_TRADE = re.compile(r"提现|充值|余额宝|理财|利息|结息|保证金|冻结|解冻|转存|内部|调拨")
_NO_MONEY = re.compile(r"等待(?:付款|对方付款|买家付款)|待付款|失败|已取消|已撤销")
_CLOSED = re.compile(r"交易关闭|已关闭")
_SUFFIX = re.compile(r"[_*\-#]")


def trade(row: Row) -> BillLine:
    """A line of 业务明细: 交易, or 退款 with a negative amount and the payment's 支付宝交易号."""
    received, gross = row.fen("received"), row.fen("gross")
    amount = row.needed("received", "gross")
    if not amount and gross:
        amount = gross
    kind = Kind.REFUND if "退款" in row.text("type") or amount < 0 else Kind.PAYMENT
    refund = kind is Kind.REFUND
    if refund:
        amount = -abs(amount)
    if not amount:
        kind = Kind.NEUTRAL
    count, money = ("refunds", "refunded_fen") if refund else ("payments", "received_fen")
    discount = "refund_discount_fen" if refund else "discount_fen"
    trade_no, given = row.no("outside_no"), row.no("refund_no") if refund else ""
    return BillLine(
        row.number,
        kind,
        kind,
        row.when("paid_at", "at"),
        amount,
        (given or trade_no) if refund else trade_no,
        row.no("merchant_no"),
        refund_no=given,
        refund_of=trade_no if refund else "",
        payer=row.text("payer"),
        title=row.text("title"),
        sums={
            count: 1,
            money: received if received is not None else amount,
            discount: row.fen("discount") or 0,
            "fees_fen": row.exact("fee") or 0,
        },
        cells=row.cells,
    )


def with_fees(lines: Iterable[BillLine]) -> Iterator[BillLine]:
    """The lines of 业务明细, and behind each the 服务费 that the channel kept of it, or gave back.

    账务明细 has a line for the same fee. Both name the trade and its amount, and are one line once
    they are stored, whichever is read first.
    """
    for line in lines:
        yield line
        kept = int(Decimal(line.sums["fees_fen"]).quantize(Decimal(1), ROUND_HALF_UP))
        if kept:
            yield BillLine(
                line.number,
                Kind.NEUTRAL,
                Kind.FEE,
                line.at,
                abs(kept) if line.refund_of else -abs(kept),
                line.refund_of or line.outside_no,
                line.merchant_no,
                title="服务费",
                derived=True,
            )


def account(row: Row) -> BillLine:
    """A line of 账务明细: what came (收入金额) or went (支出金额), and why (业务类型)."""
    income, outgo = row.fen("income") or 0, row.fen("outgo") or 0
    if not row.has("income"):
        told = row.needed("amount")
        income, outgo = max(told, 0), min(told, 0)
    elif not row.has("outgo") and "outgo" in row.layout.columns:
        raise row.bad("outgo", "cut_off")
    elif row.fen("income") is None and row.fen("outgo") is None:
        raise row.bad("income", "missing_amount")
    amount = income - abs(outgo)
    sort = row.text("type")
    kind = _sort_of(sort, f"{sort} {row.text('note')}", amount)
    business_no, merchant_no = row.no("outside_no"), row.no("merchant_no")
    refund = kind is Kind.REFUND
    if kind is Kind.FEE and (named := _FEE_OF.search(row.text("note"))):
        business_no = named[1]
    return BillLine(
        row.number,
        Kind.NEUTRAL if kind is Kind.FEE else kind,
        kind,
        row.when("at"),
        amount,
        row.no("flow_no") if refund else business_no or row.no("flow_no"),
        merchant_no,
        refund_no=row.no("flow_no"),
        refund_of=business_no if refund else "",
        payer=row.text("payer"),
        title=row.text("title") or sort,
        sums={"income": 1, "income_fen": income}
        if amount > 0
        else {"expense": 1, "expense_fen": abs(outgo)},
        cells=row.cells,
    )


def _sort_of(sort: str, told: str, amount: int) -> Kind:
    if "退款" in sort or ("退款" in told and amount < 0):
        return Kind.REFUND if amount else Kind.NEUTRAL
    if _FEE.search(sort):
        return Kind.FEE
    return Kind.NEUTRAL if not amount or _NOT_TRADE.search(sort) else Kind.PAYMENT


# the personal bill

_DIRECTIONS = {
    "收入": "income", "已收入": "income", "支出": "expense", "已支出": "expense",
    "不计收支": "neutral", "资金转移": "neutral", "其他": "neutral", "": "neutral",
}  # fmt: skip
"""What 收/支 may say, and under which name its sums are kept."""


def personal(row: Row) -> BillLine:
    """A line of a personal bill, as the app or the web site makes it.

    A refund (交易分类 退款, 退款成功) is a line of its own; its 交易订单号 is the payment's with a
    suffix. It says 不计收支, and is money that came. Older bills say 成功退款 on the payment's line
    instead. Closed trades: :func:`with_closed`.
    """
    told = row.text("direction") or row.text("funds")
    direction = _DIRECTIONS.get(told)
    if direction is None:
        raise row.bad("direction" if row.has("direction") else "funds", "unknown_word")
    if not row.has("state") and "state" in row.layout.columns:
        raise row.bad("state", "cut_off")
    amount, back = abs(row.needed("amount")), abs(row.fen("refunded") or 0)
    state = row.text("state")
    refund = "退款" in row.text("type") or "退款成功" in state
    kind = Kind.REFUND if refund else Kind.NEUTRAL if direction == "neutral" else Kind.PAYMENT
    if not amount or _NO_MONEY.search(state):
        kind = Kind.NEUTRAL
    outside_no = row.no("outside_no")
    return BillLine(
        row.number,
        kind,
        kind,
        row.when("paid_at", "at"),
        -amount if direction == "expense" else amount,
        outside_no,
        row.no("merchant_no"),
        refund_of=_SUFFIX.split(outside_no)[0] if refund else "",
        given_back_fen=min(back, amount) if kind is Kind.PAYMENT else 0,
        payer=row.text("payer"),
        title=row.text("title"),
        sums={direction: 1, f"{direction}_fen": amount},
        cells=row.cells,
    )


def with_closed(lines: Iterable[tuple[BillLine, str]]) -> Iterator[BillLine]:
    """The lines of a personal bill with their states, closed trades seen for what they were.

    A trade that was paid and given back in full is 交易关闭 with a 退款 line beside it; without one
    it was closed before any money moved.
    """
    known = list(lines)
    given_back = {
        number
        for line, _state in known
        if line.kind is Kind.REFUND
        for number in (line.refund_of, line.merchant_no)
        if number
    }
    for line, state in known:
        unpaid = line.kind is Kind.PAYMENT and not line.given_back_fen and _CLOSED.search(state)
        if unpaid and not given_back.intersection((line.outside_no, line.merchant_no)):
            yield line._replace(kind=Kind.NEUTRAL, counts_as=Kind.NEUTRAL)
        else:
            yield line
