"""All that the studio holds about a person, as one file that they can be given."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.actor import Actor
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO
from crm_tui.services.attachments.folder import folder_of, harmless_name
from crm_tui.services.customers.lookup import resolve
from crm_tui.services.privacy.actions import checked_reason
from crm_tui.services.privacy.reach import Rows, ids_of, rows_about, values_of
from crm_tui.services.privacy.rules import LOG_ENTITIES
from crm_tui.storage.copies.files import draft_beside, file_errors, publish
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

DOCUMENT = "person.json"
ATTACHMENTS = "attachments"
_TABLES = SQLModel.metadata.tables


def export_person(
    store: Store, actor: Actor, ref: str, target: Path, reason: str, key: str | None = None
) -> dict[str, Any]:
    """Write everything about a customer to the ZIP file ``target``; answers
    ``{"customer", "file", "rows", "attachments"}``.

    :data:`DOCUMENT` holds the rows by table, with every value in full, and what happened by the
    event log; the attachments lie beside it. It is logged who took it out, and why.
    Raises :class:`Refused` for a role that may not, :class:`Invalid` without a reason,
    :class:`NotFound`, :class:`FileProblem`.
    """
    require(actor, Permission.PERSON_DATA)
    why = checked_reason(reason)
    with store.read() as work:
        customer_id = resolve(work, ref)
        rows = rows_about(work, customer_id)
        document = _document(work, rows)
    files = _write(store, target, document, rows)
    person = rows["customer"][0]
    count = sum(map(len, rows.values()))

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "customer.exported",
            "customer",
            customer_id,
            store_id=person["store_id"] or STUDIO,
            ref=person["no"],
            changed={"reason": (None, why)},
            rows=count,
        )
        return {"customer": person["no"], "file": str(target), "rows": count, "attachments": files}

    return store.perform(actor, log, key=key, request=["customers data", ref, str(target), why])


def _document(work: ReadWork, rows: Rows) -> dict[str, Any]:
    """The rows without what is empty, and the events about them with their values."""
    shown = {name: [values_of(row) for row in found] for name, found in rows.items()}
    return {"taken_at": work.clock.now(), **shown, "events": _events(work, rows)}


def _events(work: ReadWork, rows: Rows) -> list[dict[str, Any]]:
    event, value = _TABLES["event"], _TABLES["event_value"]
    found: list[dict[str, Any]] = []
    for name in rows:
        if "id" not in _TABLES[name].c:
            continue
        query = (
            select(event.c.at, event.c.actor, event.c.kind, event.c.ref, value.c.field)
            .add_columns(value.c.before, value.c.after)
            .outerjoin(value, (value.c.store_id == event.c.store_id) & (value.c.seq == event.c.seq))
            .where(
                event.c.entity == LOG_ENTITIES.get(name, name),
                event.c.entity_id.in_(ids_of(rows, name)),
            )
        )
        told = work.session.connection().execute(query).mappings()
        found += [values_of(dict(row)) for row in told]
    return sorted(found, key=lambda each: each["at"])


def _write(store: Store, target: Path, document: dict[str, Any], rows: Rows) -> int:
    """The file, whole or not at all; answers how many attachments went in."""
    folder = folder_of(store)
    kept = rows.get("attachment", ())
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    with draft_beside(target) as draft:
        with file_errors(target), ZipFile(draft, "w", ZIP_DEFLATED) as archive:
            archive.writestr(DOCUMENT, text)
            for row in kept:
                name = f"{ATTACHMENTS}/{row['id']}-{harmless_name(row['name'])}"
                archive.write(folder.path(row["sha256"]), name)
        publish(draft, target)
    return len(kept)


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
