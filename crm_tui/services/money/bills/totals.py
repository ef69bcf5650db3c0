"""The totals that a bill states of itself, above or below its lines, held against the lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crm_tui.core.language import N_, _
from crm_tui.core.money import Money
from crm_tui.services.money.bills.forms import BillForm, plain
from crm_tui.services.money.bills.rowreader import BEIJING, moment

NO_TOTALS = N_("The bill states no totals: its end may be missing.")
DAMAGED_TOTALS = N_("The totals that the bill states are damaged.")

_WECHAT_TOTALS = {
    "总交易单数": "lines",
    "总交易笔数": "lines",
    "应结订单总金额": "settled_fen",
    "总交易额": "settled_fen",
    "退款总金额": "refunded_fen",
    "总退款金额": "refunded_fen",
    "充值券退款总金额": "coupon_refunded_fen",
    "总企业红包退款金额": "coupon_refunded_fen",
    "总代金券或立减优惠退款金额": "coupon_refunded_fen",
    "手续费总金额": "fees_fen",
    "总手续费": "fees_fen",
    "订单总金额": "orders_fen",
    "申请退款总金额": "refunds_asked_fen",
}
_PERSONAL = re.compile(
    r"(?<![待\w])(?:已)?(收入|支出|中性交易|不计收支)\s*[:：]\s*([\d,]+)\s*笔\s*[,，]?\s*([\d,.]+)\s*元"
)
_PERSONAL_NAMES = {
    "收入": "income", "支出": "expense", "中性交易": "neutral", "不计收支": "neutral",
}  # fmt: skip
_RECORDS = re.compile(r"共\s*([\d,]+)\s*笔(?:记录)?")
_FOOT = re.compile(r"(交易|退款|收入|支出)合计\s*[:：]\s*(?:([\d,]+)\s*笔)?([^#]*)")
_SUM = re.compile(r"([^，,；;：:\d]*?)共?\s*(-?[\d,]+(?:\.\d+)?)\s*元")
_FOOT_NAMES = {
    "交易": ("payments", "received_fen", "discount_fen"),
    "退款": ("refunds", "refunded_fen", "refund_discount_fen"),
    "收入": ("income", "income_fen", ""),
    "支出": ("expense", "expense_fen", ""),
}
_PERIOD = re.compile(
    r"起始(?:时间|日期)\s*[:：]\s*\[?([^\]]*?)\]?\s*(?:终止|结束|截止)(?:时间|日期)\s*[:：]\s*\[?([^\],]*)"
)


@dataclass(slots=True)
class Totals:
    """What the bill states, what its lines add up to, and what is wrong with what it states.

    Keys ending ``_fen`` are fen, the others counts.
    """

    form: BillForm
    stated: dict[str, int] = field(default_factory=dict)
    damaged: bool = False
    periods: list[tuple[str, str]] = field(default_factory=list)
    """From and until as the bill writes them, of each bill that the file holds."""
    _sums: Counter[str] = field(default_factory=Counter)
    _lines: int = 0
    _heads: list[str] = field(default_factory=list)
    _above: dict[str, int] = field(default_factory=dict)
    """What bills state that stand above in the same file."""

    def days(self) -> tuple[datetime, datetime] | None:
        """From when, and before when, the bill says that it tells of; None where it does not."""
        if not self.periods:
            return None
        try:
            start = min(moment(shown) for shown, _until in self.periods)
            end = max(moment(shown) for _from, shown in self.periods)
        except ValueError:
            return None
        midnight = end.astimezone(BEIJING).time() == time()
        return start, end if midnight else end + timedelta(seconds=1)

    @property
    def awaited(self) -> bool:
        """Whether the header of the totals was there, and the next row brings them."""
        return bool(self._heads)

    def add(self, sums: Mapping[str, int | Decimal]) -> None:
        """Add what one line brings."""
        self._lines += 1
        for name, value in sums.items():
            if value:
                self._sums[name] += value  # type: ignore[assignment]

    def after_lines(self) -> None:
        """What is stated from here on is of the lines since, and comes to what was stated: people
        put the bills of several days into one file."""
        self._above = dict(self.stated)

    def hear(self, cells: Sequence[str], row: str) -> bool:
        """Take in a row that is not data. Answers whether it states totals, or should have."""
        names = [plain(cell) for cell in cells]
        if self._heads or (names and names[0] in _WECHAT_TOTALS):
            self._hear_wechat(names)
            return True
        if match := _PERIOD.search(row):
            self.periods.append((match[1].strip(), match[2].strip()))
            return False
        if "合计" in row and (match := _FOOT.search(row)):
            self._hear_foot(match[1], match[2], match[3])
            return True
        if (match := _RECORDS.search(row)) and self.form in _OF_PERSONS:
            self._state("lines", match[1])
        for name, count, money in _PERSONAL.findall(row):
            key = _PERSONAL_NAMES[name]
            self._state(key, count)
            self._state(f"{key}_fen", money)
        return False

    def hear_bare(self, cells: Sequence[str]) -> bool:
        """Take in a line of bare numbers below the data: totals whose header is lost."""
        wanted = self.form.of_merchant and self.form.value.startswith("wechat")
        filled = [cell for cell in cells if cell]
        if not wanted or not 0 < len(filled) <= 7:
            return False
        if not all(re.fullmatch(r"-?[\d,]*\.?\d*", cell) for cell in filled):
            return False
        self.damaged = True
        return True

    def _hear_wechat(self, names: Sequence[str]) -> None:
        """The header of the totals, then the totals."""
        if not self._heads:
            self._heads = [name for name in names if name]
            self.damaged = True  # until the values are there
            return
        keys = [_WECHAT_TOTALS.get(name) for name in self._heads]
        self.damaged = len(keys) > len(names)
        for key, value in zip(keys, names, strict=False):
            if key:
                self._state(key, value)
        self._heads = []

    def _hear_foot(self, name: str, count: str | None, rest: str) -> None:
        counted, money, discount = _FOOT_NAMES[name]
        amounts = _SUM.findall(rest)
        if count is None or not amounts:
            self.damaged = True
        if count is not None:
            self._state(counted, count)
        for words, amount in amounts:
            if "优惠" not in words:
                self._state(money, amount)
            elif discount:
                self._state(discount, amount)

    def _state(self, key: str, shown: str) -> None:
        try:
            value = _fen(shown) if key.endswith("_fen") else _count(shown)
            self.stated[key] = self._above.get(key, 0) + value
        except ValueError:
            self.damaged = True

    def read(self) -> dict[str, int]:
        """What the lines add up to, under the names of what is stated (all, if nothing is)."""
        known = {name: _whole(value) for name, value in self._sums.items()}
        known["lines"] = self._lines
        names = self.stated or known
        return {name: known.get(name, 0) for name in names}

    def agree(self) -> bool:
        """Whether everything stated is what the lines add up to, and nothing of it is damaged.

        A merchant's bill must state totals; a personal one may have lost them.
        """
        read = self.read()
        differing = {name for name, value in self.stated.items() if abs(value) != abs(read[name])}
        if differing == {"lines"} and self.stated["lines"] == self._payments():
            differing = set()  # some count the payments only
        complete = bool(self.stated) or not self.form.of_merchant
        return complete and not self.damaged and not differing

    def _payments(self) -> int:
        return _whole(self._sums["payments"])

    def notes(self) -> list[str]:
        """What a person should know of the totals, in the language in force."""
        if self.damaged:
            return [_(DAMAGED_TOTALS)]
        return [] if self.stated else [_(NO_TOTALS)]

    def document(self) -> dict[str, Any]:
        """``stated``, ``read``, ``agree`` of CLI.md, and ``notes``."""
        return {
            "stated": dict(self.stated),
            "read": self.read(),
            "agree": self.agree(),
            "notes": self.notes(),
        }


_OF_PERSONS = (BillForm.WECHAT_PERSONAL, BillForm.ALIPAY_PERSONAL)


def _count(shown: str) -> int:
    return int(shown.replace(",", "").removesuffix("笔"))


def _fen(shown: str) -> int:
    """An amount that is stated, in fen; fees have more decimals than two."""
    cleaned = shown.replace(",", "").replace("¥", "").removesuffix("元")
    whole, _point, rest = cleaned.partition(".")
    if len(rest) <= 2:
        return Money.parse(cleaned).fen
    Money.parse(whole)
    if not rest.isdigit():
        raise ValueError(shown)
    return _whole(Decimal(cleaned) * 100)


def _whole(value: int | Decimal) -> int:
    if isinstance(value, int):
        return value
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
