"""``orders paste``: a chat snippet or a filled form as an order, told piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._input import read_bytes
from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _, joined

if TYPE_CHECKING:
    from crm_tui.services.paste.drafting import PastedOrder, Understood
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer()

MOST_BYTES = 200_000
"""Of a file; a chat that is an order is not longer."""


@app.command(
    "paste",
    help=_("Read a chat or a filled form, and take the order if all it needs is certain."),
)
def paste(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help=_("The text; -: stdin."))] = "-",
    customer: Annotated[
        str, typer.Option("--customer", metavar="REF", help=_("Who orders, whatever is matched."))
    ] = "",
    new: Annotated[
        bool, typer.Option("--new", help=_("Add the customer where nobody is matched."))
    ] = False,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    text = _text(file)

    def look(work: ReadWork) -> Document:
        from crm_tui.services.paste.drafting import draft

        return {**_document(work, draft(work, text)), "dry_run": True}

    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.paste.drafting import draft

        pasted = draft(work, text)
        return {**_document(work, pasted), "orders": _take(work, pasted, customer, new)}

    if dry_run:
        answer(read(look), as_json, _show)
    else:
        request = ["orders paste", text, customer, new]
        answer(write(act, key=key, request=request), as_json, _show)


def _text(file: str) -> str:
    """The text of a file or of stdin, in UTF-8 or else GB18030. Raises :class:`FileProblem`."""
    raw = read_bytes(file, MOST_BYTES)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _take(work: UnitOfWork, pasted: PastedOrder, ref: str, new: bool) -> list[Document]:
    """Take the orders, for the customer named, matched, or added."""
    from crm_tui.cli._order_views import order_document
    from crm_tui.services.orders import reads
    from crm_tui.services.paste.actions import take

    ids = take(work, pasted, _customer(work, pasted, ref, new))
    return [order_document(work, row.no)["order"] for row in reads.by_ids(work, ids)]


def _customer(work: UnitOfWork, pasted: PastedOrder, ref: str, new: bool) -> int:
    from crm_tui.services.customers import actions, lookup
    from crm_tui.services.paste.actions import unsure

    if ref:
        return lookup.resolve(work, ref)
    match = pasted.customer
    if match.hit is not None and match.certain:
        return match.hit.id
    if new and match.hit is None and not match.candidates and match.new.nick:
        return actions.add(work, match.new)
    raise unsure(list(pasted.missing))


def _document(work: ReadWork, pasted: PastedOrder) -> Document:
    """What was understood, who is meant, what would be ordered."""
    from crm_tui.services.customers.lookup import documents

    zone = work.calendar().zone
    match = pasted.customer
    return {
        "pieces": [_piece(each, zone) for each in pasted.understood],
        "left_out": [_piece(each, zone) for each in pasted.left_out],
        "several": pasted.reading.several,
        "clipped": pasted.reading.clipped,
        "customer": {
            "matched": documents(work, [match.hit])[0] if match.hit else None,
            "by": [part.value for part in match.by],
            "confirm": match.confirm,
            "candidates": documents(work, match.candidates),
            "remarks": list(match.remarks),
            "new": {
                "nick": match.new.nick,
                "identities": [kind.value for kind in match.new.identities],
            },
        },
        "fields": {
            name: {
                "value": _plain(filled.value, zone),
                "text": filled.text,
                "sure": filled.sure,
                "why": filled.why,
            }
            for name, filled in pasted.fields.items()
        },
        "places": pasted.places,
        "missing": list(pasted.missing),
    }


def _piece(each: Understood, zone: Any) -> Document:
    piece = each.piece
    return {
        "part": piece.part.value,
        "value": each.meaning if piece.part in ("phone", "game") else _plain(piece.value, zone),
        "words": each.words,
        "how": piece.how.value,
        "sure": piece.sure,
        "start": piece.start,
        "end": piece.end,
    }


def _plain(value: Any, zone: Any) -> Any:
    return value.astimezone(zone).isoformat() if hasattr(value, "astimezone") else value


def _show(document: Document) -> None:
    """What was understood as a table, then the customer, then the order or what is missing."""
    from crm_tui.cli._order_views import show_order
    from crm_tui.services.paste.pieces import How, Part

    columns = (_("What"), _("Meaning"), _("Words"), _("How"), _("Sure"))
    rows = [
        (
            Part(each["part"]).label,
            each["value"],
            each["words"],
            How(each["how"]).label,
            _("yes") if each["sure"] else "?",
        )
        for each in document["pieces"]
    ]
    table(columns, rows, empty=_("Nothing was understood."))
    _show_customer(document["customer"])
    if document["several"]:
        line(_("More than one order stands here: only the first was read."))
    for order in document.get("orders", ()):
        show_order({"order": order})
    if document.get("dry_run"):
        missing = joined(document["missing"])
        line(_("Missing: {missing}").format(missing=missing) if missing else _("It can be taken."))


def _show_customer(customer: Document) -> None:
    for remark in customer["remarks"]:
        line(f"! {remark}")
    if hit := customer["matched"]:
        sure = _("please make sure") if customer["confirm"] else ""
        line(" ".join(filter(None, (hit["no"], hit["nick"], hit["phone"], sure))))
    for hit in customer["candidates"]:
        line(f"? {hit['no']} {hit['nick']} {hit['phone']}")
