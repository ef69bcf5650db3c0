"""How far long work is, and when it will be through."""

from __future__ import annotations

from crm_tui.core.language import _

_TELLING_SECONDS = 2.0
"""What was done in less says nothing of how long the rest takes."""


def span(seconds: float) -> str:
    """``seconds`` as ``m:ss``, from 100 minutes on as ``2h05``, from 100 hours on as ``4d``.

    >>> span(724), span(7500), span(400_000)
    ('12:04', '2h05', '4d')
    """
    whole = int(abs(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes < 100:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}" if hours < 100 else f"{hours // 24}d"


def progress(done: int, total: int, seconds: float) -> str:
    """How much of ``total`` is done and, where the ``seconds`` since it began tell it, how long
    the rest takes.

    >>> progress(0, 400, 9), progress(100, 400, 1), progress(100, 400, 20)
    ('0%', '25%', '25% · 1:00 left')
    """
    share = f"{done / total:.0%}" if total else "100%"
    if not 0 < done < total or seconds < _TELLING_SECONDS:
        return share
    left = _("{time} left").format(time=span(seconds / done * (total - done)))
    return f"{share} · {left}"
