"""Numbers as they are written in Chinese: 十二, 九十, 一百二十, 两."""

from __future__ import annotations

import re
from unicodedata import numeric

NUMERALS = "零〇一二两俩三仨四五六七八九十百"
_RUN = re.compile(f"[{NUMERALS}]+")
_SPOKEN = str.maketrans("两俩仨", "二二三")


def number(written: str) -> int:
    """The number that ``written`` names, up to 999; digits side by side are read as such (二一).

    >>> number("两"), number("十二"), number("九十"), number("一百零五"), number("一百二")
    (2, 12, 90, 105, 120)
    """
    values = [int(numeric(char)) for char in written.translate(_SPOKEN)]
    if not any(value >= 10 for value in values):
        return int("".join(map(str, values)))
    total = last = 0
    unit = 10
    for value in values:
        if value < 10:
            last, unit = value, 1 if value == 0 else unit
        else:
            total, last, unit = total + (last or 1) * value, 0, max(value // 10, 1)
    return total + last * (unit if last and values[-2] >= 10 else 1)


def digits(text: str) -> str:
    """``text`` with every run of Chinese numerals as digits; 半 stays.

    >>> digits("两个半小时"), digits("晚上八点二十")
    ('2个半小时', '晚上8点20')
    """
    return _RUN.sub(lambda run: str(number(run.group())), text)
