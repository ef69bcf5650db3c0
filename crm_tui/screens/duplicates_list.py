"""The pairs of customers who look like one person: merged, judged to be two people, or looked at.

The whole base is gone through on a thread of its own; leaving the list ends that.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, ngettext
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.merge import who
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.customer_merging import MergeCommands
    from crm_tui.services.duplicates.reads import Pair, Party, Progress
    from crm_tui.storage.store import Store, UnitOfWork


class _Left(Exception):
    """The person does not wait for the list any more."""


def _distinct(one: int, other: int, work: UnitOfWork) -> None:
    from crm_tui.services.duplicates import actions

    actions.distinct(work, one, other)


def _reconsider(one: int, other: int, work: UnitOfWork) -> None:
    from crm_tui.services.duplicates import actions

    actions.reconsider(work, one, other)


class DuplicatesDialog(ModalScreen[None]):
    """Likely pairs, the likeliest first."""

    DEFAULT_CSS = """
    DuplicatesDialog { align: center middle; }
    DuplicatesDialog .dialog { max-width: 140; }
    DuplicatesDialog RecordTable { height: 1fr; }
    DuplicatesDialog .both { height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("x", "distinct", show=False),
        Binding("o", "look(False)", show=False),
        Binding("O", "look(True)", show=False),
        Binding("u", "undo", show=False),
    ]

    def __init__(self, place: MergeCommands) -> None:
        super().__init__()
        self._place = place
        self._left = False
        self.pairs: MemorySource[Pair] = MemorySource(key=_key, cells=_cells)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = Content(_("Likely duplicates"))
        box.border_subtitle = Content(
            _("Enter merges, x two people, o O opens, u undoes, Esc leaves")
        )
        columns = (
            Column("score", _("Score"), 5, align="right"),
            Column("keep", _("Stays"), 16, grow=2, most=36),
            Column("other", _("Goes into it"), 16, grow=2, most=36),
            Column("why", _("Why"), 14, grow=3, priority=1),
        )
        with box:
            yield RecordTable(columns, self.pairs, empty=_("Looking …"), id="pairs")
            yield Static(classes="both", markup=False)

    def on_mount(self) -> None:
        self.query_one(RecordTable).focus()
        self._begin()

    def on_unmount(self) -> None:
        self._left = True

    def _begin(self) -> None:
        if self.is_attached:
            self.run_worker(self._scan(), exclusive=True)

    async def _scan(self) -> None:
        desk = self._place.desk
        if desk is None:
            return
        try:
            found = await asyncio.to_thread(self._look_through, desk.store)
        except _Left:
            return
        except CrmError as error:
            self._say(error.message())
        else:
            self._show(found)

    def _look_through(self, store: Store) -> list[Pair]:
        from crm_tui.services.duplicates import reads

        def report(progress: Progress) -> None:
            if self._left:
                raise _Left
            share = f"{progress.done:,}/{progress.total:,}"
            self.app.call_from_thread(self._say, f"{_(reads.STEPS[progress.step])} {share}")

        return reads.scan(store, report)

    def _say(self, text: str) -> None:
        """What stands where the pairs will be."""
        if self.is_mounted:
            table = self.query_one(RecordTable)
            table.empty = shown(text).plain
            table.reload(at_once=True)

    def _show(self, found: list[Pair]) -> None:
        self.pairs.replace(found)
        self._say(_("No two customers look like one person."))
        count = ngettext("{count} pair", "{count} pairs", len(found)).format(count=len(found))
        self.query_one(".dialog").border_title = shown(f"{_('Likely duplicates')} · {count}")
        self._show_both()

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        event.stop()
        self._show_both()

    def _show_both(self) -> None:
        pair = self._pair()
        lines = []
        if pair is not None:
            lines = [
                _facts(pair.keep),
                _facts(pair.other),
                shown(_reasons(pair), "$text-muted", limit=300),
            ]
        self.query_one(".both", Static).update(Content("\n").join(lines))

    def _pair(self) -> Pair | None:
        return self.pairs.get(self.query_one(RecordTable).cursor_key)

    # What is done with the pair under the cursor

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        pair = self.pairs.get(event.key)
        if pair is not None:
            gone = {pair.keep.id, pair.other.id}
            self._place.preview_merge(
                pair.keep.id, pair.other.id, lambda kept: self._drop(gone - {kept})
            )

    def action_distinct(self) -> None:
        """The two are two people."""
        from crm_tui.screens.desk import Undo

        pair = self._pair()
        if pair is None:
            return
        both = pair.keep.id, pair.other.id
        title = _("{one} and {other} are two people.").format(one=pair.keep.no, other=pair.other.no)
        self._place.write(
            partial(_distinct, *both),
            title,
            undo=Undo(title, partial(_reconsider, *both)),
            then=lambda _result: self._remove({_key(pair)}),
        )

    def action_look(self, at_other: bool) -> None:
        """Leave the list for one of the two."""
        pair = self._pair()
        if pair is not None:
            self.dismiss()
            customer = pair.other if at_other else pair.keep
            self._place.console.go_to(Visit(self._place.PLACE, customer.id))

    def action_undo(self) -> None:
        """Take back what was done last, and look through everybody again."""
        self._place.undo_last(lambda _result: self._begin())

    def _drop(self, gone: set[int]) -> None:
        """Take the pairs of records that are no more out of the list."""
        shown_pairs = self.pairs.shown()
        self._remove({_key(p) for p in shown_pairs if gone & {p.keep.id, p.other.id}})

    def _remove(self, keys: set[str]) -> None:
        if self.is_mounted:
            left = [pair for pair in self.pairs.shown() if _key(pair) not in keys]
            self.query_one(RecordTable).reload(self.pairs.replace(left), at_once=True)
            self._show_both()


def _key(pair: Pair) -> str:
    return f"{pair.keep.id}-{pair.other.id}"


def _cells(pair: Pair) -> tuple[Cell, ...]:
    keep, other = (f"{party.no} {party.nick}" for party in (pair.keep, pair.other))
    return f"{pair.score:.2f}", shown(keep), shown(other), shown(_reasons(pair))


def _reasons(pair: Pair) -> str:
    from crm_tui.services.duplicates.rules import in_words

    return in_words(pair.grounds)


def _facts(party: Party) -> Content:
    orders = ngettext("{count} order", "{count} orders", party.orders).format(count=party.orders)
    facts = (who(party), party.wechat, party.city, orders)
    return shown(" · ".join(filter(None, facts)), limit=300)
