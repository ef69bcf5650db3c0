"""What has to be seen to as time goes by: one table of jobs and how often each is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from crm_tui.core.actor import SYSTEM
from crm_tui.services.clocks.actions import AT_ONCE, raise_these
from crm_tui.services.clocks.reads import RunOut, run_out
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders.bookings import bind_reserved_due
from crm_tui.services.risk import actions as risk
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import ReadWork, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was seen to."""

    what: str
    """A word for scripts, such as ``clock.response`` or ``offers.expired``."""
    ref: str = ""
    """The number of the record."""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of upkeep.

    ``find`` looks what waits, without writing; ``act`` sees to a portion of it in one transaction
    of whoever has the lease. A job without ``find`` finds out by itself. ``alone`` is for one that
    divides its work into transactions itself, and is safe to be run by anybody at any time.
    """

    name: str
    every: timedelta
    act: Callable[[UnitOfWork, Sequence[Any]], Iterable[Done]] | None = None
    find: Callable[[ReadWork], Sequence[Any]] | None = None
    at_once: int = AT_ONCE
    alone: Callable[[Store], Iterable[Done]] | None = None


def _clocks(work: UnitOfWork, found: Sequence[RunOut]) -> Iterable[Done]:
    for each in raise_these(work, found):
        facts = {"order_id": each.order_id, "due_at": each.due_at}
        yield Done(f"clock.{each.kind.value}", each.no, facts)


def _expire(work: UnitOfWork, _found: Sequence[Any]) -> Iterable[Done]:
    return [Done("offers.expired", no) for no in dispatch.expire_due(work)]


def _widen(work: UnitOfWork, _found: Sequence[Any]) -> Iterable[Done]:
    return [Done("offers.widened", no) for no in dispatch.widen_due(work)]


def _bind(work: UnitOfWork, _found: Sequence[Any]) -> Iterable[Done]:
    return [Done("bookings.bound", no) for no in bind_reserved_due(work)]


def _look_for_risks(work: UnitOfWork, _found: Sequence[Any]) -> Iterable[Done]:
    raised = risk.look(work)
    return [Done("risks.raised", facts={"count": raised})] if raised else []


def _begin_day(store: Store) -> Iterable[Done]:
    rule_sets.begin_day(store, SYSTEM)
    return []


JOBS: tuple[Job, ...] = (
    Job("clocks", timedelta(seconds=2), _clocks, run_out),
    Job("ladder", timedelta(seconds=1), _widen),
    Job("offers", timedelta(seconds=2), _expire),
    Job("bookings", timedelta(seconds=10), _bind),
    Job("risks", timedelta(seconds=10), _look_for_risks),
    Job("day", timedelta(minutes=1), alone=_begin_day),
)
"""In the order in which those are seen to that fall due together."""
