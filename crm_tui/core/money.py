"""Money is integer fen (1 yuan = 100 fen). Nothing else is added, stored or compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

_SIGNS = str.maketrans({"¥": "", "￥": "", "元": "", ",": "", "，": "", " ": "", "\t": "", "`": ""})
_AMOUNT = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
LARGEST_FEN = 10**13
"""Larger amounts are typing or import errors, and would leave the database's exact range."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in fen. Adds, subtracts, negates and compares; never a float."""

    fen: int

    @classmethod
    def parse(cls, text: str | int | float | Decimal) -> Self:
        """Read an amount in yuan as people write it: ``60``, ``¥60.00``, ``60元``, ``1,200``.

        Raises ``ValueError`` for anything else, for more than two decimals, and beyond the range.
        """
        if isinstance(text, float):
            text = repr(round(text, 6))
        cleaned = str(text).translate(_SIGNS).strip()
        if not _AMOUNT.fullmatch(cleaned):
            raise ValueError(f"not an amount: {text!r}")
        try:
            fen = Decimal(cleaned) * 100
        except InvalidOperation as error:
            raise ValueError(f"not an amount: {text!r}") from error
        if fen != fen.to_integral_value():
            raise ValueError(f"more than two decimals: {text!r}")
        if abs(fen) > LARGEST_FEN:
            raise ValueError(f"amount out of range: {text!r}")
        return cls(int(fen))

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __neg__(self) -> Money:
        return Money(-self.fen)

    def __str__(self) -> str:
        return yuan(self.fen)


def yuan(fen: int) -> str:
    """``fen`` as yuan with two decimals and thousands separators: ``938250`` → ``9,382.50``."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def share_of(fen: int, basis_points: int) -> int:
    """``basis_points`` hundredths of a per cent of ``fen``, rounded half up, in fen."""
    exact = Decimal(fen) * basis_points / 10_000
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
