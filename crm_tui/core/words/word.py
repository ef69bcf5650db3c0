"""A word of a vocabulary: what is stored, and what a person reads."""

from __future__ import annotations

from enum import StrEnum

from crm_tui.core.language import _, in_every_language


class Word(StrEnum):
    """A stored word with a label for people. It hashes as the text that it equals."""

    __hash__ = str.__hash__

    @property
    def label(self) -> str:
        """The word as a person reads it, in the language in force."""
        return _(LABELS[type(self)][self.value])

    @property
    def spellings(self) -> tuple[str, ...]:
        """All that a person may type for it: the stored word and its label in every language."""
        return (self.value, *in_every_language(LABELS[type(self)][self.value]))


LABELS: dict[type[Word], dict[str, str]] = {}
"""The label of every word, by vocabulary and value; each vocabulary adds its own."""
