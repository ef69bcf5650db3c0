"""A whole import as a console asks for it: tried on the first rows, carried out, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_
from crm_tui.services.imports import actions, large
from crm_tui.services.imports import undo as undoing
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.verdict import Progress, Report
from crm_tui.storage.store import Store, UnitOfWork

ROWS_TRIED = 2_000
"""Rows of each sheet that a preview looks at."""


class NothingImported(CrmError):
    """The import was cancelled while it was one transaction."""

    code = "cancelled"
    template = N_("Cancelled. Nothing was imported.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to import: a file, as ``entity`` or, without one, every sheet that is recognised."""

    path: Path
    entity: Entity | None = None
    options: actions.Options = field(default_factory=actions.Options)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts on the sheets; ``token`` names the batch, and is empty after a trial."""

    token: str
    verdicts: tuple[dict[str, Any], ...]
    ignored: tuple[str, ...] = ()
    """Sheets that were not recognised."""
    partial: bool = False
    """Only the first rows were looked at."""


class _NotReally(Exception):
    """Ends a trial, of which nothing is kept."""


def preview(store: Store, actor: Actor, wanted: Wanted) -> Outcome:
    """What importing the first rows would do. Raises what the import raises."""
    outcome = Outcome("", ())
    tried = replace(wanted, options=replace(wanted.options, most_rows=ROWS_TRIED))
    try:
        with store.write(actor) as work:
            outcome = _import(work, tried, None)
            raise _NotReally
    except _NotReally:
        full = any(verdict["read"] >= ROWS_TRIED for verdict in outcome.verdicts)
        return replace(outcome, token="", partial=full)


def carry_out(
    store: Store, actor: Actor, wanted: Wanted, report: Report, stop: Callable[[], bool]
) -> Outcome:
    """Import all of it.

    Raises what the import raises; where ``stop`` says so :class:`large.ImportStopped`, or
    :class:`NothingImported` if it is one transaction.
    """
    entity = _entity(store, actor, wanted)
    if entity and large.is_large(wanted.path, entity):
        verdict = large.import_large(store, actor, wanted.path, wanted.options, report, stop)
        return Outcome(verdict["batch"], (verdict,))

    def told(progress: Progress) -> None:
        if stop():
            raise NothingImported
        report(progress)

    return store.perform(actor, lambda work: _import(work, wanted, told))


def take_back(store: Store, actor: Actor, token: str) -> dict[str, Any]:
    """Undo an import; answers and raises as ``undo.undo``."""
    return store.perform(actor, lambda work: undoing.undo(work, token))


def _import(work: UnitOfWork, wanted: Wanted, report: Report | None) -> Outcome:
    if wanted.entity:
        verdict = actions.import_file(work, wanted.path, wanted.entity, wanted.options, report)
        return Outcome(verdict["batch"], (verdict,))
    whole = actions.import_book(work, wanted.path, wanted.options, report)
    return Outcome(whole["batch"], tuple(whole["sheets"]), tuple(whole["ignored"]))


def _entity(store: Store, actor: Actor, wanted: Wanted) -> Entity | None:
    """What is imported; of a file that holds one table only, what that is."""
    if wanted.entity:
        return wanted.entity
    if not large.is_large(wanted.path, Entity.CUSTOMERS):
        return None
    with store.read() as work:
        return actions.only_entity(work, wanted.path)
