"""What a bench module measures: one number, its bar, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    ``bar`` is the promise in words ("≤ 2.5 ×"); ``ok`` says whether the number keeps it, ``None``
    where it has no bar and stands for comparison. ``note`` tells how it was measured.
    """

    name: str
    value: float
    unit: str
    bar: str = ""
    ok: bool | None = None
    note: str = ""
