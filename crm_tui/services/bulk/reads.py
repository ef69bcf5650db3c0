"""The bulk actions that were run, and what each did to whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.models import Customer
from crm_tui.models.views import BulkRow, BulkRun
from crm_tui.services.bulk.owning import Owning
from crm_tui.services.bulk.rules import SHOWN_REFUSALS, BulkAction, Outcome, Report, Verdict
from crm_tui.services.bulk.tagging import Tagging
from crm_tui.storage.store import ReadWork

KINDS: dict[str, type[Tagging] | type[Owning]] = {kind.kind: kind for kind in (Tagging, Owning)}
"""Every kind of action, by the word that a run keeps."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as it is listed."""

    id: int
    token: str
    kind: str
    title: str
    ran_at: datetime
    ran_by: str
    undone_at: datetime | None
    counts: dict[Verdict, int]


def runs(work: ReadWork, limit: int = 50) -> list[RunRow]:
    """The last runs, the newest first."""
    query = select(BulkRun).order_by(col(BulkRun.id).desc()).limit(limit)
    return [_row(work, run) for run in work.session.exec(query)]


def one(work: ReadWork, token: str) -> RunRow:
    """The run with this token. Raises :class:`NotFound`."""
    return _row(work, held(work, token))


def rows(work: ReadWork, run_id: int, limit: int | None = None) -> list[Outcome]:
    """What the run did to each customer: refused ones first, then by id."""
    query = (
        select(BulkRow, Customer.no, Customer.nick, Customer.store_id)
        .outerjoin(Customer, col(Customer.id) == BulkRow.entity_id)
        .where(BulkRow.run_id == run_id)
        .order_by(col(BulkRow.code).desc(), col(BulkRow.entity_id))
        .limit(limit)
    )
    return [
        Outcome(
            row.entity_id, no or "", nick or "", store or 0, Verdict(row.verdict), row.code,
            row.before,
        )
        for row, no, nick, store in work.session.exec(query)
    ]  # fmt: skip


def report_of(work: ReadWork, token: str, *, left: int = 0) -> Report:
    """What the run ``token`` has done so far. Raises :class:`NotFound`."""
    run = one(work, token)
    refused = rows(work, run.id, SHOWN_REFUSALS)
    with_reason = tuple(each for each in refused if each.code)
    return Report(run.token, run.kind, run.counts, with_reason, left)


def held(work: ReadWork, token: str) -> BulkRun:
    """The run with this token as it is stored. Raises :class:`NotFound`."""
    run = work.session.exec(select(BulkRun).where(BulkRun.token == token.strip())).one_or_none()
    if run is None:
        raise NotFound(what=_("bulk run"), ref=token)
    return run


def action_of(run: BulkRun) -> BulkAction:
    """What was asked for."""
    if run.kind == Owning.kind:
        return Owning(run.request["owner"])
    return Tagging(tuple(run.request["add"]), tuple(run.request["remove"]))


def document(row: RunRow, zone: tzinfo) -> dict[str, Any]:
    """The JSON form of a run that commands answer."""
    return {
        "token": row.token,
        "kind": row.kind,
        "title": row.title,
        "ran_at": row.ran_at.astimezone(zone).isoformat(),
        "ran_by": row.ran_by,
        "undone_at": row.undone_at.astimezone(zone).isoformat() if row.undone_at else None,
        "customers": sum(row.counts.values()),
        **{verdict.value: row.counts.get(verdict, 0) for verdict in Verdict},
    }


def report_document(report: Report) -> dict[str, Any]:
    """The JSON form of what a run did, would do, or what undoing it did."""
    return {
        "token": report.token,
        "kind": report.kind,
        "customers": report.total,
        **{verdict.value: report.counts.get(verdict, 0) for verdict in Verdict},
        "left": report.left,
        "refusals": [outcome_document(each) for each in report.refusals],
        **({"dry_run": True} if report.dry_run else {}),
    }


def outcome_document(each: Outcome) -> dict[str, Any]:
    """The JSON form of one verdict."""
    return {
        "id": each.customer_id,
        "no": each.no,
        "nick": each.nick,
        "verdict": each.verdict.value,
        "code": each.code,
        "why": each.why,
    }


def _row(work: ReadWork, run: BulkRun) -> RunRow:
    assert run.id is not None
    query = (
        select(BulkRow.verdict, func.count())
        .where(BulkRow.run_id == run.id)
        .group_by(BulkRow.verdict)
    )
    counts = Counter({Verdict(verdict): count for verdict, count in work.session.exec(query)})
    return RunRow(
        run.id, run.token, run.kind, action_of(run).title(), run.ran_at, run.ran_by,
        run.undone_at, dict(counts),
    )  # fmt: skip
