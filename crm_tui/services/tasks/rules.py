"""The states of a task and what leads where. Pure."""

from __future__ import annotations

from crm_tui.core.words import TaskState

TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.DROPPED}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.DROPPED: frozenset({TaskState.OPEN}),
}
"""From each state to the ones that may follow; a closed task can be opened again."""

LONGEST_TITLE = 500
LONGEST_TEXT = 20_000
"""Characters of a title, and of a reason or outcome."""
