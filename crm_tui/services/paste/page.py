"""The text as its readers see it: folded character by character, what was understood struck out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from crm_tui.services.paste.vocabulary import SIMPLIFIED

LONGEST = 10_000
"""Characters that are read; an order is not longer."""
STRUCK = "\x00"
"""Stands in place of every character that has been understood; no pattern fits it."""


_LONG_BLANK = re.compile(r"\s+(?=\s\s)")
"""Of a long blank the last two characters are left: patterns with blanks in them stay quick."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the page."""

    start: int
    end: int


class Page:
    """A text that is being read.

    ``rest`` has the length of ``text``, so that places in one are places in the other: widths and
    cases folded, and :data:`STRUCK` where somebody has read already.
    """

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST].replace(STRUCK, " ")
        self.folded = "".join(map(_folded, self.text))
        self.rest = _LONG_BLANK.sub(lambda run: STRUCK * len(run.group()), self.folded)

    @property
    def whole(self) -> Span:
        """All of it."""
        return Span(0, len(self.text))

    def find(self, pattern: re.Pattern[str], span: Span) -> Iterator[re.Match[str]]:
        """Where ``pattern`` fits what is left of ``span``, from its beginning.

        What is struck out while this runs is not found any more.
        """
        at = span.start
        while match := pattern.search(self.rest, at, span.end):
            yield match
            at = max(match.end(), at + 1)

    def strike(self, start: int, end: int) -> None:
        """Nobody else shall read this."""
        self.rest = self.rest[:start] + STRUCK * (end - start) + self.rest[end:]

    def before(self, at: int, span: Span, length: int = 6) -> str:
        """What stands, folded, in the few characters of the span before ``at``."""
        return self.folded[max(span.start, at - length) : at]


def _folded(char: str) -> str:
    """The one character that ``char`` is compared as."""
    plain = unicodedata.normalize("NFKC", char).casefold()
    return SIMPLIFIED.get(plain, plain) if len(plain) == 1 else char
