"""Running a bulk action and taking it back, in portions.

Each portion is one transaction with its verdicts, so a run that is cancelled or dies is whole up
to there, can be undone, and goes on where it stopped when it is asked for again with its key.
Nobody else waits longer than a portion takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlmodel import SQLModel, col, select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.models import MAIN_STORE, STUDIO
from crm_tui.models.views import BulkRow, BulkRun
from crm_tui.services.bulk.people import people
from crm_tui.services.bulk.reads import KINDS, held, report_of
from crm_tui.services.bulk.rules import BulkAction, Outcome, Report, Tally, Verdict
from crm_tui.storage.store import Store, UnitOfWork

PORTION = 500
"""Customers changed in one transaction."""
ENTITY = "customer"
_ROWS = SQLModel.metadata.tables["bulk_row"]

Progress = Callable[[int, int], bool]
"""Told how many of how many were looked at; answers whether to go on."""


def on_and_on(_done: int, _total: int) -> bool:
    """Never stops."""
    return True


def judge(
    store: Store,
    actor: Actor,
    action: BulkAction,
    ids: Sequence[int],
    progress: Progress = on_and_on,
) -> Report:
    """What ``action`` would do to each of these customers; nothing is written.

    Raises :class:`Refused`, and what the action itself raises (an owner, a tag that is not
    there).
    """
    require(actor, Permission.BULK)
    tally, looked_at = Tally(), 0
    with store.read() as work:
        action.prepare(work)
        for portion in _portions(ids):
            if not progress(looked_at, len(ids)):
                break
            tally.add(action.judge(work, portion))
            looked_at += len(portion)
    return tally.report("", action.kind, left=len(ids) - looked_at, dry_run=True)


def run(
    store: Store,
    actor: Actor,
    action: BulkAction,
    ids: Sequence[int],
    *,
    key: str | None = None,
    progress: Progress = on_and_on,
) -> Report:
    """Do ``action`` to these customers: all that can be done is done, with a verdict for each.

    The report's token undoes it. With a repeated ``key`` only what is left is done. Raises as
    :func:`judge` does, before anything is done.
    """
    request = {"kind": action.kind, **action.request()}
    token = store.perform(actor, partial(_begin, action), key=key, request=request)
    looked_at = judged = 0
    for portion in _portions(ids):
        if not progress(looked_at, len(ids)):
            break
        judged += store.perform(actor, partial(_do, action, token, portion))
        looked_at += len(portion)
    with store.read() as work:
        report = report_of(work, token, left=len(ids) - looked_at)
    if judged:
        store.perform(actor, partial(_tell, "bulk.done", report))
    return report


def undo(store: Store, actor: Actor, token: str, *, progress: Progress = on_and_on) -> Report:
    """Take back what the run ``token`` did, customer by customer.

    Whoever was changed since is left as they are, and told of with the code
    ``changed_meanwhile``. Raises :class:`NotFound`; :class:`Refused` where it was undone already.
    """
    require(actor, Permission.BULK)
    with store.read() as work:
        found = held(work, token)
        if found.undone_at is not None:
            raise Refused(why=_("the run {token} was undone already.").format(token=token))
        total = len(_to_undo(work, found, None))
    tally, looked_at = Tally(), 0
    while progress(looked_at, total):
        outcomes = store.perform(actor, partial(_undo, token))
        if not outcomes:
            break
        tally.add(outcomes)
        looked_at += len(outcomes)
    report = tally.report(token, found.kind, left=max(total - looked_at, 0))
    store.perform(actor, partial(_undone, report))
    return report


def _portions(ids: Sequence[int]) -> Iterator[list[int]]:
    wanted = list(dict.fromkeys(ids))
    return (wanted[start : start + PORTION] for start in range(0, len(wanted), PORTION))


def _begin(action: BulkAction, work: UnitOfWork) -> str:
    require(work.actor, Permission.BULK)
    action.prepare(work)
    begun = BulkRun(
        store_id=MAIN_STORE,
        token=work.ids.token(),
        kind=action.kind,
        request=action.request(),
        ran_at=work.clock.now(),
        ran_by=work.actor.login,
    )
    work.session.add(begun)
    work.session.flush()
    return begun.token


def _do(action: BulkAction, token: str, ids: Sequence[int], work: UnitOfWork) -> int:
    """One portion; who has a verdict of this run already keeps it. Answers how many got one."""
    begun = held(work, token)
    known = select(BulkRow.entity_id).where(
        BulkRow.run_id == begun.id, col(BulkRow.entity_id).in_(ids)
    )
    judged_before = set(work.session.exec(known))
    outcomes = action.judge(work, [each for each in ids if each not in judged_before])
    action.carry_out(work, outcomes)
    rows: list[dict[str, Any]] = [
        {
            "run_id": begun.id,
            "entity": ENTITY,
            "entity_id": each.customer_id,
            "verdict": each.verdict.value,
            "code": each.code,
            "before": each.before,
        }
        for each in outcomes
    ]
    if rows:
        work.session.connection().execute(_ROWS.insert(), rows)
    return len(rows)


def _to_undo(work: Any, found: BulkRun, limit: int | None) -> Sequence[BulkRow]:
    """The customers whom the run changed and that were not looked at for undoing yet."""
    query = (
        select(BulkRow)
        .where(
            BulkRow.run_id == found.id, BulkRow.verdict == Verdict.DONE.value, BulkRow.code == ""
        )
        .order_by(col(BulkRow.entity_id))
        .limit(limit)
    )
    rows: Sequence[BulkRow] = work.session.exec(query).all()
    return rows


def _undo(token: str, work: UnitOfWork) -> list[Outcome]:
    """One portion of undoing; nothing when there is none left."""
    found = held(work, token)
    rows = {row.entity_id: row for row in _to_undo(work, found, PORTION)}
    persons = people(work, list(rows))
    same = {
        each: row for each, row in rows.items() if persons[each].version == row.before["version"]
    }
    KINDS[found.kind].take_back(work, {each: row.before for each, row in same.items()})
    outcomes = []
    for each, row in rows.items():
        if each in same:
            row.verdict = Verdict.UNDONE.value
        else:
            row.code = "changed_meanwhile"
        work.session.add(row)
        person = persons[each]
        verdict = Verdict(row.verdict)
        outcomes.append(Outcome(each, person.no, person.nick, person.store_id, verdict, row.code))
    return outcomes


def _undone(report: Report, work: UnitOfWork) -> None:
    if not report.left:
        found = held(work, report.token)
        found.undone_at = work.clock.now()
        work.session.add(found)
    _tell("bulk.undone", report, work)


def _tell(kind: str, report: Report, work: UnitOfWork) -> None:
    found = held(work, report.token)
    assert found.id is not None
    facts: dict[str, Any] = {each.value: count for each, count in report.counts.items()}
    work.record(
        kind,
        "bulk_run",
        found.id,
        store_id=STUDIO,
        ref=report.token,
        action=report.kind,
        left=report.left,
        **facts,
    )
