"""What the commands of the figures share: what is wanted, the page, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.figures_page import FigurePage, Reading
from crm_tui.screens.figures_wanted import Wanted

if TYPE_CHECKING:
    from datetime import date

    from crm_tui.screens.figures_reading import Behind
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.storage.store import ReadWork


class FiguresInHand(ConsoleScreen):
    """The state of the figures screen."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = Wanted()
        self.frames: Frames | None = None
        """The copy as it was last seen."""

    @property
    def page(self) -> FigurePage:
        """The page that is looked at."""
        raise NotImplementedError

    @property
    def shown(self) -> Reading | None:
        """What the page shows, once it was read."""
        raise NotImplementedError

    def read_page(self) -> None:
        """Read the page anew, of the copy as it was last seen."""
        raise NotImplementedError

    def open_orders(self, query: Callable[[ReadWork], Behind | None]) -> None:
        """Show the orders that ``query`` finds behind a figure; None where there can be none."""
        raise NotImplementedError

    def today(self) -> date | None:
        """The business day that is running."""
        studio, desk = self.console.studio, self.desk
        return studio.day(desk.now()) if studio and desk else None
