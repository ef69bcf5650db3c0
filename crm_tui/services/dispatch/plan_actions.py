"""Carrying a plan out, order by order, and taking it back.

Each order is a transaction of its own through the same doors that a dispatcher's key uses. What
somebody else did to an order meanwhile stands: the plan names the version it was made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, Refused, StorageProblem
from crm_tui.core.language import N_, _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.services.bulk.actions import Progress, on_and_on
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch.ladder import EVERYBODY
from crm_tui.services.dispatch.plan import Planned
from crm_tui.services.dispatch.reads import suggest
from crm_tui.services.dispatch.reasons import Why
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.moves import hold
from crm_tui.storage.store import ReadWork, Store, UnitOfWork


class Applies(StrEnum):
    """What applying a plan does (setting ``dispatch.plan_applies``)."""

    OFFERS = "offers"
    """Each companion is asked, with the reserves; after ``dispatch.plan_seconds`` the ladder."""
    ASSIGNS = "assigns"
    """Each order is given at once."""


class Done(StrEnum):
    """What became of an order of the plan."""

    OFFERED = "offered"
    GIVEN = "given"
    REFUSED = "refused"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        """The verdict as a person reads it."""
        return _(_DONE[self])


_DONE = {
    Done.OFFERED: N_("offer sent"),
    Done.GIVEN: N_("order given"),
    Done.REFUSED: N_("not done"),
    Done.UNDONE: N_("taken back"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one order, and where it was refused, why. ``version`` is what the order has
    afterwards: what is undone has not been touched since."""

    no: str
    companion_ids: tuple[int, ...]
    companions: tuple[str, ...]
    done: Done
    version: int
    code: str = ""
    why: str = ""


def applies(work: ReadWork) -> Applies:
    """What applying a plan does in this studio."""
    return Applies(work.setting("dispatch.plan_applies"))


def apply(
    store: Store,
    actor: Actor,
    chosen: Iterable[Planned],
    how: Applies,
    progress: Progress = on_and_on,
) -> list[Verdict]:
    """Offer or give the orders of a plan to those whom it ``chose``; a verdict for each order.

    An order that was taken or changed meanwhile, or whose companion was, is left as it is; the
    rest goes on. An order with several places gets all that were planned for it, or none.
    ``progress`` may stop it: what was not reached has no verdict. Raises :class:`Refused` for an
    actor who may only read, and :class:`StorageProblem` where the database fails.
    """
    require(actor, Permission.CHANGE)
    places: defaultdict[int, list[Planned]] = defaultdict(list)
    for each in chosen:
        places[each.order_id].append(each)
    act, done = (_offer, Done.OFFERED) if how is Applies.OFFERS else (_assign, Done.GIVEN)
    verdicts: list[Verdict] = []
    for of_order in places.values():
        if not progress(len(verdicts), len(places)):
            break
        first = of_order[0]
        who = tuple(each.companion_id for each in of_order)
        names = tuple(each.companion for each in of_order)
        planned = Verdict(first.no, who, names, done, first.version)
        verdicts.append(_tried(store, actor, planned, partial(act, of_order)))
    return verdicts


def undo(
    store: Store, actor: Actor, verdicts: Iterable[Verdict], progress: Progress = on_and_on
) -> list[Verdict]:
    """Take back what :func:`apply` did, where it still stands as it was left.

    Offers are recalled and companions who were given an order are free again; their credit does
    not move. What was accepted, started or changed since is left alone, and told as refused.
    """
    require(actor, Permission.CHANGE)
    standing = [each for each in verdicts if each.done in (Done.OFFERED, Done.GIVEN)]
    undone: list[Verdict] = []
    for each in standing:
        if not progress(len(undone), len(standing)):
            break
        act = _recall if each.done is Done.OFFERED else _release
        wished = replace(each, done=Done.UNDONE)
        undone.append(_tried(store, actor, wished, partial(act, each)))
    return undone


def document(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The JSON form of verdicts that commands answer."""
    return [
        {
            "order": each.no,
            "companions": list(each.companions),
            "verdict": each.done.value,
            "code": each.code,
            "why": each.why,
        }
        for each in verdicts
    ]


def _tried(
    store: Store, actor: Actor, wished: Verdict, act: Callable[[UnitOfWork], int]
) -> Verdict:
    """``wished`` if ``act`` went through in a transaction of its own, else why not."""
    try:
        return replace(wished, version=store.perform(actor, act))
    except StorageProblem:
        raise
    except CrmError as error:
        return replace(wished, done=Done.REFUSED, code=error.code, why=error.message())


def _offer(places: Sequence[Planned], work: UnitOfWork) -> int:
    """Ask those who were planned, who must fit still, and the reserves who do."""
    first = places[0]
    held = hold(work, first.no, first.version)
    found = suggest(work, first.no, EVERYBODY)
    out = {one.companion_id: one.why for one in found.excluded}
    for each in places:
        if each.companion_id in out:
            reasons = joined(Why(code).label for code in out[each.companion_id])
            why = _("{companion} can't be asked: {reasons}.")
            raise Refused(why=why.format(companion=each.companion, reasons=reasons))
    who = [each.companion_id for each in places]
    who += [one for each in places for one in each.reserves if one not in out]
    alone = work.setting("dispatch.plan_seconds", held.store_id)
    dispatch.offer(work, first.no, who, then_ladder=True, alone_seconds=alone, found=found)
    return hold(work, first.no).version


def _assign(places: Sequence[Planned], work: UnitOfWork) -> int:
    expected: int | None = places[0].version
    for each in places:
        orders.assign(work, each.no, each.companion_id, expected, each.score)
        expected = None
    return hold(work, places[0].no).version


def _recall(verdict: Verdict, work: UnitOfWork) -> int:
    dispatch.recall(work, verdict.no, verdict.version)
    return hold(work, verdict.no).version


def _release(verdict: Verdict, work: UnitOfWork) -> int:
    expected: int | None = verdict.version
    for companion_id in verdict.companion_ids:
        orders.release(work, verdict.no, _("undone"), expected, companion_id, withdrew=False)
        expected = None
    return hold(work, verdict.no).version
