"""``customers duplicates``, ``merge``, ``unmerge``, ``distinct``: one record a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    answer,
    line,
    note,
    read,
    studio,
    table,
    write,
)
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tui.services.customers.rules import NewCustomer
    from crm_tui.services.duplicates.reads import Progress
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer()

Keep = Annotated[str, typer.Argument(metavar="KEEP", help=_("The record that stays."))]
Other = Annotated[str, typer.Argument(metavar="OTHER", help=_("The record that goes into it."))]
Take = Annotated[
    list[str] | None,
    typer.Option(
        "--take", metavar="FIELD=other", help=_("Whose value stands: keep, other, or both (note).")
    ),
]


@app.command("duplicates", help=_("Pairs of customers who look like one person, and why."))
def duplicates(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=_("At most so many."))] = 50,
    min_score: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help=_("From this score on, 0 to 1."))
    ] = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.duplicates import reads, rules
    from crm_tui.services.duplicates.documents import pair_document

    least = rules.LIKELY if min_score is None else min_score
    with studio() as store:
        pairs = reads.scan(store, _reporter(), min_score=least)
    _clear_report()
    document = {
        "found": len(pairs),
        "min_score": least,
        "pairs": [pair_document(pair) for pair in pairs[:limit]],
    }
    answer(document, as_json, _show_pairs)


@app.command("merge", help=_("Let one record go into another: the same person was stored twice."))
def merge(
    keep: Keep,
    other: Other,
    take: Take = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.duplicates import actions
    from crm_tui.services.duplicates.documents import preview_document

    choose = _sides(take)

    def look(work: ReadWork) -> Document:
        shown = actions.preview(work, resolve(work, keep), resolve(work, other), choose)
        return {"merge": None, **preview_document(shown), "dry_run": True}

    def act(work: UnitOfWork) -> Document:
        ids = resolve(work, keep), resolve(work, other)
        shown = preview_document(actions.preview(work, *ids, choose))
        return {"merge": actions.merge(work, *ids, choose), **shown}

    if dry_run:
        document = read(look)
    else:
        document = write(act, key=key, request=["customers merge", keep, other, choose])
    answer(document, as_json, _show_merge)


@app.command("unmerge", help=_("Take a merge back: both records become what they were."))
def unmerge(
    ref: Annotated[str, typer.Argument(metavar="REF", help=_("The record that was merged."))],
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.duplicates import actions
    from crm_tui.services.duplicates.documents import party_document
    from crm_tui.services.duplicates.reads import merged_record, parties

    def act(work: UnitOfWork) -> Document:
        done = actions.unmerge(work, merged_record(work, ref))
        people = parties(work, (done.keep_id, done.other_id))
        return {
            "keep": party_document(people[done.keep_id]),
            "other": party_document(people[done.other_id]),
            "left": list(done.left),
        }

    request = ["customers unmerge", ref]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_unmerged)


@app.command("distinct", help=_("Judge that two who look alike are two people."))
def distinct(
    one: Annotated[str, typer.Argument(metavar="A")],
    other: Annotated[str, typer.Argument(metavar="B")],
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.duplicates import actions
    from crm_tui.services.duplicates.documents import party_document
    from crm_tui.services.duplicates.reads import parties

    def act(work: UnitOfWork) -> Document:
        ids = resolve(work, one), resolve(work, other)
        actions.distinct(work, *ids)
        people = parties(work, ids)
        return {"distinct": [party_document(people[each]) for each in ids]}

    answer(write(act, key=key, request=["customers distinct", one, other]), as_json, _show_judged)


def alike_documents(work: ReadWork, new: NewCustomer) -> list[Document]:
    """Who is stored already and looks like ``new``."""
    from crm_tui.services.duplicates.documents import alike_document
    from crm_tui.services.duplicates.reads import alike

    return [alike_document(found) for found in alike(work, new)]


def note_alike(found: list[Document]) -> None:
    """Say on stderr who looks like the customer who was added."""
    for each in found:
        customer = each["customer"]
        reasons = joined(reason["reason"] for reason in each["reasons"])
        note(
            _("Looks like {no} {nick} ({score}%): {reasons}").format(
                no=customer["no"],
                nick=customer["nick"],
                score=round(each["score"] * 100),
                reasons=reasons,
            )
        )


def _sides(take: list[str] | None) -> dict[str, str]:
    """``FIELD=other`` texts as a dictionary. Raises :class:`Invalid` where the ``=`` is missing."""
    sides = {}
    for text in take or ():
        field, sign, side = text.partition("=")
        if not sign:
            raise Invalid(field="--take", value=text, expected="FIELD=other")
        sides[field] = side
    return sides


def _reporter() -> Callable[[Progress], None] | None:
    """Shows on stderr what the scan is doing, if a person looks on."""
    if not sys.stderr.isatty():
        return None
    from crm_tui.services.duplicates.reads import STEPS

    def report(progress: Progress) -> None:
        share = f"{progress.done:,}/{progress.total:,}"
        sys.stderr.write(f"\r\x1b[K{_(STEPS[progress.step])} {share}")

    return report


def _clear_report() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _show_pairs(document: Document) -> None:
    rows = [
        (
            f"{pair['score']:.2f}",
            *(f"{pair[side]['no']} {pair[side]['nick']}" for side in ("keep", "other")),
            joined(reason["reason"] for reason in pair["reasons"]),
        )
        for pair in document["pairs"]
    ]
    columns = (_("Score"), _("Stays"), _("Goes into it"), _("Why"))
    table(columns, rows, empty=_("No two customers look like one person."))
    more = document["found"] - len(rows)
    if more > 0:
        note(ngettext("{count} pair more", "{count} pairs more", more).format(count=more))


def _show_merge(document: Document) -> None:
    from crm_tui.services.duplicates.choices import as_text, label_of
    from crm_tui.services.duplicates.documents import moved_line

    parties = [f"{document[side]['no']} {document[side]['nick']}" for side in ("keep", "other")]
    rows = [
        (
            label_of(each["field"]),
            *(as_text(each[side]) for side in ("keep", "other", "result")),
            each["reason"],
        )
        for each in document["fields"]
    ]
    table((_("Field"), *parties, _("Stands"), _("Why")), rows, empty="")
    line(moved_line(document["moved"]))


def _show_unmerged(document: Document) -> None:
    shown = {side: f"{document[side]['no']} {document[side]['nick']}" for side in ("keep", "other")}
    line(_("{keep} and {other} are two records again.").format(**shown))
    if document["left"]:
        note(_("Edited since, and left so: {fields}").format(fields=joined(document["left"])))


def _show_judged(document: Document) -> None:
    line(_("{one} and {other} are two people.").format(
        one=document["distinct"][0]["no"], other=document["distinct"][1]["no"]
    ))  # fmt: skip
