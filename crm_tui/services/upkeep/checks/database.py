"""The database itself: its file, its references, its schema."""

from __future__ import annotations

from crm_tui.core.language import _
from crm_tui.core.text import clean
from crm_tui.services.upkeep.findings import Finding
from crm_tui.storage.copies import copies_of
from crm_tui.storage.migrations import HEAD
from crm_tui.storage.store import Store, schema_revision


def integrity(store: Store) -> Finding:
    """The engine finds nothing broken in the file."""
    return _verdict(
        "database.integrity", _("The database file is sound."), copies_of(store.dialect).damage()
    )


def references(store: Store) -> Finding:
    """Every foreign key points to a row."""
    return _verdict(
        "database.references",
        _("Every reference points to a record."),
        copies_of(store.dialect).orphans(),
    )


def revision(store: Store) -> Finding:
    """The schema is the one that this program works with."""
    present = schema_revision(store.dialect)
    if present == HEAD:
        return Finding("database.revision", True, _("The schema is up to date."))
    if present is None:
        return Finding("database.revision", False, _("There is no studio in this database."))
    detail = _("The schema is at revision {present}, not {head}. Run “crm-tui init”.")
    return Finding("database.revision", False, detail.format(present=present, head=HEAD))


def _verdict(name: str, promise: str, faults: list[str]) -> Finding:
    return Finding(name, not faults, clean("; ".join(faults[:3])) if faults else promise)
