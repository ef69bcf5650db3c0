"""What a filter line can ask of what waits: the same on the screen and by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.core.language import N_
from crm_tui.core.words import Cause, TaskKind
from crm_tui.services.filters.rules import Field, FilterSpec, Kind, called

if TYPE_CHECKING:
    from crm_tui.services.inbox.rules import Waiting


def filter_spec() -> FilterSpec[Waiting]:
    """The fields of what waits, under their names in both languages."""
    return FilterSpec(
        (
            Field(
                called(N_("cause"), "kind"),
                lambda row: (*row.thing.cause.spellings, *row.matter.spellings),
                lambda: [word.label for word in (*Cause, *TaskKind)],
                leading=True,
            ),
            Field(called(N_("owner")), lambda row: row.owner),
            Field(called(N_("customer"), "who"), lambda row: row.customer),
            Field(called(N_("order-no"), "order"), lambda row: row.order_no),
            Field(called(N_("due")), lambda row: row.due_at, kind=Kind.INSTANT),
            Field(called(N_("since")), lambda row: row.since, kind=Kind.INSTANT),
            Field(
                called(N_("rests-until"), "snoozed"),
                lambda row: row.snoozed_until,
                kind=Kind.INSTANT,
            ),
        ),
        _haystack,
    )


def _haystack(row: Waiting) -> str:
    parts = (row.ref, row.matter.label, row.customer or "", row.what, row.reason, row.owner or "")
    return " ".join((*parts, row.order_no))
