"""What imports and reports are told in."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


class BatchState(Word):
    """Where an import stands."""

    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"


class Cadence(Word):
    """How often a report is sent (H6)."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SendingState(Word):
    """What became of one sending of a report (H6)."""

    WAITING = "waiting"
    SENT = "sent"
    OVERTAKEN = "overtaken"
    """The next one fell due before it could be sent."""


class ReportChart(Word):
    """How a report is drawn (H6)."""

    BARS = "bars"
    LINE = "line"
    NONE = "none"


class Against(Word):
    """What figures of a period are compared with (H1)."""

    PREVIOUS = "previous"
    LAST_WEEK = "last_week"
    LAST_YEAR = "last_year"
    NONE = "none"

    def next(self) -> Against:
        """The one after it, in a circle."""
        every = list(Against)
        return every[(every.index(self) + 1) % len(every)]


LABELS.update(
    {
        BatchState: {
            "running": N_("Running"),
            "done": N_("Done"),
            "undone": N_("Undone"),
            "failed": N_("Failed"),
        },
        Cadence: {
            "daily": N_("Daily"),
            "weekly": N_("Weekly"),
            "monthly": N_("Monthly"),
        },
        SendingState: {
            "waiting": N_("Waiting"),
            "sent": N_("Sent"),
            "overtaken": N_("Overtaken"),
        },
        ReportChart: {
            "bars": N_("Bars"),
            "line": N_("Line"),
            "none": N_("No chart"),
        },
        Against: {
            "previous": N_("period before"),
            "last_week": N_("a week before"),
            "last_year": N_("a year before"),
            "none": N_("no comparison"),
        },
    }
)
