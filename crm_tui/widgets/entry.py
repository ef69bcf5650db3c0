"""The one-line input of the console. What nobody can see can't be typed or pasted into it.

Textual paints an input's value as it is: an escape sequence pasted from a chat, or prefilled from
a hostile nickname, would reach the terminal.
"""

from __future__ import annotations

from textual.events import Key
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from crm_tui.core.text import clean


def enterable(text: str) -> str:
    """``text`` without control characters, bidi overrides and zero-width signs, on one line.

    >>> enterable("138\\u200b0013\\t8000\\x1b[6n")
    '1380013 8000[6n'
    """
    if clean(text, len(text) + 1) == text:
        return text
    kept = (" " if char in "\t\n\r" else char for char in text)
    return "".join(char for char in kept if clean(char) == char)


class Entry(Input):
    """An input whose value is always :func:`enterable`. Its size does not follow from its value, so
    that typing lays nothing out anew."""

    virtual_size = Reactive(Size(0, 0))

    def validate_value(self, value: str) -> str:
        """Called by Textual for every new value, typed, pasted or set."""
        return enterable(value)

    async def _on_key(self, event: Key) -> None:
        """An editing key acts in its turn among the letters.

        As a binding it would climb to the app first, and of keys that came in one go the letters
        after it would be there before it.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
        await super()._on_key(event)
