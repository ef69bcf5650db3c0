"""Columns out of the database in one piece each.

A select of :func:`piece` answers one row, with a text for each column that holds all values in the
same order; :func:`numbers` and :func:`words` take them apart. Three thousand companions as rows are
three thousand tuples for each look at an order, and the pauses of the garbage collector that they
bring about are longer than the look.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Text, cast, func

from crm_tui.services.dispatch.columns import Floats
from crm_tui.storage.store import ReadWork

_BETWEEN_NUMBERS, _BETWEEN_WORDS = ",", "\x1f"
_NOTHING = -(2**62)
"""The whole number that stands for NULL on the way."""


def piece(value: Any, *, text: bool = False) -> ColumnElement[str]:
    """All values of a column, whole numbers or text; a unit separator within becomes a blank."""
    told: Any = func.coalesce(cast(value, Text), "" if text else str(_NOTHING))
    if not text:
        return func.aggregate_strings(told, _BETWEEN_NUMBERS)
    return func.aggregate_strings(func.replace(told, _BETWEEN_WORDS, " "), _BETWEEN_WORDS)


def numbers(told: str | None) -> Floats:
    """The numbers of a piece; NaN for nothing. They are exact up to 2**53."""
    whole = np.fromstring(told or "", np.int64, sep=_BETWEEN_NUMBERS)
    return np.where(whole == _NOTHING, np.nan, whole)


def ids(told: str | None) -> list[int]:
    """The ids of a piece, of which there are few."""
    return [int(each) for each in told.split(_BETWEEN_NUMBERS)] if told else []


def words(told: str | None) -> list[str]:
    """The texts of a piece, which has one a row: an empty piece is no row at all."""
    return [] if told is None else told.split(_BETWEEN_WORDS)


def read_numbers(work: ReadWork, query: Any, known: dict[str, Any] | None = None) -> list[Floats]:
    """The columns of a query whose pieces are all numbers."""
    return [numbers(each) for each in work.session.connection().execute(query, known or {}).one()]
