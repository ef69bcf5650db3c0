"""A personal value as everybody may see it. Being masked is its type, not a habit of screens."""

from __future__ import annotations

from typing import Self

_BEGINNING, _END = 3, 4
_LONG = 11
_SHORT_END = 2


class Masked(str):
    """A phone number of which only the beginning and the end are left: ``138****8000``.

    It is made from the whole number and does not hold it: whoever has a ``Masked`` can't show
    more. Shorter texts keep at most their last two characters, an empty one stays empty.

    >>> Masked("13800138000"), Masked("12345"), Masked("123"), Masked("")
    ('138****8000', '****45', '****', '')
    """

    __slots__ = ()

    def __new__(cls, whole: str) -> Self:
        if not whole:
            return super().__new__(cls, "")
        if len(whole) >= _LONG:
            return super().__new__(cls, f"{whole[:_BEGINNING]}****{whole[-_END:]}")
        end = whole[-_SHORT_END:] if len(whole) > _SHORT_END * 2 else ""
        return super().__new__(cls, f"****{end}")
