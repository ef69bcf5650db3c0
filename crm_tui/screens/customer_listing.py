"""A look-up line with a ``field:`` part lists customers from the whole base, page by page."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on

from crm_tui.core.errors import CrmError
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.exporting import ListShown
from crm_tui.services.filters.completion import Suggestions, complete
from crm_tui.services.filters.grammar import pieces, split_field
from crm_tui.services.filters.rules import VIEW
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from textual.timer import Timer

    from crm_tui.core.actor import Actor
    from crm_tui.services.customers.listing import Page, Place
    from crm_tui.services.customers.reads import CustomerHit
    from crm_tui.services.filters.columns import Where
    from crm_tui.storage.store import ReadWork

PAGE = 200
NEAR_THE_END = 50
"""So many rows before the last one that is there, the next page is read."""
TYPED_SECONDS = 0.15
"""A line is read when nobody typed on for so long: going through the base takes longer."""
HEARD_SECONDS = 3.0
"""What others change is read again after so long; an evening's changes come many a second."""


def is_filter(line: str) -> bool:
    """Whether ``line`` names a field or a saved view; else it is words to look up."""
    words = (line[piece.start : piece.end] for piece in pieces(line))
    return any(split_field(word)[0] or (word[:1] == VIEW and word[1:]) for word in words)


def condition_of(line: str, actor: Actor, work: ReadWork) -> Where:
    """The customers that ``line`` lets pass, read now, with the views that the actor sees."""
    from crm_tui.services.customers import listing
    from crm_tui.services.views.reads import context

    return listing.condition(work, line, context(work, "customers", actor.login), actor.role)


def _page(line: str, actor: Actor, after: Place | None, limit: int, work: ReadWork) -> Page:
    from crm_tui.services.customers import listing

    return listing.page(work, condition_of(line, actor, work), after, limit)


def _count(line: str, actor: Actor, work: ReadWork) -> int:
    from crm_tui.services.customers import listing

    return listing.count(work, condition_of(line, actor, work))


def _suggest(line: str, views: dict[str, str], actor: Actor, work: ReadWork) -> Suggestions:
    from crm_tui.services.customers.filtering import fields

    return complete(fields(work, actor.role), line, views)


class ListingCommands(CustomerInHand):
    """The matches of a line of the filter language, in place of those of the look-up."""

    MATCHES: ClassVar[str] = "#matches"
    words: str
    matches: MemorySource[CustomerHit]

    def __init__(self) -> None:
        super().__init__()
        self._after: Place | None = None
        self._total: int | None = None
        self._asked = self._reading = ""
        self._due: Timer | None = None

    def show_listed(self, words: str, hits: list[CustomerHit]) -> None:
        """Show ``hits`` as the matches of ``words``."""
        raise NotImplementedError

    def set_words(self, words: str) -> None:
        """Put ``words`` into the look-up line."""
        raise NotImplementedError

    # Listing

    def list_customers(self, words: str) -> None:
        """Read the customers for ``words`` soon: the first page, or what was there already."""
        again = words == self._asked
        if again and self._due is not None:
            return
        if not again:
            self._total, self._after, self._asked = None, None, words
            if self._due is not None:
                self._due.stop()
        pause = HEARD_SECONDS if again else TYPED_SECONDS
        self._due = self.set_timer(pause, partial(self._read_listing, words))

    def _read_listing(self, words: str) -> None:
        self._due = None
        if self.desk is None or words != self.words:
            return
        if self._reading == words:
            self.list_customers(words)
            return
        limit = PAGE if self._total is None else max(PAGE, self.matches.total)
        self._reading = words
        query = partial(_page, words, self.desk.actor, None, limit)
        then = partial(self._listed, words)
        self.read(query, then, group="lookup", failed=partial(self._unreadable, words))

    @property
    def listing(self) -> bool:
        """Whether the line is a filter."""
        return is_filter(self.words)

    def no_listing(self) -> None:
        """The line is words again."""
        self._after, self._total = None, None
        self._asked = self._reading = ""
        if self._due is not None:
            self._due.stop()
            self._due = None
        self.show_filter("")

    def _listed(self, words: str, page: Page) -> None:
        self._reading = ""
        self._after = page.after
        self.show_listed(words, list(page.rows))
        self._show_count()
        if page.after is None:
            self._total = len(page.rows)
            self._show_count()
        elif self.desk is not None:
            query = partial(_count, words, self.desk.actor)
            self.read(query, partial(self._counted, words), group="count")

    def _counted(self, words: str, total: int) -> None:
        if words == self.words:
            self._total = total
            self._show_count()

    def _show_count(self) -> None:
        total = "…" if self._total is None else f"{self._total:,}"
        self.show_filter(f"/{self.words}   {total}")

    def _unreadable(self, words: str, error: CrmError) -> None:
        self._reading = ""
        if words == self.words:
            self.show_filter(f"! {error.message()}", wrong=True)

    @on(RecordTable.Highlighted, "#matches")
    def _read_on(self) -> None:
        """The next page, when the cursor comes near the last row that is there."""
        after, words = self._after, self.words
        table = self.query_one(self.MATCHES, RecordTable)
        key = table.cursor_key
        at = None if key is None else self.matches.position(key)
        if after is None or at is None or self.desk is None:
            return
        if at < self.matches.count() - NEAR_THE_END:
            return

        def more(page: Page) -> None:
            if words == self.words and self._after == after:
                self._after = page.after
                self.matches.upsert(page.rows)
                table.reload(at_once=True)

        self.read(partial(_page, words, self.desk.actor, after, PAGE), more, group="more matches")

    # The line as a filter

    def filter_line(self) -> str:
        return self.words

    def use_filter(self, line: str) -> None:
        self.set_words(line)

    async def suggestions(self, line: str) -> Suggestions:
        if self.desk is None:
            return Suggestions("", ())
        views = {name: view.filter for name, view in self.views.items()}
        query = partial(_suggest, line, views, self.desk.actor)
        return await asyncio.to_thread(self.desk.read, query)

    def listing_fields(self) -> None:
        self.open_filter(f"{self.words.rstrip()} ".lstrip())

    def shown_list(self) -> ListShown:
        marked = self.query_one(self.MATCHES, RecordTable).marks
        if marked or not self.listing:
            hits = [hit for hit in self.matches.shown() if not marked or hit.id in marked]
            return ListShown("customers", len(hits), [hit.id for hit in hits], self.words)
        count = self.matches.total if self._total is None else self._total
        return ListShown("customers", count, None, self.words)
