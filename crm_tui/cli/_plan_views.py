"""``dispatch plan``: made, shown, and carried out once for a key."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crm_tui.cli._run import Document, actor, line, note, studio, table
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.services.dispatch.plan_actions import Applies


def planned() -> Document:
    """The plan for what waits now; nothing is written."""
    from crm_tui.services.dispatch import plan, plan_reads

    with studio() as store, store.read() as work:
        return plan.document(plan_reads.make(work))


def applied(how: Applies | None, key: str | None) -> Document:
    """The plan for what waits now, carried out, with a verdict for each order.

    The same ``key`` answers the same again. A run that broke off has no answer yet: repeating it
    plans what still waits.
    """
    from crm_tui.services.dispatch import plan, plan_actions, plan_reads

    request = ["dispatch plan", how.value if how else None]
    with studio() as store:
        who, document = actor(store), Document()
        if not (key and store.is_answered(key)):
            with store.read() as work:
                made = plan_reads.make(work)
                wished = how or plan_actions.applies(work)
            verdicts = plan_actions.apply(store, who, made.assigned, wished, _progress)
            document = plan.document(made)
            document |= {"applied": wished.value, "verdicts": plan_actions.document(verdicts)}
        return store.perform(who, lambda _work: document, key=key, request=request)


def show_plan(document: Document) -> None:
    """The plan for a person, or what became of it."""
    verdicts = {each["order"]: each for each in document.get("verdicts", ())}
    rows = [
        (
            each["order"],
            each["customer"],
            each["companion"],
            f"{each['score']:.2f}",
            _told(verdicts[each["order"]]) if verdicts else _parts(each["parts"]),
        )
        for each in document["assigned"]
    ]
    last = _("What became of it") if verdicts else _("Why")
    columns = (_("No."), _("Customer"), _("Companion"), _("Match"), last)
    table(columns, rows, empty=_("Nothing can be given to anybody now."))
    left = [(each["order"], each["customer"], each["why"]) for each in document["unassigned"]]
    if left:
        table((_("Left over"), _("Customer"), _("Why")), left, empty="")
    waiting, available = document["waiting"], document["available"]
    told = ngettext("{count} order waits", "{count} orders wait", waiting).format(count=waiting)
    free = ngettext("{count} companion is free", "{count} companions are free", available)
    line(f"{told}, {free.format(count=available)}.")
    totals = _("Total {total}, at best {most}; first come, first served: {first}. {took} ms")
    line(
        totals.format(
            total=f"{document['total']:.2f}",
            most=f"{document['at_most']:.2f}",
            first=f"{document['first_come_total']:.2f}",
            took=round(document["took_ms"]),
        )
    )
    if not verdicts and rows:
        note(_("Nothing was done yet: --apply carries it out."))


def _told(verdict: Document) -> str:
    from crm_tui.services.dispatch.plan_actions import Done

    done = Done(verdict["verdict"]).label
    return f"{done}: {verdict['why']}" if verdict["why"] else done


def _parts(parts: dict[str, float]) -> str:
    from crm_tui.services.dispatch.reasons import PARTS

    strongest = sorted(parts.items(), key=lambda part: -part[1])
    return " ".join(f"{_(PARTS.get(name, name))} {value:.2f}" for name, value in strongest)


def _progress(done: int, total: int) -> bool:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}" if done else "")
    return True
