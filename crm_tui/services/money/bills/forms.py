"""The six forms of bills, recognised by the words of their header row; what a line of one says.

Layouts change every year: columns are found by name, full- or half-width, with or without the
unit behind them (``金额（元）`` is ``金额``), in any order, under any rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from crm_tui.core.words import BillLineKind, PayChannel


class BillForm(StrEnum):
    """How a bill looks."""

    WECHAT_MERCHANT_ALL = "wechat_merchant_all"
    WECHAT_MERCHANT_SUCCESS = "wechat_merchant_success"
    WECHAT_MERCHANT_REFUND = "wechat_merchant_refund"
    WECHAT_PERSONAL = "wechat_personal"
    ALIPAY_MERCHANT_TRADE = "alipay_merchant_trade"
    ALIPAY_MERCHANT_ACCOUNT = "alipay_merchant_account"
    ALIPAY_PERSONAL = "alipay_personal"

    @property
    def channel(self) -> PayChannel:
        """Whose bill it is."""
        return PayChannel.WECHAT if self.value.startswith("wechat") else PayChannel.ALIPAY

    @property
    def of_merchant(self) -> bool:
        """Whether the channel makes it for a merchant, and so always states totals."""
        return "merchant" in self.value


class BillLine(NamedTuple):
    """One data line of a bill: what moved, seen from the studio.

    ``amount_fen`` is positive for money that came and negative for money that went.
    """

    number: int
    """Of the line in the file, as an editor or a spreadsheet program shows it; from 1."""
    counts_as: BillLineKind
    """What the data line is counted as."""
    kind: BillLineKind
    at: datetime
    amount_fen: int
    outside_no: str = ""
    """The channel's own number: of the payment, or of the refund where it has one."""
    merchant_no: str = ""
    refund_no: str = ""
    """Of a refund: the number that the merchant gave it."""
    refund_of: str = ""
    """Of a refund: the channel's number of the payment that it gives back."""
    given_back_fen: int = 0
    """Of a payment on a personal bill: what its own line says was given back of it."""
    payer: str = ""
    title: str = ""
    sums: Mapping[str, int | Decimal] = MappingProxyType({})
    """What the line adds to the totals that bills of its form state."""
    fee: int | Decimal = 0
    """What the channel kept of it, in fen with what is below them; negative where it gave it back.
    """
    cells: Sequence[object] = ()
    """All of the line, as the file has them."""
    derived: bool = False
    """Told by the state of another line (``已退款(￥5.00)``): not a data line of its own."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A data line that can't be taken: which field of it, and what was expected there."""

    number: int
    field: str
    value: str
    code: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A header row that was recognised: the form, its headers and where each field stands."""

    form: BillForm
    headers: tuple[str, ...]
    columns: Mapping[str, int]
    width: int
    """Cells of a line, with the empty ones that may follow the last header."""

    def header(self, name: str) -> str:
        """The header of a field as the file writes it."""
        return self.headers[self.columns[name]] if name in self.columns else name


FIELDS: dict[str, tuple[str, ...]] = {
    "at": ("交易时间", "交易创建时间", "发生时间", "入账时间", "记账时间", "创建时间"),
    "paid_at": ("付款时间", "完成时间", "支付时间", "交易付款时间"),
    "refunded_at": ("退款成功时间", "退款完成时间"),
    "type": ("交易类型", "交易分类", "业务类型", "账务类型", "类型"),
    "direction": ("收/支", "收支", "收支类型"),
    "state": ("交易状态", "当前状态", "状态"),
    "funds": ("资金状态",),
    "amount": ("金额", "交易金额", "收支金额", "总金额", "应结订单金额"),
    "received": ("商家实收", "实收金额", "商家实收金额"),
    "gross": ("订单金额", "订单总金额", "标价金额"),
    "income": ("收入金额", "收入"),
    "outgo": ("支出金额", "支出"),
    "balance": ("账户余额", "余额"),
    "refund_amount": ("退款金额",),
    "refund_asked": ("申请退款金额",),
    "coupon_refund": (
        "充值券退款金额", "企业红包退款金额", "代金券或立减优惠退款金额", "优惠券退款金额",
    ),
    "refund_state": ("退款状态",),
    "refunded": ("成功退款", "退款"),
    "fee": ("手续费", "服务费"),
    "discount": ("商家优惠",),
    "outside_no": (
        "微信订单号", "微信支付订单号", "微信支付单号", "支付宝交易号", "交易单号", "交易订单号",
        "交易号", "订单号", "业务流水号",
    ),
    "flow_no": ("账务流水号", "支付宝流水号", "资金流水号"),
    "merchant_no": ("商户订单号", "商家订单号", "商户单号", "商户支付单号"),
    "refund_id": ("微信退款单号", "微信支付退款单号"),
    "refund_no": ("商户退款单号", "退款批次号/请求号", "退款批次号", "退款请求号"),
    "payer": ("用户标识", "交易对方", "对方账户", "对方账号", "对方名称"),
    "title": ("商品名称", "商品说明", "商品"),
    "currency": ("货币种类", "币种"),
    "method": ("支付方式", "收/付款方式", "付款方式"),
    "note": ("备注",),
}  # fmt: skip
"""The headers of each field, likeliest first, as :func:`plain` writes them."""

_UNIT = re.compile(r"\([^()]*[元分¥][^()]*\)$")
_SIGNS = re.compile(r"[\s`'\"\ufeff*]+")


@lru_cache(maxsize=1024)
def plain(header: str) -> str:
    """A header as it is compared: half-width, without blanks, back-ticks and unit.

    >>> plain("`收入金额（+元） ")
    '收入金额'
    """
    return _UNIT.sub("", _SIGNS.sub("", unicodedata.normalize("NFKC", header)))


_NEEDED: tuple[tuple[BillForm, tuple[tuple[str, ...], ...]], ...] = (
    (
        BillForm.WECHAT_MERCHANT_REFUND,
        (("微信订单号", "微信支付订单号"), ("退款申请时间", "退款成功时间"), ("退款金额",)),
    ),
    (
        BillForm.WECHAT_MERCHANT_ALL,
        (
            ("微信订单号", "微信支付订单号"),
            ("交易状态",),
            ("微信退款单号", "商户退款单号", "退款金额", "申请退款金额"),
        ),
    ),
    (
        BillForm.WECHAT_MERCHANT_SUCCESS,
        (
            ("微信订单号", "微信支付订单号"),
            ("交易状态",),
            ("应结订单金额", "总金额", "订单金额"),
        ),
    ),
    (BillForm.WECHAT_PERSONAL, (("交易类型",), ("收/支",), ("金额",), ("当前状态",))),
    (
        BillForm.ALIPAY_MERCHANT_ACCOUNT,
        (
            ("账务流水号", "支付宝流水号", "账户余额"),
            ("收入金额", "收入", "收支金额"),
            ("发生时间", "入账时间", "记账时间"),
        ),
    ),
    (
        BillForm.ALIPAY_MERCHANT_TRADE,
        (("支付宝交易号",), ("订单金额", "商家实收"), ("业务类型", "创建时间", "完成时间")),
    ),
    (
        BillForm.ALIPAY_PERSONAL,
        (("收/支", "资金状态"), ("金额",), ("交易订单号", "交易号", "交易分类", "交易状态")),
    ),
)
"""What each form must have, one of each group; the first form that fits is it."""


def recognise(cells: Sequence[str]) -> Layout | None:
    """The layout whose header row these cells are; None where they are no header of a bill."""
    names = [plain(cell) for cell in cells]
    present = set(names)
    if len(present) < 4:
        return None
    for form, groups in _NEEDED:
        if all(present.intersection(group) for group in groups):
            headers = [cell.strip(" \t`\ufeff") for cell in cells]
            while not headers[-1]:  # Alipay ends every line with a comma
                headers.pop()
            return Layout(form, tuple(headers), _placed(names), len(cells))
    return None


def _placed(names: Sequence[str]) -> dict[str, int]:
    where = {name: place for place, name in reversed(list(enumerate(names))) if name}
    return {
        field: where[known]
        for field, words in FIELDS.items()
        for known in words[::-1]
        if known in where
    }
