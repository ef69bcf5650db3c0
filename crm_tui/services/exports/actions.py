"""Exporting what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.models import STUDIO, IdempotencyKey
from crm_tui.services.exports.columns import filter_spec
from crm_tui.services.exports.sources import SOURCES
from crm_tui.services.exports.writers import write_file
from crm_tui.storage.store import Store, UnitOfWork


def export(
    store: Store,
    actor: Actor,
    what: str,
    target: Path,
    filter_text: str = "",
    key: str | None = None,
) -> dict[str, Any]:
    """Write all ``what`` (a key of :data:`SOURCES`) that pass the filter to ``target``.

    The ending of ``target`` says the format. The rows are read without holding anybody up; then
    it is logged who exported what and how many. A repeated ``key`` gives the first answer and
    writes nothing. Answers ``{"file", "rows"}``. Raises :class:`NotFound`, :class:`Invalid`,
    :class:`FileProblem`, and what the filter raises.
    """
    source = SOURCES.get(what)
    if source is None:
        raise NotFound(what=_("export"), ref=what)
    count = 0
    with store.read() as work:
        if not (key and work.session.get(IdempotencyKey, key)):
            zone = work.calendar().zone
            wanted = filter_spec(source.columns, zone).parse(filter_text)
            rows = (row for row in source.rows(work) if wanted(row))
            count = write_file(target, source.columns, rows, zone)

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "export.done",
            "store",
            STUDIO,
            store_id=STUDIO,
            ref=what,
            changed={"filter": (None, filter_text)} if filter_text else None,
            rows=count,
            format=target.suffix.lower().lstrip("."),
        )
        return {"file": str(target), "rows": count}

    request = ["export", what, str(target), filter_text]
    return store.perform(actor, log, key=key, request=request)
