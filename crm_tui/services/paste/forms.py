"""Filled forms: fields with a label before them, in any order, on any number of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crm_tui.services.paste.page import Page, Span
from crm_tui.services.paste.vocabulary import SKIPPED, label_of

_LABEL = re.compile(
    r"(?:[【\[](?P<boxed>[^】\]\n]{1,12})[】\]]\s*[:=]?|(?P<bare>[^\s:=,，。;|【】\[\]!?、]{1,14})\s*[:=])"
    r"[ \t]*"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands under a label: ``asked`` is a part's name or :data:`SKIPPED`."""

    asked: str
    label: Span
    value: Span


def entries_of(page: Page, span: Span) -> list[Entry]:
    """The fields of a form, in the order of the text; empty ones too.

    A value ends at the next label or at the end of its line.
    """
    labels = list(_labels(page, span))
    ends = [*(label.start for _asked, label in labels), span.end][1:]
    return [
        Entry(asked, label, _value(page, label.end, end))
        for (asked, label), end in zip(labels, ends, strict=True)
    ]


def _labels(page: Page, span: Span) -> Iterator[tuple[str, Span]]:
    for match in page.find(_LABEL, span):
        written = match["boxed"] or match["bare"]
        *before, last = written.split("/")
        asked = label_of(written) or label_of(last)
        if asked:
            one = all(label_of(part) for part in before)  # 手机/微信：…
            start = (
                match.start() if one else match.end() - len(match.group()) + written.rfind("/") + 1
            )
            yield asked, Span(start, match.end())


def _value(page: Page, start: int, end: int) -> Span:
    line = page.text.find("\n", start, end)
    end = end if line < 0 else line
    value = page.text[start:end]
    trimmed = value.strip(" \t,，;；|\r")
    at = start + value.find(trimmed) if trimmed else start
    return Span(at, at + len(trimmed))


def strike_labels(page: Page, entries: list[Entry]) -> None:
    """The labels have been read; what no order holds stays as it is written."""
    for entry in entries:
        if entry.asked != SKIPPED:
            page.strike(entry.label.start, entry.label.end)
