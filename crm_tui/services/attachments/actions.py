"""Attachments of interactions: the rows, and the contents that no row needs any more.

The content is taken in first (:meth:`AttachmentFolder.keep`), the row follows in a transaction that
makes sure that it is still there. Both that and :func:`collect` hold the studio's lock, so that a
content can't be collected while a row for it is being written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, delete

from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem
from crm_tui.core.language import _
from crm_tui.models import STUDIO
from crm_tui.models.contacts import Attachment
from crm_tui.services.attachments.folder import (
    LARGEST,
    MEGABYTE,
    KeptFile,
    folder_of,
    harmless_name,
)
from crm_tui.services.attachments.reads import AttachmentRow, needed
from crm_tui.services.attachments.reads import one as attachment
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

STAYS = timedelta(days=1)
"""So long a content that nothing refers to is kept: a removal can be undone, and a note that is
just being written finds its file."""


@contextmanager
def taken_in(store: Store, actor: Actor, sources: Iterable[Path]) -> Iterator[tuple[KeptFile, ...]]:
    """Copies of ``sources`` in the data folder while a note is written; those that it does not
    come to refer to are gone afterwards. Raises as :func:`take_in` does."""
    files = take_in(store, sources)
    try:
        yield files
    finally:
        if files:
            contents = {file.sha256 for file in files}
            store.perform(actor, lambda work: collect(work, contents))


def take_in(store: Store, sources: Iterable[Path]) -> tuple[KeptFile, ...]:
    """Take copies of ``sources`` into the data folder, for a note that follows.

    Raises :class:`FileProblem` and :class:`StorageFull`; what was taken in by then is collected
    later.
    """
    with store.read() as work:
        most = int(work.setting(LARGEST)) * MEGABYTE
    folder = folder_of(store)
    return tuple(folder.keep(source, most) for source in sources)


def attach(work: UnitOfWork, interaction_id: int, files: Iterable[KeptFile]) -> None:
    """Let ``files`` belong to an interaction.

    Raises :class:`FileProblem` where a content is no longer in the folder.
    """
    for file in _secured(work, files):
        row = Attachment(
            interaction_id=interaction_id,
            sha256=file.sha256,
            name=file.name,
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            attached_at=work.clock.now(),
        )
        work.session.add(row)
    work.session.flush()


def attach_again(work: UnitOfWork, interaction_id: int, rows: Iterable[AttachmentRow]) -> None:
    """Put back the rows that :func:`detach` took away. Raises :class:`FileProblem`."""
    rows = tuple(rows)
    _secured(work, [KeptFile(row.sha256, row.name, "", row.size_bytes) for row in rows])
    for row in rows:
        work.session.add(
            Attachment(
                id=row.id,
                interaction_id=interaction_id,
                sha256=row.sha256,
                name=row.name,
                media_type=row.media_type,
                size_bytes=row.size_bytes,
                attached_at=row.attached_at,
            )
        )
    work.session.flush()


def detach(work: UnitOfWork, rows: Collection[AttachmentRow]) -> None:
    """Take attachments away; contents that nothing else needs stay for :data:`STAYS`."""
    folder = folder_of(work.store)
    for row in rows:
        folder.touch(row.sha256)
    gone = [row.id for row in rows]
    work.session.exec(delete(Attachment).where(col(Attachment.id).in_(gone)))


def give_out(work: ReadWork, attachment_id: int, to: Path) -> tuple[AttachmentRow, Path]:
    """Write an attachment to the file ``to``, or into the folder ``to`` under its own name made
    harmless; answers it and the file.

    Raises :class:`NotFound`; :class:`FileProblem` where the content is missing or damaged, or a
    file is there already.
    """
    row = attachment(work, attachment_id)
    to = to.expanduser().absolute()
    file = to / harmless_name(row.name) if to.is_dir() else to
    folder_of(work.store).give_out(row.sha256, file)
    return row, file


def collect(work: UnitOfWork, only: Collection[str] | None = None) -> int:
    """Take away contents that neither an interaction nor a custom field refers to; answers how
    many.

    Those of ``only`` go at once; without it, whatever has not been needed for :data:`STAYS`, and
    what killed programs have left.
    """
    work.store.dialect.lock_store(work.session, STUDIO)
    folder = folder_of(work.store)
    still = needed(work)
    if only is not None:
        return sum(folder.discard(sha256) for sha256 in set(only) - still)
    before = work.clock.now() - STAYS
    old = [name for name, at in folder.contents() if at < before and name not in still]
    for draft, at in folder.leftovers():
        if at < before:
            draft.unlink(missing_ok=True)
    return sum(folder.discard(sha256) for sha256 in old)


def _secured(work: UnitOfWork, files: Iterable[KeptFile]) -> tuple[KeptFile, ...]:
    """``files``, whose contents are there and stay until the work has ended."""
    files = tuple(files)
    if not files:
        return files
    work.store.dialect.lock_store(work.session, STUDIO)
    folder = folder_of(work.store)
    for file in files:
        if not folder.has(file.sha256, file.size_bytes):
            why = _("it is no longer in the data folder. Attach it again.")
            raise FileProblem(file=file.name, why=why)
    return files
