"""Which of several readings of one part holds: the first, the corrected, or none for sure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from crm_tui.core.words import OrderKind
from crm_tui.services.paste.page import Page
from crm_tui.services.paste.pieces import How, Part, Piece
from crm_tui.services.paste.vocabulary import pattern

_BREAK = re.compile(r"[,，。;；\n!?、]|\s")
_OF_PERSON = frozenset((Part.NICK, Part.PHONE, Part.WECHAT, Part.QQ, Part.NOTE))
_MANY = frozenset((Part.TAG, Part.NOTE))


def settle(page: Page, pieces: list[Piece]) -> tuple[tuple[Piece, ...], tuple[Piece, ...], bool]:
    """The piece that holds for each part, the pieces that do not, and whether a second order
    begins somewhere; both in the order of the text."""
    cut = _second_order(page, pieces)
    several = cut is not None
    here: list[Piece] = []
    others: list[Piece] = []
    for piece in pieces:
        first = cut is None or piece.start < cut or piece.part in _OF_PERSON
        (here if first else others).append(piece)
    by_part: defaultdict[Part, list[Piece]] = defaultdict(list)
    for piece in here:
        by_part[piece.part].append(piece)
    taken: list[Piece] = []
    for part, found in by_part.items():
        if part in _MANY:
            taken += found
            continue
        best, rest = _best(page, found)
        taken.append(best)
        others += rest
    return _ordered(taken), _ordered(others), several


def _ordered(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))


def _second_order(page: Page, pieces: list[Piece]) -> int | None:
    """Where a second order begins: at words that say so, or before the second game."""
    asked = [
        p.start for p in pieces if p.part in (Part.GAME, Part.MINUTES) and p.how is not How.STUDIO
    ]
    if not asked:
        return None
    cuts = []
    for match in pattern("another").finditer(page.folded, min(asked) + 1):
        if any(start > match.start() for start in asked):
            cuts.append(match.start())
    games = sorted((p for p in pieces if p.part is Part.GAME and p.sure), key=lambda p: p.start)
    for first, second in pairwise(games):
        if second.value != first.value and not _joined(page, first, second):
            breaks = [m.start() for m in _BREAK.finditer(page.folded, first.end, second.start)]
            cuts.append(_clause(page, breaks, second.start))
            break
    return min(cuts, default=None)


def _clause(page: Page, breaks: list[int], start: int) -> int:
    """The beginning of the sentence before ``start``."""
    marked = [at for at in breaks if not page.folded[at].isspace() or page.folded[at] == "\n"]
    return (marked or breaks or [start])[-1]


def _joined(page: Page, first: Piece, second: Piece) -> bool:
    between = page.folded[first.end : second.start]
    return bool(pattern("correction").search(between) or _choice(between))


def _choice(between: str) -> bool:
    return len(between) <= 8 and bool(pattern("alternative").search(between) or "/" in between)


def _best(page: Page, found: list[Piece]) -> tuple[Piece, list[Piece]]:
    """The one that counts, and those that say something else."""
    found = sorted(found, key=lambda piece: (_weight(piece), piece.start))
    best = found[0]
    rivals = [p for p in found[1:] if p.value != best.value]
    equals = [p for p in rivals if _weight(p) == _weight(best)]
    for later in equals:
        if pattern("correction").search(page.folded, best.end, later.start):
            return later, [p for p in found if p.value != later.value]
    if equals and best.part is not Part.KIND:
        best = replace(best, sure=False, how=How.CHOICE)
    return best, rivals


def _weight(piece: Piece) -> int:
    """The less, the more it counts."""
    if piece.how is How.STUDIO:
        return 5
    if not piece.sure:
        return 4
    if piece.how is How.LABEL:
        return 0
    vague = piece.part is Part.START and piece.value is None
    general = piece.value is OrderKind.COMPANION
    return 3 if vague or general else 2 if piece.how is How.COUNTED else 1
