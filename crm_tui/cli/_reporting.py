"""What every report is asked alike: days, store, what it is narrowed to, a file to write it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from crm_tui.cli._days import known_day, require_known
from crm_tui.cli._report_views import show
from crm_tui.cli._run import Document, actor, line, print_json, studio, waiting_line
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.pace import progress
from crm_tui.core.text import fold
from crm_tui.core.words import OrderKind, SourceChannel, Word

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.periods import Period
    from crm_tui.services.figures.scope import Scope
    from crm_tui.services.figures.table import Table
    from crm_tui.storage.store import ReadWork

By = Literal["day", "hour", "week", "month"]
Compare = Literal["none", "previous", "last_week", "last_year"]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], callback=known_day, help=_("First business day.")),
]
To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        metavar="DAY|FILE",
        help=_("Last business day; without it, today. Or a file: .xlsx, .csv, .json, .svg."),
    ),
]
File = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="FILE", help=_("A file: .xlsx, .csv, .json, .svg.")),
]
StoreId = Annotated[int | None, typer.Option("--store", help=_("Only this store, by its id."))]
Game = Annotated[str | None, typer.Option("--game", help=_("Only this game, by name or alias."))]
Kind = Annotated[str | None, typer.Option("--kind", help=_("Only this kind of order."))]
Level = Annotated[
    str | None,
    typer.Option(
        "--level",
        help=_("Only companions of this level, by name or code; empty for those without one."),
    ),
]
Channel = Annotated[
    str | None, typer.Option("--channel", help=_("Only customers of this channel."))
]
Hour = Annotated[
    int | None,
    typer.Option("--hour", min=0, max=23, help=_("Only this hour of the day, by the wall clock.")),
]
ComparedWith = Annotated[
    Compare,
    typer.Option("--compare", help=_("Held against: previous, last_week, last_year or none.")),
]

Told = tuple[Document, "Table"]
"""What a report answers to a script, and the same as people read it."""

_Known = TypeVar("_Known", bound=Word)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a report, as typed. Raises :class:`Invalid` for a ``to`` that is neither a
    day nor a file of a known form, once it is looked at."""

    first: datetime | None = None
    to: list[str] | None = None
    store: int | None = None
    game: str | None = None
    kind: str | None = None
    level: str | None = None
    channel: str | None = None
    hour: int | None = None

    def days(self, work: ReadWork, by: By = "day") -> Period:
        """The days asked for; else the running business month so far (today for hours, the year
        so far for months). Raises :class:`Invalid` where they end before they begin, or are all
        to come."""
        from crm_tui.services.figures import reads
        from crm_tui.services.figures.periods import Period

        end = self._last() or reads.today(work, self.store)
        begin = {"hour": end, "month": end.replace(month=1, day=1)}.get(by, end.replace(day=1))
        begin = self.first.date() if self.first else begin
        if begin > end and self._last() is None:
            expected = _("a day not after {last}").format(last=end)
            raise Invalid(field="--from", value=begin, expected=expected)
        if begin > end:
            expected = _("a day not before {first}").format(first=begin)
            raise Invalid(field="--to", value=end, expected=expected)
        return Period(begin, end)

    def names_days(self) -> bool:
        """Whether any days were asked for."""
        return self.first is not None or self._last() is not None

    def ever(self, work: ReadWork) -> Period:
        """The days asked for; what was not given has no bound."""
        from crm_tui.services.figures.periods import EVER, Period

        given = self.days(work) if self.first or self._last() else EVER
        first = given.first if self.first else EVER.first
        return Period(first, self._last() or EVER.last)

    def scope(self, work: ReadWork) -> Scope:
        """What the report is narrowed to. Raises :class:`NotFound`, :class:`Invalid`."""
        from crm_tui.services.catalogue import reads as catalogue
        from crm_tui.services.figures.scope import Scope

        return Scope(
            store_id=self.store,
            game_id=catalogue.find_game(work, self.game) if self.game else None,
            kind=_known("--kind", self.kind, OrderKind),
            channel=_known("--channel", self.channel, SourceChannel),
            level=_level(work, self.level),
            hour=self.hour,
        )

    @property
    def draws(self) -> bool:
        """Whether the file that was asked for shows only a chart."""
        file = self._file()
        return file is not None and file.suffix.lower() == ".svg"

    def answer(self, look: Callable[[ReadWork, Frames], Told], as_json: bool) -> None:
        """Print what ``look`` tells of the figures as they are now, or write it to the file. Raises
        :class:`NotFound` for a store that there is none of."""
        from crm_tui.services.catalogue.reads import require_store
        from crm_tui.services.figures import exporting
        from crm_tui.services.figures.copy import door, mending

        self._last()
        file = self._file()
        with studio() as store:
            with store.read() as work:
                if self.store is not None:
                    require_store(work, self.store)
                with told_on_terminal() as tell:
                    frames = door.frames(work, door.folder_of(store), progress=tell)
                document, told = mending.read(work, frames, partial(look, work))
                exporting.require_sight([told], actor(store))
            if file is not None:
                with told_on_terminal(_("Writing the rows: {progress}")) as tell:
                    document = exporting.export(store, actor(store), [told], file, progress=tell)
        if as_json:
            print_json(document)
        elif file is None:
            show(told)
        else:
            line(_("{file}: {rows:,} rows").format(**document))

    def _last(self) -> date | None:
        days = [day for day in map(_day, self.to or ()) if day is not None]
        return days[-1] if days else None

    def _file(self) -> Path | None:
        files = [Path(each) for each in self.to or () if _day(each) is None]
        return files[-1] if files else None


def _day(typed: str) -> date | None:
    """The day that is typed; None for a file. Raises :class:`Invalid` for neither."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        if Path(typed).suffix:
            return None
        expected = _("a day such as 2026-09-21, or a file such as figures.xlsx")
        raise Invalid(field="--to", value=typed, expected=expected) from None
    require_known("--to", day)
    return day


def _level(work: ReadWork, typed: str | None) -> str | None:
    """The name of the level that is typed, by name or code. Raises :class:`NotFound`."""
    from crm_tui.services.catalogue.reads import levels
    from crm_tui.services.companions.reads import find_level

    if not typed:
        return typed
    found = find_level(work, typed)
    return next(level.name for level in levels(work) if level.id == found)


def _known(option: str, typed: str | None, words: type[_Known]) -> str | None:
    """The stored word for what is typed. Raises :class:`Invalid`."""
    if typed is None:
        return None
    every: Iterable[_Known] = words
    for word in every:
        if fold(typed) in map(fold, word.spellings):
            return word.value
    raise Invalid(field=option, value=typed, expected=", ".join(word.value for word in every))


@contextmanager
def told_on_terminal(says: str = "") -> Iterator[Callable[[int, int], bool]]:
    """What tells a person who waits how far it is, and when it will be there: the copy, or what
    ``says`` names; taken away again at the end."""
    says, began = says or _("Counting the orders: {progress}"), monotonic()
    with waiting_line() as say:

        def tell(done: int, total: int) -> bool:
            say(says.format(progress=progress(done, total, monotonic() - began)))
            return True

        yield tell
