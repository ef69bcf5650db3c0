"""Text from people, made harmless for a terminal.

Control characters, escape sequences and bidi overrides become visible signs; the length is
capped. U+3000, NBSP, ZWJ and emoji survive. Every text that was typed, imported or received goes
through :func:`clean` before it reaches a terminal, and then to Textual or Rich only as
``Content``/``Text``, never as a ``str`` that could be read as markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n\0")
"""What a spreadsheet program may take for the beginning of a formula when it opens a text file
(OWASP, CSV injection); some take the full-width signs for the plain ones."""
SHOWN_LIMIT = 200
"""Characters shown of one value where the caller says nothing else."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\u200b\u2060\ufeff\u00ad\u2028\u2029")
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u00ad"
    "\ud800-\udfff\U000e0000-\U000e007f\ufff9-\ufffb]"
)


def _visible(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in "\t\n\r":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if char in _BIDI or char in _ZERO_WIDTH:
        return "\u00b7"
    return "\ufffd"


def clean(text: str, limit: int = SHOWN_LIMIT) -> str:
    """``text`` on one line, without anything a terminal would act on, at most ``limit`` characters.

    >>> clean("a\\x1b[6nb")
    'a␛[6nb'
    """
    short = text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
    return _HOSTILE.sub(_visible, short)


def clean_lines(text: str, limit: int = 20_000) -> str:
    """Like :func:`clean`, for texts that may have several lines: line breaks stay."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return "\n".join(_HOSTILE.sub(_visible, line) for line in short.splitlines())


def squeeze(text: str) -> str:
    """White space folded and trimmed: what a person meant by a cell or a field."""
    if " " not in text and text.isprintable():  # there is no other white space among those
        return text
    return " ".join(text.replace("\u00a0", " ").replace("\u3000", " ").split())


def fold(text: str) -> str:
    """The form for comparing: width-folded (NFKC), case-folded, white space squeezed."""
    if text.isascii():
        return squeeze(text).lower()
    return squeeze(unicodedata.normalize("NFKC", text)).casefold()


def listed(names: Iterable[str]) -> str:
    """Several nicknames as one text: ``鹿鹿09、北岸``, in every language."""
    return "、".join(names)
