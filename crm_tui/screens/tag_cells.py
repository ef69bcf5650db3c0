"""Tags as they are shown: in their colour, told apart by their text as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from textual.content import Content

from crm_tui.core.language import _
from crm_tui.widgets.text import shown

TAG_STYLES = {
    "red": "$text-error",
    "orange": "$text-warning",
    "yellow": "$text-warning",
    "green": "$text-success",
    "cyan": "$text-accent",
    "blue": "$text-primary",
    "purple": "$text-secondary",
    "grey": "$text-muted",
}
"""A tag's colour as the theme has it, so that it is readable on dark and light."""


class Tagged(Protocol):
    """A tag, whoever read it."""

    @property
    def name(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def rule(self) -> str: ...


def tag_label(tag: Tagged) -> Content:
    """``#VIP`` in its colour; one that goes by a rule says so."""
    label = shown(f"#{tag.name}", TAG_STYLES.get(tag.colour, ""))
    return Content.assemble(label, (_("(by rule)"), "$text-muted")) if tag.rule else label


def tag_labels(tags: Iterable[Tagged]) -> Content:
    """All of them on one line."""
    return Content("  ").join(map(tag_label, tags))
