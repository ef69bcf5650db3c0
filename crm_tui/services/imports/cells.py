"""What the cells of a studio's spreadsheet mean: text, numbers, amounts, shares, ratings, lists.

Every reader takes a cell as the file gave it and returns the value, an empty one for a blank
cell, or raises :class:`BadCell` with the code of the reason. Dates and durations: ``times``.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.text import FORMULA_STARTS, fold, squeeze
from crm_tui.services.customers.rules import PhoneProblem, normalise_phone
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.imports.words import BLANKS

Cell = str | float | int | bool | datetime | date | time | timedelta | None
"""A cell as the spreadsheet stores it; CSV has only texts."""

EXACT_LIMIT = 10**15
"""From here on a number cell no longer holds every digit that was typed."""

_LONGEST_SIGN = 2 * max(map(len, BLANKS))
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?e[+-]?\d+", re.IGNORECASE)
_LIST = re.compile(r"[、,，/;；|\n]+")
_AMOUNT_WORDS = re.compile(r"人民币|rmb|cny|yuan|[¥￥元块圆,，\s`]", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_SPOKEN_DIVISION = re.compile(r"^([一二三四五六七八九])([一二三四五六七八九])(?=$|分|开)")
_DIVISION = re.compile(r"(\d{1,2})(?:[:/比])(\d{1,2})(?:分成?|开)?")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(%|成)?")
_RATING = re.compile(r"(\d+(?:\.\d+)?)\s*(?:分|星级?|颗星|stars?|/5)?", re.IGNORECASE)
_CHINESE_DIGITS = {"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5"} | {
    "六": "6", "七": "7", "八": "8", "九": "9", "十": "10"
}  # fmt: skip
_RATING_WORDS = {
    "好评": 5, "非常满意": 5, "很满意": 5, "满意": 4, "一般": 3, "中评": 3, "不满意": 2, "差评": 1,
    "非常不满意": 1, "很差": 1, "excellent": 5, "good": 4, "average": 3, "poor": 2, "bad": 1,
}  # fmt: skip


def text(cell: Cell) -> str:
    """The cell as text on one line, white space squeezed; whole numbers without ``.0``.

    The apostrophe that keeps a spreadsheet from reading ``'=1+1`` as a formula is taken off.
    """
    if cell is None:
        return ""
    if isinstance(cell, str) and "'" not in cell:
        return squeeze(cell.replace("\x00", ""))
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT_LIMIT * 10:
        return str(int(cell))
    shown = str(cell)
    guarded = shown[:1] == "'" and shown[1:2] in FORMULA_STARTS
    return squeeze((shown[1:] if guarded else shown).replace("\x00", ""))


def is_blank(cell: Cell) -> bool:
    """Whether the cell holds nothing, or a sign that people put where nothing is known."""
    if cell is None or cell == "":
        return True
    if not isinstance(cell, str):
        return False
    return not cell.strip() if len(cell) > _LONGEST_SIGN else _says_nothing(cell)


@lru_cache(maxsize=4096)
def _says_nothing(short: str) -> bool:
    shown = fold(short)
    return shown == "" or shown in BLANKS


def words(cell: Cell) -> str:
    """The cell as text; the signs for *nothing* read as nothing."""
    return "" if is_blank(cell) else text(cell)


def identifier(cell: Cell) -> str:
    """A number or name that must be right to the last sign: ids, order numbers.

    Raises ``number_damaged`` where the spreadsheet has already lost digits.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= EXACT_LIMIT:
        raise BadCell("number_damaged")
    shown = unicodedata.normalize("NFKC", words(cell)).strip("`'\" ")
    if shown.isalnum() and shown.isascii():
        return shown
    if _SCIENTIFIC.fullmatch(shown) and "+" in shown:
        raise BadCell("number_damaged")
    if "\ufffd" in shown:
        raise BadCell("text_damaged")
    return shown


