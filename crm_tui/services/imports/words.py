"""The words that studios use for states, kinds, channels and the like, and what they mean here.

They are data (``data/import_words.toml``), to be added to as studios bring new ones.

Compared width-folded, case-folded and without blanks. A word that contains a known one means the
same (``微信支付（扫码）``), unless the longer word is known itself (``未付款`` is not ``付款``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

from crm_tui.core.text import fold
from crm_tui.core.words import (
    LABELS,
    DispatchMode,
    Gender,
    OrderKind,
    OrderStatus,
    PayChannel,
    PaymentKind,
    Presence,
    SourceChannel,
    Word,
)

Known = TypeVar("Known", bound=Word)
_SYMBOLS = re.compile(r"[\s()（）\[\]【】<>《》:：,，.。!！✓✔√×✗✘☑❌✅_/-]+")


_WORDS: dict[str, dict[str, str]] = tomllib.loads(
    files("crm_tui").joinpath("data", "import_words.toml").read_text(encoding="utf-8")
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """``text`` as words are compared: folded, without blanks and signs."""
    return _SYMBOLS.sub("", fold(text))


def _vocabulary(table: str, vocabulary: type[Known]) -> dict[str, Known]:
    """The words of a table, and our own labels, so that an export can be read again."""
    words = {
        word: vocabulary(known) for known, line in _WORDS[table].items() for word in line.split()
    }
    labels = {plain(label): vocabulary(value) for value, label in LABELS[vocabulary].items()}
    return labels | words


ORDER_STATUS = _vocabulary("order_status", OrderStatus)
ORDER_KIND = _vocabulary("order_kind", OrderKind)
GENDER = _vocabulary("gender", Gender)
PAY_CHANNEL = _vocabulary("pay_channel", PayChannel)
PAYMENT_KIND = _vocabulary("payment_kind", PaymentKind)
PRESENCE = _vocabulary("presence", Presence)
SOURCE_CHANNEL = _vocabulary("source_channel", SourceChannel)
DISPATCH_MODE = _vocabulary("dispatch_mode", DispatchMode)

_DENIALS = ("未", "没", "没有", "不", "非", "待", "无", "not", "un", "in", "no")

TOTALS = frozenset(_WORDS["sums"]["words"].split())
"""Words that make a row a sum of others."""
BLANKS = frozenset(_WORDS["blanks"]["signs"].split())
"""Signs that people put where nothing is known."""


def meaning(text: str, vocabulary: Mapping[str, Known]) -> Known | None:
    """What ``text`` means in ``vocabulary``; None if it is not known there.

    An exact word first; then the longest known word that ``text`` contains, the last of equals
    (``已完成未付款`` is unpaid), unless it is denied (``未完成`` is unknown, not done).
    """
    word = plain(text)
    if word in vocabulary:
        return vocabulary[word]
    inside = [
        (len(known), word.rfind(known), known) for known in vocabulary if _inside(known, word)
    ]
    return vocabulary[max(inside)[2]] if inside else None


def _inside(known: str, word: str) -> bool:
    """Whether ``word`` says ``known`` among other things, and does not deny it."""
    at = word.rfind(known)
    long_enough = len(known) >= (4 if known.isascii() else 2)
    return at >= 0 and long_enough and not word[:at].endswith(_DENIALS)


def is_total(text: str) -> bool:
    """Whether a cell says that its row is a sum: ``合计``, ``总计：``, ``Total (30)``."""
    word = plain(text).rstrip("0123456789元单笔条人¥￥共")
    return word in TOTALS
