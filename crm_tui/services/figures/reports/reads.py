"""The reports that somebody sees: their own, and those shared with everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, func, select

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.text import squeeze
from crm_tui.models.reports import ReportDefinition
from crm_tui.services.figures.reports.definition import Definition, stored
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report as it is kept. ``on_glance``: it stands on the first page of the figures."""

    id: int
    name: str
    owner: str
    shared: bool
    on_glance: bool
    definition: Definition
    saved_at: datetime
    version: int


def reports_of(work: ReadWork, login: str, *, on_glance: bool = False) -> list[OwnReport]:
    """The reports that ``login`` sees, by name; where an own one has the name of a shared one, only
    the own one. With ``on_glance`` only those on the first page."""
    query = (
        select(ReportDefinition)
        .where(
            col(ReportDefinition.removed_at).is_(None),
            or_(col(ReportDefinition.shared), col(ReportDefinition.owner) == login),
        )
        .order_by(col(ReportDefinition.name))
    )
    rows = sorted(work.session.exec(query), key=lambda row: row.owner == login)
    seen = {row.name.casefold(): row for row in rows}
    return [
        as_report(row)
        for row in sorted(seen.values(), key=lambda row: row.name)
        if row.on_glance or not on_glance
    ]


def report_called(work: ReadWork, login: str, name: str) -> OwnReport:
    """The report that ``login`` means by a name: their own, else the shared one. Raises
    :class:`NotFound`."""
    wanted = squeeze(name).casefold()
    query = (
        select(ReportDefinition)
        .where(
            col(ReportDefinition.removed_at).is_(None),
            or_(col(ReportDefinition.shared), col(ReportDefinition.owner) == login),
            func.lower(ReportDefinition.name) == wanted,
        )
        .order_by(col(ReportDefinition.owner) != login)
    )
    row = work.session.exec(query).first()
    if row is None:
        raise NotFound(what=_("report"), ref=name)
    return as_report(row)


def report_with_id(work: ReadWork, report_id: int) -> OwnReport:
    """The report with this id, also one that was removed. Raises :class:`NotFound`."""
    row = work.session.get(ReportDefinition, report_id)
    if row is None:
        raise NotFound(what=_("report"), ref=report_id)
    return as_report(row)


def as_report(row: ReportDefinition) -> OwnReport:
    """The record as it is handed out."""
    assert row.id is not None
    return OwnReport(
        row.id,
        row.name,
        row.owner,
        row.shared,
        row.on_glance,
        stored(row.asked),
        row.saved_at,
        row.version,
    )
