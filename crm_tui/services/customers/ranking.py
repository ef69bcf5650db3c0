"""How well the keys of a customer fit what was typed, in bits: to be added to what recency and
frequency say (:func:`rules.likelihood`). Pure.

Each bit stands for "twice as likely meant". Somebody who types three signs rather means a key of
three signs than one of ten, whatever kind it is: so initials, a tag or four digits that were typed
in full come before what only begins like that.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from crm_tui.services.customers.keys import LONGEST_KEY, WHOLE

BEGINNING = 2.0
"""What was typed begins a name or identity, and does not stand inside it or in its pinyin."""
EQUAL = 2.0
"""Initials, a tag, four digits … were typed in full; not the end of a name."""
IN_FULL = 12.0
"""A name was typed in full that nobody else bears; each doubling of its bearers takes 1 away."""

_SIGNS = [0.0, *(log2(length) for length in range(1, 2 * LONGEST_KEY + 1))]


def in_full(bearers: int) -> float:
    """What it tells that a name was typed in full which so many customers bear.

    >>> in_full(1), in_full(64), in_full(0)
    (12.0, 6.0, 12.0)
    """
    return max(IN_FULL - log2(max(bearers, 1)), 0.0)


def fit(forms: Sequence[str], keys: str, gain_in_full: float) -> float:
    """How well a word in these forms fits ``keys`` (as :func:`keys.join_keys` gives them): the
    best of the keys that it begins, 0 if it begins none.

    >>> keys = " 12 xiaoyu12 xy12 小鱼12= 鱼12 "
    >>> [fit([typed], keys, 12.0) for typed in ("小鱼12", "xy12", "xy", "小鱼", "鱼12")]
    [12.0, 2.0, -1.0, 1.0, 0.0]
    """
    best: float | None = None
    for form in forms:
        start = keys.find(" " + form)
        while start >= 0:
            end = keys.index(" ", start + 1)
            whole = keys[end - 1] == WHOLE
            length = end - start - 1 - whole
            gain = _SIGNS[len(form)] - _SIGNS[length]
            if length == len(form):
                inside = not form.isdigit() and f"{form}{WHOLE} " in keys
                gain += gain_in_full if whole else 0.0 if inside else EQUAL
            elif whole:
                gain += BEGINNING
            if best is None or gain > best:
                best = gain
            start = keys.find(" " + form, end)
    return best or 0.0
