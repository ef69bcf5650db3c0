"""Figures as files: Excel with native charts, CSV, JSON, SVG. Whole or not at all; logged.

What is written is a list of tables; a page has several, a report one. Nothing that a person typed
becomes a formula or a link (see :mod:`crm_tui.services.exports.writers`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO
from crm_tui.services.exports.actions import Cancelled
from crm_tui.services.exports.writers import Yuan, csv_text, replacing
from crm_tui.services.figures.drawing import drawing
from crm_tui.services.figures.table import Column, Look, Row, Table, Watched
from crm_tui.services.figures.workbook import write_workbook
from crm_tui.storage.store import Store, UnitOfWork

Progress = Callable[[int, int], bool]
"""Told how many rows were written, of how many; answers whether to go on."""
_TOLD_EVERY = 500
"""Rows between two words of how far it is."""


def export(
    store: Store,
    actor: Actor,
    tables: Sequence[Table],
    target: Path,
    *,
    key: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write ``tables`` to ``target`` and log who did; answers ``{"file", "rows"}``.

    A repeated ``key`` gives the first answer and writes nothing. Raises what :func:`write` and
    :func:`require_sight` raise.
    """
    require_sight(tables, actor)
    if key is None or not store.is_answered(key):
        write(tables, target, progress)
    rows = sum(len(table.rows) for table in tables)

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "export.done",
            "store",
            STUDIO,
            store_id=STUDIO,
            ref="figures",
            changed={"figures": (None, ", ".join(table.title for table in tables))},
            rows=rows,
            format=target.suffix.lower().lstrip("."),
        )
        return {"file": str(target), "rows": rows}

    return store.perform(actor, log, key=key, request=["export figures", str(target)])


def require_sight(tables: Sequence[Table], actor: Actor) -> None:
    """Raises :class:`Refused` where one of them tells money and the actor's role does not see that
    of the studio (:attr:`Permission.MONEY_FIGURES`)."""
    if any(column.look is Look.MONEY for table in tables for column in table.columns):
        require(actor, Permission.MONEY_FIGURES)


def write(tables: Sequence[Table], target: Path, progress: Progress | None = None) -> None:
    """Write ``tables`` to ``target`` in the format of its ending; ``progress`` is told of the rows
    of a workbook, which take their time.

    Raises :class:`Invalid` for another ending, and for SVG without a chart; :class:`FileProblem`
    where it can't be written, :class:`Cancelled`: ``target`` is then as it was.
    """
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise Invalid(field="--to", value=target.name, expected=joined(WRITERS))
    with replacing(target) as unfinished:
        if progress is not None and writer is write_workbook:
            write_workbook(unfinished, tables, _watched_by(progress, tables))
        else:
            writer(unfinished, tables)


def _watched_by(progress: Progress, tables: Sequence[Table]) -> Watched:
    total, done = sum(len(table.rows) for table in tables), count()

    def watched(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            so_far = next(done)
            if so_far % _TOLD_EVERY == 0 and not progress(so_far, total):
                raise Cancelled
            yield row

    return watched


def _write_csv(path: Path, tables: Sequence[Table]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        for place, table in enumerate(tables):
            if place:
                writer.writerow([])
            if len(tables) > 1:
                writer.writerow([csv_text(table.title)])
            writer.writerow([csv_text(column.title) for column in table.columns])
            for row in table.all_rows:
                writer.writerow(list(map(_csv_cell, table.columns, row)))


def _csv_cell(column: Column, value: Any) -> Any:
    if value is None:
        return ""
    if column.look is Look.MONEY:
        return Yuan(value)
    if isinstance(value, date):
        return value.isoformat()
    return csv_text(value) if isinstance(value, str) else value


def _write_json(path: Path, tables: Sequence[Table]) -> None:
    path.write_text(json.dumps({"tables": documents(tables)}, ensure_ascii=False, indent=1))


def documents(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Each table as JSON: its title, what it is of, its rows by the columns' keys."""
    return [
        {
            "title": table.title,
            "about": table.about,
            "rows": [_json_row(table, row) for row in table.rows],
            "total": None if table.total is None else _json_row(table, table.total),
        }
        for table in tables
    ]


def _json_row(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    return dict(map(_json_pair, table.columns, row))


def _json_pair(column: Column, value: Any) -> tuple[str, Any]:
    if column.look is Look.MONEY:
        key = column.key if column.key.endswith("_fen") else f"{column.key}_fen"
        return key, None if value is None else round(value * 100)
    return column.key, value.isoformat() if isinstance(value, date) else value


def _write_svg(path: Path, tables: Sequence[Table]) -> None:
    drawn = [table for table in tables if table.chart and table.rows]
    if not drawn:
        raise Invalid(field="--to", value=path.suffix, expected=_("figures with a chart"))
    path.write_text(drawing(drawn), encoding="utf-8")


WRITERS: Mapping[str, Callable[[Path, Sequence[Table]], None]] = {
    ".xlsx": write_workbook,
    ".csv": _write_csv,
    ".json": _write_json,
    ".svg": _write_svg,
}
"""By the ending of the file."""
