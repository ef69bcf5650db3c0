"""Back-ups: written while the studio works, and verified before they are called back-ups.

The attachments go along, into the folder ``FILE.attachments`` beside the back-up ``FILE``: keep the
two together. A content that is removed while the back-up is made is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_tui.core.errors import FileProblem
from crm_tui.core.language import _
from crm_tui.services.attachments.folder import AttachmentFolder, folder_of
from crm_tui.services.attachments.reads import missing
from crm_tui.services.upkeep.doctor import LOG, carry_out
from crm_tui.storage.copies import Copies, copies_of
from crm_tui.storage.copies.files import draft_beside, file_errors, publish
from crm_tui.storage.dialect import Dialect, attachments_beside
from crm_tui.storage.migrations import HEAD
from crm_tui.storage.store import Store, schema_revision


@dataclass(frozen=True, slots=True)
class Copy:
    """A back-up that was made or put in place; both only happen when it was verified.

    ``attachments`` counts the files beside it, ``missing`` those that the restored database names
    and that were not there. ``kept`` is where its former content lies, if there was any.
    """

    file: Path
    bytes: int
    attachments: int = 0
    kept: Path | None = None
    missing: int = 0


def back_up(store: Store, file: Path) -> Copy:
    """Write one moment of the studio to ``file``: verified, or not there at all.

    An older back-up under that name is replaced, its attachments too; any other file is not
    touched. Others go on working meanwhile. Raises :class:`~crm_tui.core.errors.CrmError`.
    """
    file = file.expanduser().absolute()
    copies = copies_of(store.dialect)
    _may_be_replaced(copies, store.dialect, file)
    with draft_beside(file) as draft:
        copies.save(draft)
        _verify(copies, draft, file)
        size = draft.stat().st_size
        ours, beside = folder_of(store), AttachmentFolder(attachments_beside(file))
        count = ours.copy_to(beside)
        publish(draft, file)
    for sha256 in {sha256 for sha256, _at in beside.contents()} - {
        sha256 for sha256, _at in ours.contents()
    }:
        beside.discard(sha256)
    return Copy(file, size, count)


def restore(dialect: Dialect, file: Path) -> Copy:
    """Put the back-up ``file`` in the place of the database: all of it, or nothing happens.

    The back-up is verified before, and brought up to date if it is older than this program; the
    file itself is never changed. What was in the database is kept aside, its attachments too.
    Raises :class:`~crm_tui.core.errors.FileProblem` that says what is wrong with the back-up.
    """
    file = file.expanduser().absolute()
    copies = copies_of(dialect)
    if file.is_dir():
        raise FileProblem(file=file, why=_("it is a folder, not a file."))
    with copies.staged(file) as staged:
        _verify(copies, staged, file)
        size, ours = staged.stat().st_size, AttachmentFolder(dialect.attachments)
        count = AttachmentFolder(attachments_beside(file)).copy_to(ours)
        kept = copies.load(staged)
        if kept is not None:
            ours.copy_to(AttachmentFolder(attachments_beside(kept)), link=True)
        return Copy(file, size, count, kept, _missing(dialect))


def _verify(copies: Copies, copy: Path, named: Path) -> None:
    """Raise where ``copy`` is damaged, not ours, or its event log does not prove itself."""
    with copies.look_into(copy, named) as store:
        if store is None:
            return
        for check in LOG:
            answer = carry_out(check, store)
            if not answer.ok:
                raise FileProblem(file=named, why=answer.detail)


def _missing(dialect: Dialect) -> int:
    """Attachments that were not beside the back-up; one of an older program knows none."""
    if schema_revision(dialect) != HEAD:
        return 0
    with Store(dialect).read() as work:
        return len(missing(work))


def _may_be_replaced(copies: Copies, dialect: Dialect, file: Path) -> None:
    """Raise where ``file`` is something else than an older back-up."""
    with file_errors(file):
        if not file.exists():
            return
        if file.is_dir():
            raise FileProblem(file=file, why=_("it is a folder, not a file."))
        if Path(dialect.shown).exists() and file.samefile(dialect.shown):
            raise FileProblem(file=file, why=_("that is the database itself. Name another file."))
    try:
        with copies.look_into(file, file):
            return
    except FileProblem as problem:
        why = _("something else is there already. Name another file.")
        raise FileProblem(file=file, why=why) from problem
