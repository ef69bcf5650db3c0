"""The plan before it is applied: who would get which order, why, and who is left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _, ngettext
from crm_tui.services.dispatch.reasons import PARTS
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable, Tone
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.dispatch.plan import Plan, Planned
    from crm_tui.services.dispatch.plan_actions import Applies

LEFT_OVER_SHOWN = 40
"""Orders left over of which it is said why."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be carried out of a plan, and how."""

    planned: tuple[Planned, ...]
    how: Applies


class PlanDialog(ModalScreen[Chosen | None]):
    """Shows what :meth:`show` is given. Space leaves a row out and takes it in again, ``m``
    changes between asking and giving, Enter answers with the rows that are left."""

    DEFAULT_CSS = """
    PlanDialog {
        align: center middle;
        & > .dialog { max-width: 130; }
        & RecordTable { height: auto; min-height: 4; max-height: 60%; }
        & #left { height: auto; max-height: 5; color: $text-muted; }
        & #told { height: auto; text-style: bold; }
    }
    """
    AUTO_FOCUS = "#planned"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", show=False),
        Binding("m", "other_way", show=False),
        Binding("escape", "dismiss", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._how: Applies | None = None
        self._out: frozenset[object] = frozenset()
        self.source: MemorySource[Planned] = MemorySource(
            key=lambda each: (each.order_id, each.companion_id), cells=self._cells, tone=self._tone
        )

    def compose(self) -> ComposeResult:
        columns = (
            Column("no", _("No."), 9, keep="end"),
            Column("customer", _("Customer"), 8, grow=1, most=18),
            Column("companion", _("Companion"), 8, grow=1, most=18),
            Column("score", _("Match"), 5, align="right"),
            Column("why", _("Why"), 14, grow=8, priority=1),
        )
        box = Vertical(classes="dialog")
        box.border_title = shown(_("Plan"))
        box.border_subtitle = Content(_("Esc leaves"))
        with box:
            yield Static(Content(_("Planning …")), id="told", markup=False)
            yield RecordTable(columns, self.source, empty=_("Planning …"), id="planned")
            yield Static(id="totals", markup=False)
            with VerticalScroll(id="left", can_focus=False):
                yield Static(markup=False)

    def show(self, plan: Plan, how: Applies) -> None:
        """The plan was made."""
        if not self.is_mounted:
            return
        self._plan, self._how = plan, how
        table = self.query_one(RecordTable)
        table.empty = _("Nothing can be given to anybody now.")
        self.source.replace(plan.assigned)
        table.reload(at_once=True)
        self.query_one("#totals", Static).update(Content(_totals(plan)))
        self.query_one("#left Static", Static).update(_left_over(plan))
        self._tell()

    @on(RecordTable.Marked, "#planned")
    def _left_out(self, event: RecordTable.Marked) -> None:
        event.stop()
        self._out = event.keys
        self.query_one(RecordTable).reload(event.keys, at_once=True)
        self._tell()

    @on(RecordTable.Chosen, "#planned")
    def _entered(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.action_apply()

    def action_other_way(self) -> None:
        """Give instead of asking, or ask instead of giving."""
        from crm_tui.services.dispatch.plan_actions import Applies

        if self._how is not None:
            asks = self._how is Applies.OFFERS
            self._how = Applies.ASSIGNS if asks else Applies.OFFERS
            self._tell()

    def action_apply(self) -> None:
        """Enter."""
        planned = tuple(self._kept())
        if self._how is not None and planned:
            self.dismiss(Chosen(planned, self._how))

    def _kept(self) -> list[Planned]:
        return [
            each
            for each in self.source.records()
            if (each.order_id, each.companion_id) not in self._out
        ]

    def _cells(self, each: Planned) -> tuple[str, ...]:
        why = _("left out") if self._is_out(each) else in_words(each)
        return each.no, each.customer, each.companion, f"{each.score:.2f}", why

    def _tone(self, each: Planned) -> Tone:
        return "muted" if self._is_out(each) else ""

    def _is_out(self, each: Planned) -> bool:
        return (each.order_id, each.companion_id) in self._out

    def _tell(self) -> None:
        """How many orders go to whom, and what the keys do."""
        from crm_tui.services.dispatch.plan_actions import Applies

        plan, count = self._plan, len(self._kept())
        if plan is None:
            return
        waiting = ngettext("{count} order waits", "{count} orders wait", plan.waiting)
        free = ngettext("{count} companion is free", "{count} companions are free", plan.available)
        asks = self._how is Applies.OFFERS
        way = (
            ngettext("{count} is offered", "{count} are offered", count)
            if asks
            else ngettext("{count} is given", "{count} are given", count)
        )
        told = (
            waiting.format(count=plan.waiting),
            free.format(count=plan.available),
            way.format(count=count),
        )
        self.query_one("#told", Static).update(Content(" · ".join(told)))
        keys = (
            _("Enter asks each, m: give at once, Space leaves out, Esc leaves")
            if asks
            else _("Enter gives all, m: ask first, Space leaves out, Esc leaves")
        )
        box = self.query_one(".dialog", Vertical)
        box.border_subtitle = Content(keys if count else _("Esc leaves"))


def in_words(each: Planned) -> str:
    """How urgent the order is where it counts, how many could be asked besides, and the parts of
    the score, the strongest first."""
    first = [f"×{each.urgency:.1f}"] if each.urgency >= 1.05 else []
    if each.reserves:
        first.append(_("+{count} in reserve").format(count=len(each.reserves)))
    parts = sorted(each.parts.items(), key=lambda part: -part[1])
    told = (f"{_(PARTS.get(name, name))} {value:.2f}" for name, value in parts)
    return " ".join([*first, *told])


def _totals(plan: Plan) -> str:
    text = _("Total {total}, at best {most} · first come, first served {first} · {took} ms")
    return text.format(
        total=f"{plan.total:.2f}",
        most=f"{plan.at_most:.2f}",
        first=f"{plan.first_come_total:.2f}",
        took=round(plan.took_ms),
    )


def _left_over(plan: Plan) -> Content:
    if not plan.unassigned:
        return Content("")
    lines = [Content.styled(_("Left over"), "bold")]
    lines += [
        shown(f"{each.no} {each.customer}: {each.why.label}")
        for each in plan.unassigned[:LEFT_OVER_SHOWN]
    ]
    rest = len(plan.unassigned) - LEFT_OVER_SHOWN
    if rest > 0:
        lines.append(Content(_("and {count} more").format(count=rest)))
    return Content("\n").join(lines)
