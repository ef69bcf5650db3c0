"""``dispatch``: who should serve an order, and why the others not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _, joined, ngettext

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

EXCLUDED_SHOWN = 20
"""Companions who are out, in the table for people; JSON has them all."""


@app.command(
    "suggest",
    help=_(
        "The companions for an order, best first, and why the others not; with --companion, how "
        "that one stands to it."
    ),
    epilog=_(
        "The parts of the score lie between 0 and 1; the settings dispatch.weights and "
        "dispatch.styles say what each counts, also by order kind. A companion who names kinds of "
        "orders among their tags takes those only."
    ),
)
def suggest(
    no: Annotated[str, typer.Argument(metavar="NO", help=_("The order's number."))],
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help=_("At most so many."))
    ] = 20,
    companion: Annotated[
        str | None,
        typer.Option(
            "--companion",
            metavar="REF",
            help=_("Only this one: place and score, or every reason against and its remedy."),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions.reads import resolve
    from crm_tui.services.dispatch import reads

    def look(work: ReadWork) -> Document:
        if companion is None:
            return reads.document(reads.suggest(work, no, limit))
        told = reads.why_not(work, no, resolve(work, companion))
        return reads.explanation_document(told)

    answer(read(look), as_json, _show if companion is None else _show_one)


@app.command("expire", help=_("End the offers whose time is over; for a schedule."))
def expire(key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.dispatch import actions

    def act(work: UnitOfWork) -> Document:
        return {"expired": actions.expire_due(work)}

    def show(document: Document) -> None:
        count = len(document["expired"])
        text = ngettext(
            "Offers of {count} order have expired.", "Offers of {count} orders have expired.", count
        )
        line(text.format(count=count))

    answer(write(act, key=key, request=["dispatch expire"]), as_json, show)


@app.command("plan", help=_("Who should get which of the orders that wait, all at once."))
def plan(
    apply: Annotated[
        bool, typer.Option("--apply", help=_("Carry it out, with a verdict for each order."))
    ] = False,
    how: Annotated[
        str | None,
        typer.Option("--how", metavar="offers|assigns", help=_("Ask each first, or give at once.")),
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.cli._plan_views import applied, planned, show_plan
    from crm_tui.services.dispatch.plan_actions import Applies

    if how is not None and how not in set(Applies):
        raise typer.BadParameter(_("Expected: {known}").format(known=joined(Applies)))
    document = applied(Applies(how) if how else None, key) if apply else planned()
    answer(document, as_json, show_plan)


@app.command("ladder", help=_("Who was offered an order in which tier, and who is asked next."))
def ladder(
    no: Annotated[str, typer.Argument(metavar="NO", help=_("The order's number."))],
    as_json: Json = False,
) -> None:
    from crm_tui.cli._ladder_views import ladder_document, show_ladder

    answer(read(lambda work: ladder_document(work, no)), as_json, show_ladder)


@app.command("widen", help=_("Offer an order to the next tier now."))
def widen(
    no: Annotated[str, typer.Argument(metavar="NO", help=_("The order's number."))],
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.cli._ladder_views import ladder_document, show_ladder
    from crm_tui.services.dispatch import actions

    def act(work: UnitOfWork) -> Document:
        actions.widen(work, no)
        return ladder_document(work, no)

    answer(write(act, key=key, request=["dispatch widen", no]), as_json, show_ladder)


def _show(document: Document) -> None:
    from crm_tui.services.dispatch.facts import Against
    from crm_tui.services.dispatch.reasons import PARTS, Why

    columns = (_("Companion"), _("Score"), *(_(label) for label in PARTS.values()))
    candidates = [
        (one["companion"], _number(one["score"]), *(_number(one["parts"][name]) for name in PARTS))
        for one in document["candidates"]
    ]
    table(columns, candidates, empty=_("Nobody can serve {no} now.").format(no=document["order"]))
    excluded = [
        (one["companion"], [Against(Why(why), fact).text for why, fact in one["facts"].items()])
        for one in document["excluded"][:EXCLUDED_SHOWN]
    ]
    if excluded:
        table((_("Out"), _("Why")), excluded, empty="")
    more = len(document["excluded"]) - len(excluded)
    if more:
        line(ngettext("and {count} more", "and {count} more", more).format(count=more))


def _show_one(document: Document) -> None:
    from crm_tui.services.dispatch.facts import Against
    from crm_tui.services.dispatch.reasons import PARTS, Why

    if document["eligible"]:
        verdict = _("{companion} can serve {no}: place {place} of {of}, match {score}")
    else:
        verdict = ngettext(
            "{companion} can't serve {no}, for {count} reason:",
            "{companion} can't serve {no}, for {count} reasons:",
            len(document["why"]),
        )
    line(
        verdict.format(
            companion=document["companion"],
            no=document["order"],
            place=document["place"],
            of=document["of"],
            score=_number(document["score"]),
            count=len(document["why"]),
        )
    )
    against = [
        (Against(Why(why), fact).text, document["remedies"][why])
        for why, fact in document["facts"].items()
    ]
    if against:
        table((_("What is against"), _("What would have to change")), against, empty="")
    parts = [
        (_(PARTS[name]), _number(document["parts"][name]), f"{weight:.0%}")
        for name, weight in document["weights"].items()
    ]
    table((_("Part"), _("Match"), _("counts")), parts, empty="")


def _number(value: float) -> str:
    return f"{value:.2f}"