def phone(cell: Cell) -> str:
    """A mobile number as 11 digits. Raises ``phone_damaged``, ``phone_invalid``."""
    shown = words(cell)
    if not shown.strip("0"):
        return ""
    if isinstance(cell, (int, float)) and abs(cell) >= EXACT_LIMIT:
        raise BadCell("phone_damaged")
    try:
        return normalise_phone(shown)
    except PhoneProblem as problem:
        raise BadCell(problem.code) from problem


def amount(cell: Cell, *, in_fen: bool = False) -> int | None:
    """An amount in fen; computed number cells are rounded half up. None for a blank cell."""
    if is_blank(cell) or isinstance(cell, bool):
        return None
    if isinstance(cell, (datetime, date, time, timedelta)):
        raise BadCell("bad_amount")
    cleaned = _AMOUNT_WORDS.sub("", unicodedata.normalize("NFKC", str(cell)))
    if cleaned in ("免费", "free"):
        return 0
    if isinstance(cell, str) and not _AMOUNT.fullmatch(cleaned):
        raise BadCell("bad_amount")
    try:
        exact = Decimal(cleaned) * (1 if in_fen else 100)
        if not exact.is_finite() or abs(exact) > LARGEST_FEN:
            raise BadCell("bad_amount")
        fen = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation as error:
        raise BadCell("bad_amount") from error
    if fen < 0:
        raise BadCell("negative_amount")
    return fen


def share(cell: Cell, *, smaller: bool = False) -> int | None:
    """A share as basis points: ``20%``, ``0.2``, ``20``, ``8成``. None for a blank cell.

    Of a division such as ``八二`` or ``8:2`` it is the larger part, or the ``smaller``.
    """
    if is_blank(cell) or isinstance(cell, bool):
        return None
    shown = unicodedata.normalize("NFKC", text(cell)).replace(" ", "")
    shown = _SPOKEN_DIVISION.sub(r"\1:\2", shown)
    for sign, digit in _CHINESE_DIGITS.items():
        shown = shown.replace(sign, digit)
    division = _DIVISION.fullmatch(shown)
    if division:
        parts = sorted((int(division[1]), int(division[2])))
        if sum(parts) not in (10, 100):
            raise BadCell("bad_share")
        return parts[0 if smaller else 1] * (10_000 // sum(parts))
    match = _SHARE.fullmatch(shown)
    if not match:
        raise BadCell("bad_share")
    number, unit = Decimal(match[1]), match[2]
    if number > 100:
        raise BadCell("bad_share")
    if unit == "成":
        per_unit = 1000
    elif unit == "%" or number > 1:
        per_unit = 100
    else:
        per_unit = 10_000
    points = int((number * per_unit).quantize(Decimal(1), ROUND_HALF_UP))
    if points > 10_000:
        raise BadCell("bad_share")
    return points


def rating(cell: Cell) -> int | None:
    """A rating from 1 to 5; halves are rounded up. None for a blank cell or a nought."""
    if is_blank(cell) or isinstance(cell, bool):
        return None
    shown = fold(text(cell)).replace(" ", "")
    if shown in _RATING_WORDS:
        return _RATING_WORDS[shown]
    if shown.strip("★☆⭐✩🌟\ufe0f") == "":
        return sum(shown.count(star) for star in "★⭐🌟") or None
    shown = _CHINESE_DIGITS.get(shown[0], shown[0]) + shown[1:]
    match = _RATING.fullmatch(shown)
    if not match or Decimal(match[1]) > 10:
        raise BadCell("bad_rating")
    stars = int(Decimal(match[1]).quantize(Decimal(1), ROUND_HALF_UP))
    if stars > 5:
        raise BadCell("bad_rating")
    return stars or None


def items(cell: Cell) -> tuple[str, ...]:
    """The parts of a list such as ``夜猫子、话少``, in order, each once."""
    if is_blank(cell):
        return ()
    return _parted(cell.replace("\x00", "") if isinstance(cell, str) else text(cell))


@lru_cache(maxsize=4096)
def _parted(raw: str) -> tuple[str, ...]:
    parts = (squeeze(part) for part in _LIST.split(raw))
    return tuple(dict.fromkeys(part for part in parts if part))
