"""What is sent of a report: a workbook in a folder, a letter with it, or both."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm_tui.core.actor import Actor
from crm_tui.core.language import ngettext
from crm_tui.core.text import clean
from crm_tui.core.words import Cadence
from crm_tui.models import STUDIO
from crm_tui.models.reports import ReportDefinition
from crm_tui.services.figures.copy import door, mending
from crm_tui.services.figures.exporting import write
from crm_tui.services.figures.mailing import Letter, MailServer, mail_server
from crm_tui.services.figures.reports.ready import tables_of, title_of
from crm_tui.services.figures.table import Table
from crm_tui.storage.store import ReadWork

_UNFIT_FOR_A_NAME = re.compile(r'[/\\:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes; ``mark`` tells this sending of it from all others."""

    folder: str
    recipients: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent, and where to. ``name`` is the report's, ``title`` what people call it; ``at``
    is the instant of which it tells (UTC)."""

    name: str
    title: str
    tables: list[Table]
    file_name: str
    where: Destination
    server: MailServer | None
    at: datetime


def parcel_of(
    work: ReadWork,
    row: ReportDefinition,
    who: Actor,
    at: datetime,
    where: Destination,
    cadence: Cadence | None = None,
) -> Parcel:
    """The report as it tells at ``at``, for ``who`` has it sent as often as ``cadence`` says.

    Raises :class:`Unsent` where there are recipients and no mail server, and what
    :func:`.ready.tables_of` raises.
    """
    server = mail_server(work) if where.recipients else None
    frames = door.frames(work, door.folder_of(work.store))
    title = title_of(row.name)
    plain = _UNFIT_FOR_A_NAME.sub(" ", clean(title, 80)).strip(" .") or "report"
    wall = work.calendar(STUDIO).local(at)
    told = mending.read(work, frames, lambda each: tables_of(work, each, row, who, at, cadence))
    return Parcel(row.name, title, told, f"{plain} {wall:%Y-%m-%d %H%M}.xlsx", where, server, at)


def hand_over(parcel: Parcel, outbox: Callable[[MailServer, Letter], list[str]]) -> list[str]:
    """Write the file and hand in the e-mail; answers the recipients whom the server refused.

    Raises :class:`FileProblem` where the file can't be written, and what ``outbox`` raises.
    """
    if parcel.where.folder:
        write(parcel.tables, Path(parcel.where.folder) / parcel.file_name)
    if parcel.server is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.xlsx"
        write(parcel.tables, file)
        content = file.read_bytes()
    domain = parcel.server.sender.rpartition("@")[2]
    letter = Letter(
        f"<crm-tui.{parcel.where.mark}@{domain}>",
        parcel.at,
        parcel.where.recipients,
        f"{parcel.title} {parcel.tables[0].about}",
        "\n".join(map(_in_words, parcel.tables)),
        parcel.file_name,
        content,
    )
    return outbox(parcel.server, letter)


def _in_words(table: Table) -> str:
    """A table's total, else how many rows it has; the rows are in the file."""
    total = table.total or (table.rows[0] if len(table.rows) == 1 else ())
    figures = [
        f"{column.title}: {_said(value)}"
        for column, value in zip(table.columns[1:], total[1:], strict=False)
    ]
    if not total:
        count = len(table.rows)
        figures = [ngettext("{count} row", "{count} rows", count).format(count=f"{count:,}")]
    return "\n".join([table.title, table.about, "", *figures, ""])


def _said(value: float | str | None) -> str:
    return value if isinstance(value, str) else "-" if value is None else f"{value:,.10g}"
