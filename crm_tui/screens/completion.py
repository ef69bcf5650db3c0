"""What completes the ``:`` line: the registry for words, the store for their arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crm_tui.config import THEMES
from crm_tui.core.errors import CrmError
from crm_tui.core.language import LANGUAGES
from crm_tui.core.text import clean, fold
from crm_tui.core.words import PayChannel
from crm_tui.screens import path_completion
from crm_tui.screens.prompt import Completion
from crm_tui.screens.registry import REGISTRY

if TYPE_CHECKING:
    from crm_tui.screens.desk import Desk
    from crm_tui.storage.store import ReadWork

MOST = 30
"""Suggestions offered for one argument."""


async def complete_line(
    line: str, desk: Desk | None, here: Mapping[str, tuple[str, ...]] | None = None
) -> Completion:
    """What may follow ``line``; nothing where the store can't say.

    ``here`` holds what the screen itself knows, by kind of argument.
    """
    unfinished = REGISTRY.unfinished(line)
    if unfinished is None:
        return Completion()
    if unfinished.argument is None:
        words = REGISTRY.complete_word(unfinished.typed)
        return Completion(unfinished.before, [] if words == [unfinished.typed] else words)
    kind = unfinished.argument.kind
    if fixed := FIXED.get(kind) or (here or {}).get(kind):
        wanted = fold(unfinished.typed)
        return Completion(
            unfinished.before, [word for word in fixed if fold(word).startswith(wanted)][:MOST]
        )
    if kind == "file":
        files = await asyncio.to_thread(path_completion.suggest, unfinished.typed)
        return Completion(unfinished.before, [each.text for each in files])
    query = QUERIES.get(kind)
    if query is None or desk is None:
        return Completion()
    try:
        found = await asyncio.to_thread(desk.read, lambda work: query(work, unfinished.typed))
    except CrmError:
        return Completion()
    return Completion(unfinished.before, [_quoted(clean(word)) for word in found[:MOST]])


def _orders(work: ReadWork, typed: str) -> list[str]:
    from crm_tui.services.orders import reads

    wanted = fold(typed)
    return [row.no for row in reads.board(work) if wanted in fold(f"{row.no} {row.customer}")]


def _companions(work: ReadWork, typed: str) -> list[str]:
    from crm_tui.services.companions import lookup

    return [hit.row.nick for hit in lookup.find(work, typed, MOST)]


def _customers(work: ReadWork, typed: str) -> list[str]:
    from crm_tui.services.customers import reads

    return [hit.nick for hit in reads.find(work, typed, limit=MOST)] if typed.strip() else []


QUERIES: dict[str, Callable[[ReadWork, str], list[str]]] = {
    "order": _orders,
    "companion": _companions,
    "customer": _customers,
}
"""By kind of argument: what the store knows of it."""

FIXED: dict[str, tuple[str, ...]] = {
    "theme": THEMES,
    "language": tuple(LANGUAGES),
    "channel": tuple(PayChannel),
    "minutes": ("30", "60", "90", "120"),
}
"""By kind of argument: words that never change."""


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
