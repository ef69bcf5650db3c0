"""A bill that is being read: nobody sees its lines until all of them are in.

The lines are stored portion by portion, so that others can work meanwhile, under a file whose row
holds a token instead of the fingerprint of its content: a draft. The last transaction puts the
fingerprint there, and with it everything counts at once. What is left of a reading that was
killed stays a draft; whoever reads the same lines next, or anything an hour later, sweeps it away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlmodel import col

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.models import MAIN_STORE
from crm_tui.models.bills import BillFile, BillLine
from crm_tui.services.money.bills.reading import Bill
from crm_tui.storage.dialect import TryAgain
from crm_tui.storage.store import ReadWork, UnitOfWork

Perform = Callable[[Callable[[UnitOfWork], Any]], Any]
"""Carries one step out; where the engine gives it up, the whole step again."""

Look = Callable[[Callable[[ReadWork], Any]], Any]
"""Lets one step see the database as it is, in nobody's way."""

_MARK = "draft "
_SILENT = timedelta(hours=1)
"""A reading that has told nothing for so long has ended."""
_SWEPT_AT_ONCE = 5_000
_IS_DRAFT: Any = col(BillFile.sha256).startswith(_MARK)
_GOES_ON = (
    update(BillFile)
    .where(col(BillFile.id) == bindparam("this"), col(BillFile.sha256) == bindparam("token"))
    .values(imported_at=bindparam("now"))
)


class Overtaken(CrmError):
    """Somebody else began to read the same lines; what this reading stored is gone."""

    code = "conflict"
    template = N_("Somebody else is reading the same bill. Look at the lists when they are done.")


class InTheWay(Exception):
    """Other drafts hold lines that are to be stored."""

    def __init__(self, files: Collection[int]) -> None:
        super().__init__(files)
        self.files = files


@dataclass(frozen=True, slots=True)
class Steps:
    """How the steps of a reading are carried out."""

    look: Look
    perform: Perform


@dataclass(frozen=True, slots=True)
class Draft:
    """The row of a file that is being read."""

    id: int
    token: str


def finished() -> ColumnElement[bool]:
    """Whether the file of a ``bill_line`` was read to its end; others are nobody's business."""
    return col(BillLine.file_id).not_in(select(col(BillFile.id)).where(_IS_DRAFT))


def begin(work: UnitOfWork, bill: Bill) -> Draft:
    """A new draft for the lines of ``bill``."""
    token = _MARK + work.ids.token() + work.ids.token()
    made: Any = insert(BillFile).returning(col(BillFile.id))
    values = _told(work, bill) | {"sha256": token, "stated": {}, "read": {}}
    return Draft(int(work.session.connection().execute(made, values).scalar_one()), token)


def go_on(work: UnitOfWork, draft: Draft) -> None:
    """Say that the reading goes on. Raises :class:`Overtaken`."""
    values = {"this": draft.id, "token": draft.token, "now": work.clock.now()}
    if not work.session.connection().execute(_GOES_ON, values).rowcount:
        raise Overtaken


def is_ours(work: ReadWork, draft: Draft) -> bool:
    """Whether nobody has taken it over."""
    query: Any = select(col(BillFile.id)).where(
        col(BillFile.id) == draft.id, col(BillFile.sha256) == draft.token
    )
    return work.session.connection().execute(query).first() is not None


def others(work: ReadWork, draft: Draft | None) -> set[int]:
    """The files that are drafts, but for this one."""
    query: Any = select(col(BillFile.id)).where(_IS_DRAFT)
    found = set(work.session.connection().execute(query).scalars())
    return found - {draft.id} if draft else found


def finish(work: UnitOfWork, draft: Draft | None, bill: Bill) -> int:
    """Let everybody see the lines; answers the id of the file's row.

    The same content has one row, whatever the file is called: read again, it keeps the row that it
    has. There is no draft where all lines were known.
    """
    connection = work.session.connection()
    known: Any = select(col(BillFile.id)).where(col(BillFile.sha256) == bill.sha256)
    file_id: int | None = connection.execute(known).scalar()
    named: dict[str, Any] = {}
    if file_id is None:
        file_id = (draft or begin(work, bill)).id
        named = {"sha256": bill.sha256, **_told(work, bill)}
    elif draft:
        connection.execute(
            update(BillLine).where(col(BillLine.file_id) == draft.id).values(file_id=file_id)
        )
        connection.execute(delete(BillFile).where(col(BillFile.id) == draft.id))
    again = TryAgain(database=work.store.shown, why=_("the same bill is being read."))
    with work.on_violation({"uq_bill_file_sha256": again}):
        connection.execute(
            update(BillFile)
            .where(col(BillFile.id) == file_id)
            .values(**named, stated=bill.totals.stated, read=_read(bill))
        )
    return file_id


def _told(work: UnitOfWork, bill: Bill) -> dict[str, Any]:
    return {
        "store_id": MAIN_STORE,
        "form": bill.form.value,
        "name": bill.path.name,
        "channel": bill.form.channel,
        "imported_at": work.clock.now(),
        "by": work.actor.login,
    }


def _read(bill: Bill) -> dict[str, Any]:
    told = bill.document()
    counts = {name: told[name] for name in ("lines", "payments", "refunds", "neutral", "rejected")}
    totals = {"totals": bill.totals.read(), "agree": bill.totals.agree()}
    return {**counts, **totals, "headers": list(bill.layout.headers)}


def sweep_silent(perform: Perform) -> None:
    """Sweep away the drafts of readings that must have ended."""
    for file_id in perform(_silent):
        sweep(perform, file_id)


def _silent(work: UnitOfWork) -> list[int]:
    query: Any = select(col(BillFile.id)).where(
        _IS_DRAFT, col(BillFile.imported_at) < work.clock.now() - _SILENT
    )
    return list(work.session.connection().execute(query).scalars())


def sweep(perform: Perform, file_id: int) -> None:
    """Sweep a draft away, some lines at a time; a reading that still stores lines under it hears
    of it at its next portion."""
    perform(partial(_take_over, file_id))
    while perform(partial(_forget_some, file_id)):
        pass


def _take_over(file_id: int, work: UnitOfWork) -> None:
    """Nobody else has the token from here on."""
    work.session.connection().execute(
        update(BillFile)
        .where(col(BillFile.id) == file_id, _IS_DRAFT)
        .values(sha256=_MARK + work.ids.token() + work.ids.token())
    )


def _forget_some(file_id: int, work: UnitOfWork) -> bool:
    """Whether there may be more."""
    connection = work.session.connection()
    draft: Any = select(col(BillFile.id)).where(col(BillFile.id) == file_id, _IS_DRAFT)
    some: Any = (
        select(col(BillLine.id)).where(col(BillLine.file_id).in_(draft)).limit(_SWEPT_AT_ONCE)
    )
    gone = connection.execute(delete(BillLine).where(col(BillLine.id).in_(some))).rowcount
    if gone < _SWEPT_AT_ONCE:
        connection.execute(delete(BillFile).where(col(BillFile.id).in_(draft)))
    return gone == _SWEPT_AT_ONCE
