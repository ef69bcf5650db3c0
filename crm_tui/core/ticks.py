"""Round values for the axis of a chart."""

from __future__ import annotations

from math import ceil, floor, log10


def nice_ticks(
    largest: float, wanted: int = 4, *, smallest: float = 0, whole: bool = True
) -> list[float]:
    """Round values from ``smallest``, which is not above 0, up to ``largest``: steps of 1, 2 or 5
    times a power of ten; ``whole`` ones where they reach from one to another.

    >>> nice_ticks(9382)
    [0.0, 2000.0, 4000.0, 6000.0, 8000.0]
    >>> nice_ticks(60, smallest=-20)
    [-20.0, 0.0, 20.0, 40.0, 60.0]
    >>> nice_ticks(1, whole=False)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    reach = largest - smallest
    if reach <= 0:
        return [0.0, 1.0]
    rough = reach / wanted
    magnitude = 10.0 ** floor(log10(rough))
    step = min((10, 5, 2, 1), key=lambda size: abs(size * magnitude - rough)) * magnitude
    if whole and reach >= 1:
        step = max(step, 1.0)
    places = range(ceil(smallest / step), floor(largest / step) + 1)
    return [round(place * step, 12) for place in places]
