"""``risk``: the signs of trouble that were seen, and looking for more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("list", help=_("The risk alarms of the last days, the newest first."))
def list_risks(
    days: Annotated[int, typer.Option(min=1, max=3650, help=_("So many days back."))] = 30,
    as_json: Json = False,
) -> None:
    def look(work: ReadWork) -> Document:
        from crm_tui.services.alarms import reads
        from crm_tui.services.orders.reads import iso
        from crm_tui.services.risk.rules import TERM_MINUTES
        from crm_tui.services.risk.telling import in_words

        zone = work.calendar().zone
        since = work.clock.now() - timedelta(days=days)
        rows = reads.recent(work, since, limit=10_000)
        return {
            "risks": [
                {
                    "kind": row.kind.value,
                    "entity": row.entity,
                    "no": row.no,
                    "raised_at": iso(row.raised_at, zone),
                    "why": in_words(row.kind, row.parts),
                    "parts": row.parts,
                    "rule_version": row.rule_version,
                    "task": row.task_id,
                }
                for row in rows
                if row.kind in TERM_MINUTES
            ]
        }

    answer(read(look), as_json, _show)


@app.command("look", help=_("Apply the rules to what happened since the last look."))
def look_now(key: Key = None, as_json: Json = False) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.risk import actions

        return {"raised": actions.look(work)}

    def show(document: Document) -> None:
        count = document["raised"]
        line(ngettext("{count} alarm raised", "{count} alarms raised", count).format(count=count))

    answer(write(act, key=key, request=["risk look"]), as_json, show)


def _show(document: Document) -> None:
    from crm_tui.core.words import AlarmKind

    rows = [
        (
            each["raised_at"][5:16].replace("T", " "),
            AlarmKind(each["kind"]).label,
            each["no"],
            each["task"],
            each["why"],
        )
        for each in document["risks"]
    ]
    columns = (_("When"), _("Alarm"), _("No."), _("Task"), _("Why"))
    table(columns, rows, empty=_("No signs of trouble were seen."))
