"""What is kept beside the business: imports and settings."""

from __future__ import annotations

import json

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.settings import parse_setting
from crm_tui.core.words import BatchState
from crm_tui.models import ImportBatch, ImportRow, Setting
from crm_tui.services.upkeep.findings import Finding, Rule, finding
from crm_tui.storage.store import ReadWork


def _half_done() -> SelectOfScalar[str]:
    return select(col(ImportBatch.token)).where(
        col(ImportBatch.state).in_((BatchState.RUNNING, BatchState.FAILED))
        | ((col(ImportBatch.state) == BatchState.DONE) & col(ImportBatch.finished_at).is_(None))
    )


def _rows_without_record() -> SelectOfScalar[str]:
    """A row that says it brought something, and names nothing."""
    return (
        select(col(ImportBatch.token))
        .join(ImportRow, col(ImportRow.batch_id) == ImportBatch.id)
        .where(
            col(ImportRow.verdict).in_(("inserted", "updated")), col(ImportRow.entity_id).is_(None)
        )
        .distinct()
    )


RULES = (
    Rule("imports.whole", N_("No import is half done."), _half_done),
    Rule(
        "imports.rows",
        N_("Every row that was imported knows its record."),
        _rows_without_record,
    ),
)


def settings(work: ReadWork) -> Finding:
    """Every stored setting exists and has one of its values."""
    rows = work.session.exec(
        select(Setting).order_by(col(Setting.store_id), col(Setting.key), col(Setting.version))
    )
    newest = {(row.store_id, row.key): row.value["value"] for row in rows}
    broken = [key for (_store, key), value in newest.items() if not _valid(key, value)]
    return finding("settings.valid", _("Every setting has a valid value."), broken)


def _valid(key: str, value: object) -> bool:
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        parse_setting(key, text)
    except (NotFound, Invalid):
        return False
    return True
