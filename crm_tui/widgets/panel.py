"""A text on a screen that is often told what it shows already."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Panel(Static):
    """Painted anew only when it is told something else; laid out only where its size may differ."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Content(""), markup=False, id=id)

    def show(self, content: Content) -> None:
        """Show ``content`` from now on."""
        shown = self.content
        if not (isinstance(shown, Content) and shown.is_same(content)):
            self.update(content, layout=self.styles.auto_dimensions)
