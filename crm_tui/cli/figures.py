"""``figures``: the columnar copy that reports and the figures screen read from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from crm_tui.cli._reporting import told_on_terminal
from crm_tui.cli._run import Document, Json, answer, line, read, studio, table
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("rebuild", help=_("Make the copy anew from the database."))
def rebuild(as_json: Json = False) -> None:
    from crm_tui.services.figures.copy import door

    with studio() as store, store.read() as work:
        folder = door.folder_of(store)
        with told_on_terminal() as tell:
            door.rebuilt(work, folder, progress=tell)
        answer(_told(work), as_json, _show_status)


@app.command("status", help=_("Where the copy lies, how large it is, from when."))
def status(as_json: Json = False) -> None:
    answer(read(_told), as_json, _show_status)


@app.command("layout", help=_("What the copy's files hold, for other programs that read them."))
def layout(as_json: Json = False) -> None:
    from crm_tui.services.figures.copy.layout import DATASETS, LAYOUT

    datasets = [
        {
            "name": each.name,
            "holds": _(each.holds),
            "columns": [
                {"name": one.name, "type": str(one.type), "meaning": _(one.meaning)}
                for one in each.columns
            ],
        }
        for each in DATASETS.values()
    ]
    answer({"layout": LAYOUT, "datasets": datasets}, as_json, _show_layout)


def _told(work: ReadWork) -> Document:
    """The copy as it lies there; it is neither made nor brought up to date."""
    from crm_tui.services.figures.copy import door, manifest
    from crm_tui.services.figures.copy.proof import standing

    folder = door.folder_of(work.store)
    told = standing(work, folder)
    return {
        "folder": str(folder),
        "as_of": told.as_of.isoformat(timespec="seconds") if told.as_of else None,
        "usable": told.usable,
        "other_release": manifest.is_of_another_release(folder),
        "behind": told.behind,
        "bytes": told.size,
        "datasets": [{"name": name, "rows": rows} for name, rows in told.rows.items()],
    }


def _show_status(document: Document) -> None:
    line(document["folder"])
    if document["other_release"]:
        line(_("The copy is of another release of this program; the next report makes it anew."))
        return
    if document["as_of"] is None:
        line(_("There is no copy yet; the first report makes it."))
        return
    at = datetime.fromisoformat(document["as_of"]).astimezone()
    said = _("As of {at}, {behind} events behind, {size} MB.")
    size = f"{document['bytes'] / 1_000_000:,.1f}"
    line(said.format(at=f"{at:%Y-%m-%d %H:%M:%S}", behind=document["behind"], size=size))
    if not document["usable"]:
        line(_("It can't be used; the next report makes it anew."))
    rows = [(each["name"], f"{each['rows']:,}") for each in document["datasets"]]
    table([_("Dataset"), _("Rows")], rows, "")


def _show_layout(document: Document) -> None:
    for dataset in document["datasets"]:
        line("")
        line(f"{dataset['name']}  {dataset['holds']}")
        rows: list[tuple[Any, ...]] = [
            (column["name"], column["type"], column["meaning"]) for column in dataset["columns"]
        ]
        table([_("Column"), _("Type"), _("Meaning")], rows, "")
