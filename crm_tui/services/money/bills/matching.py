"""Which payment a line of a bill tells of, where no number says so: amount, time and payer.

Pure: no database, no clock. ``confidence`` is 0…1 and never 1, which is kept for numbers::

    0.9 × (½ × nearness + ½ × likeness of the payer)

Nearness halves every three hours between the two times, and is whole within five minutes. Where
another line or another payment would fit almost as well, the confidence is taken times 0.6: such a
match is proposed, and made by nobody but a person.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from crm_tui.core.text import fold

BY_NUMBER = 1.0
"""The confidence of a match by the channel's own number, or by the one that the books sent it."""
BY_ORDER = 0.95
"""The confidence of a match by the number of the order, or of the payment that is given back."""

_MOST_LIKELY = 0.9
_AT_ONCE = 300
_HALF = 3 * 3600
_RIVAL = 0.05
"""Who is nearer than this to the best is a rival."""
_WITH_RIVALS = 0.6
_NEAREST = 6
"""Payments before and after a line that are looked at; others are not likelier."""
_UNKNOWN, _OTHER = 0.7, 0.2
_OPENID = re.compile(r"[0-9A-Za-z_-]{20,}")
_ACCOUNT = re.compile(r"[(（]([^()（）]*)[)）]")


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved: a line of a bill, or a payment in the books."""

    id: int
    amount_fen: int
    """Positive for what came, negative for what went."""
    at: datetime
    names: tuple[str, ...] = ()
    """Of whom: what the bill says, or whatever the customer is known by."""


class Paid(NamedTuple):
    """The payment that a line tells of, and how sure that is."""

    payment_id: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Likely:
    """A line and the payment that it most likely tells of."""

    line_id: int
    payment_id: int
    confidence: float


def likely(
    lines: Sequence[Movement], payments: Sequence[Movement], window_hours: float
) -> list[Likely]:
    """At most one payment for each line and the other way round, the surest first."""
    pairs = sorted(_pairs(lines, payments, window_hours * 3600), key=lambda pair: -pair.confidence)
    of_line, of_payment = defaultdict(list), defaultdict(list)
    for pair in pairs:
        of_line[pair.line_id].append(pair.confidence)
        of_payment[pair.payment_id].append(pair.confidence)
    found: list[Likely] = []
    lines_done: set[int] = set()
    payments_done: set[int] = set()
    for pair in pairs:
        if pair.line_id in lines_done or pair.payment_id in payments_done:
            continue
        lines_done.add(pair.line_id)
        payments_done.add(pair.payment_id)
        rivalled = _has_rival(of_line[pair.line_id], pair) or _has_rival(
            of_payment[pair.payment_id], pair
        )
        sure = pair.confidence * (_WITH_RIVALS if rivalled else 1)
        found.append(Likely(pair.line_id, pair.payment_id, round(sure, 3)))
    return found


def _has_rival(confidences: Sequence[float], pair: Likely) -> bool:
    """Whether another pair of the same line or payment is nearly as sure; the pair itself is one
    of ``confidences``."""
    return sum(other > pair.confidence - _RIVAL for other in confidences) > 1


def _pairs(
    lines: Sequence[Movement], payments: Sequence[Movement], window: float
) -> Iterator[Likely]:
    """Every line with the payments of the same amount that lie near it in time."""
    by_amount: defaultdict[int, list[Movement]] = defaultdict(list)
    for payment in sorted(payments, key=attrgetter("at")):
        by_amount[payment.amount_fen].append(payment)
    times = {amount: [one.at for one in some] for amount, some in by_amount.items()}
    for line in lines:
        near = by_amount.get(line.amount_fen)
        if not near:
            continue
        known = times[line.amount_fen]
        first = max(bisect_left(known, line.at) - _NEAREST, 0)
        for payment in near[first : bisect_right(known, line.at) + _NEAREST]:
            gap = abs((payment.at - line.at).total_seconds())
            if gap <= window:
                sure = confidence(gap, likeness(line.names, payment.names))
                yield Likely(line.id, payment.id, sure)


def confidence(gap_seconds: float, alike: float) -> float:
    """How likely a payment of the same amount is the one, 0…0.9; formula: see the module.

    >>> confidence(60, 1.0), round(confidence(3 * 3600 + 300, 1.0), 3)
    (0.9, 0.675)
    """
    near: float = 0.5 ** (max(gap_seconds - _AT_ONCE, 0) / _HALF)
    return _MOST_LIKELY * (near + alike) / 2


def likeness(told: Sequence[str], known: Sequence[str]) -> float:
    """How well what a bill calls the payer fits what the customer is known by, 0…1.

    >>> likeness(["小鱼干12"], ["小鱼干12"]), likeness(["*明(138****8000)"], ["13800138000"])
    (1.0, 0.9)
    >>> likeness([""], ["小鱼干12"]), likeness(["北岸"], ["小鱼干12"])
    (0.7, 0.2)
    """
    payers = [name for name in map(fold, told) if name and not _OPENID.fullmatch(name)]
    names = [name for name in map(fold, known) if name]
    if not payers or not names:
        return _UNKNOWN
    return max(_alike(payer, name) for payer in payers for name in names)


def _alike(payer: str, name: str) -> float:
    if payer == name:
        return 1.0
    parts = [_ACCOUNT.sub("", payer).strip(), *_ACCOUNT.findall(payer)]
    for part in filter(None, parts):
        if part == name:
            return 1.0
        if "*" in part and part.strip("*") and re.fullmatch(_masked(part), name):
            return 0.9
    return _OTHER


def _masked(part: str) -> str:
    return r".+".join(map(re.escape, re.split(r"\*+", part)))
