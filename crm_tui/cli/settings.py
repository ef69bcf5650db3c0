"""``settings``: data with versions; what is set here holds from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    answer,
    json_text,
    line,
    read,
    table,
    write,
)
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Setting = Annotated[str, typer.Argument(metavar="KEY", help=_("Such as store.business_day_start."))]
StoreId = Annotated[int, typer.Option("--store", min=0, help=_("One store; 0 is the studio."))]


@app.command("get", help=_("The value of a setting."))
def get(setting: Setting, store_id: StoreId = 0, as_json: Json = False) -> None:
    def look(work: ReadWork) -> Document:
        return {"key": setting, "value": work.setting(setting, store_id)}

    answer(read(look), as_json, _show_value)


@app.command("set", help=_("Let a setting have another value from now on."))
def set_(
    setting: Setting,
    value: Annotated[str, typer.Argument(metavar="VALUE")],
    store_id: StoreId = 0,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.settings.actions import set_setting

    def act(work: UnitOfWork) -> Document:
        return {"key": setting, "value": set_setting(work, setting, value, store_id)}

    request = ["settings set", setting, value, store_id]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_value)


@app.command("list", help=_("Every setting with its value and meaning."))
def list_(store_id: StoreId = 0, as_json: Json = False) -> None:
    from crm_tui.services.settings.reads import in_force

    def look(work: ReadWork) -> Document:
        return {
            "settings": [
                {
                    "key": row.key,
                    "value": row.value,
                    "default": row.default,
                    "expected": row.expected,
                    "meaning": row.meaning,
                }
                for row in in_force(work, store_id)
            ]
        }

    def show(document: Document) -> None:
        rows = [
            (each["key"], _plain(each["value"]), each["meaning"]) for each in document["settings"]
        ]
        table((_("Setting"), _("Value"), _("Meaning")), rows, empty="")

    answer(read(look), as_json, show)


def _show_value(document: Document) -> None:
    line(_plain(document["value"]))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json_text(value)
