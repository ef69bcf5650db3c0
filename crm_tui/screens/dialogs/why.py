"""Why (not) this companion: their place and the parts of their score, or all that is against."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from crm_tui.core.language import _, ngettext
from crm_tui.screens.order_cells import headline
from crm_tui.screens.pickers import LookUp, LookUpDialog
from crm_tui.services.dispatch.reasons import PARTS
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import fit_content, shown

if TYPE_CHECKING:
    from crm_tui.services.companions.lookup import CompanionHit
    from crm_tui.services.dispatch.reads import Explanation
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import ReadWork

PART_CELLS, NUMBER_CELLS = 20, 8


def _found(typed: str, work: ReadWork) -> list[CompanionHit]:
    from crm_tui.services.companions import lookup

    return lookup.find(work, typed)


def _explained(no: str, companion_id: int, work: ReadWork) -> Explanation:
    from crm_tui.services.dispatch import reads

    return reads.why_not(work, no, companion_id)


class WhyDialog(LookUpDialog[None]):
    """Type a companion, and read below how they stand to ``row``'s order, as things are now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+down", "scroll(1)", show=False),
        Binding("ctrl+up", "scroll(-1)", show=False),
    ]

    def __init__(self, row: OrderRow, read: Callable[..., Any], companion: str = "") -> None:
        super().__init__()
        self._row, self._read, self._typed = row, read, companion
        self._source: MemorySource[CompanionHit] = MemorySource(
            key=lambda hit: hit.row.id,
            cells=lambda hit: (
                hit.row.nick,
                hit.row.presence.label,
                hit.row.level_label,
                " ".join(skill.game for skill in hit.row.games),
            ),
        )

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = shown(_("Why not …?") + " " + headline(self._row))
        box.border_subtitle = Content(_("Ctrl+↑ Ctrl+↓ scroll, Esc leaves"))
        columns = (
            Column("companion", _("Companion"), 10, grow=1, most=20),
            Column("presence", _("Presence"), 8),
            Column("level", _("Level"), 6),
            Column("games", _("Games"), 12, grow=2, priority=1),
        )
        with box:
            yield LookUp(
                "hits", self._typed, placeholder=_("Companion: nickname, pinyin, initials, number")
            )
            yield RecordTable(columns, self._source, empty=_("Nobody has that name."), id="hits")
            with VerticalScroll(id="told", can_focus=False):
                yield Static(markup=False)

    def on_mount(self) -> None:
        self._look_up(self._typed)

    @on(Input.Changed, "#lookup")
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look_up(event.value)

    @on(Input.Submitted, "#lookup")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._explain(self.query_one("#hits", RecordTable).cursor_key)

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        event.stop()
        self._explain(event.key)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self._explain(event.key)

    def action_scroll(self, lines: int) -> None:
        """Move through an answer that is longer than its place."""
        self.query_one("#told", VerticalScroll).scroll_relative(y=lines, animate=False)

    def _look_up(self, typed: str) -> None:
        self._read(partial(_found, typed), self._show_hits, group="why hits")

    def _show_hits(self, hits: list[CompanionHit]) -> None:
        if not self.is_mounted:
            return
        self._source.replace(hits)
        self.query_one("#hits", RecordTable).start_over()
        if not hits:
            self.query_one("#told Static", Static).update("")

    def _explain(self, companion_id: Any) -> None:
        if self._source.get(companion_id) is not None:
            self._read(partial(_explained, self._row.no, companion_id), self._show, group="why")

    def _show(self, told: Explanation) -> None:
        if self.is_mounted:
            self.query_one("#told Static", Static).update(explained(told))
            self.query_one("#told", VerticalScroll).scroll_home(animate=False)


def explained(told: Explanation) -> Content:
    """The whole answer: the verdict, every reason with what would have to change, the score."""
    lines = [_verdict(told)]
    for one in told.against:
        lines.append(shown(f"- {one.text}", "$text-warning"))
        lines.append(shown(f"  {one.why.remedy}", "$text-muted"))
    return Content("\n").join([*lines, *_score(told)])


def _verdict(told: Explanation) -> Content:
    who = told.candidate.companion
    if told.place is not None:
        verdict = _("{companion} can serve {no}: place {place} of {of}, match {score}")
    else:
        verdict = ngettext(
            "{companion} can't serve {no}, for {count} reason:",
            "{companion} can't serve {no}, for {count} reasons:",
            len(told.against),
        )
    return shown(
        verdict.format(
            companion=who,
            no=told.order_no,
            place=told.place,
            of=told.of,
            score=f"{told.candidate.score:.2f}",
            count=len(told.against),
        ),
        "bold",
    )


def _score(told: Explanation) -> list[Content]:
    """Each part, what it counts, what it adds; beside the parts of the best one."""
    rival = told.best if told.best and told.place != 1 else None
    heads = [_("Match"), _("counts"), _("adds"), rival.companion if rival else ""]
    lines = [_line("", heads, "$text-muted")]
    for name, weight in told.weights.items():
        part = told.candidate.parts[name]
        beside = f"{rival.parts[name]:.2f}" if rival else ""
        numbers = [f"{part:.2f}", f"{weight:.0%}", f"{part * weight:.3f}", beside]
        lines.append(_line(_(PARTS[name]), numbers))
    total = told.candidate.score
    sums = ["", "100%", f"{total:.3f}", f"{rival.score:.2f}" if rival else ""]
    label = _("Match") if told.place is not None else _("Match, if they could")
    return [*lines, _line(label, sums, "bold")]


def _line(label: str, numbers: list[str], style: str = "") -> Content:
    cells = [fit_content(shown(label), PART_CELLS)]
    cells += [fit_content(shown(each), NUMBER_CELLS, align="right") for each in numbers]
    line = Content(" ").join(cells)
    return line.stylize(style) if style else line
