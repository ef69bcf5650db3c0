"""A new version of the split rule as one types it, beginning with the one under the cursor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.screens import path_completion
from crm_tui.screens.custom_fields import offering
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.services.money.splits.rules import SplitRule

PRICES = {"paid": N_("price paid"), "list": N_("list price")}


class SplitRuleForm(FormDialog):
    """Begins with ``rule``; ``level_names`` are the names of levels by code. A file, where one is
    named, stands for all of it."""

    def __init__(self, rule: SplitRule, level_names: Mapping[str, str], submit: Submit) -> None:
        effect = " ".join(
            (
                _("It is tried on last month before it is kept; kept versions never change."),
                _(
                    "Steps of the month’s turnover: 50% 5200:60% 10000:70%/6, "
                    "the last after 6 months."
                ),
                _("Exceptions: level=80%; kind=50%; kind/level=85%."),
            )
        )
        super().__init__(
            _("Split rules"), _("new version"), _fields(rule, level_names), submit, effect=effect
        )

    def definition(self, values: Mapping[str, Any]) -> Any:
        """The rule that the values describe, as data."""
        if values["file"] is not None:
            return values["file"]
        return {
            "price": values["price"],
            "tip_share_bp": values["tips"],
            "share": values["share"],
            **values["exceptions"],
        }


def _fields(rule: SplitRule, level_names: Mapping[str, str]) -> tuple[Field, ...]:
    from crm_tui.services.money.splits import notation
    from crm_tui.services.money.splits.words import percent

    prices = {_(label): word for word, label in PRICES.items()}
    agreed = _("agreed share")
    tips = "" if rule.tip_share_bp is None else f"{percent(rule.tip_share_bp)}%"
    return (
        Field(
            "share",
            _("Share"),
            notation.scale_from,
            _("80%; agreed; or steps"),
            required=True,
            initial=notation.scale_text(rule.scheme.scale, agreed),
        ),
        Field(
            "exceptions",
            _("Exceptions"),
            notation.exceptions_from,
            _("level=80%; kind=50%"),
            initial=notation.exceptions_text(rule, level_names, agreed),
        ),
        Field(
            "price",
            _("Share of"),
            _price,
            " / ".join(prices),
            required=True,
            suggest=offering(prices),
            initial=_(PRICES[rule.price.value]),
        ),
        Field(
            "tips",
            _("Share of tips"),
            notation.share_from,
            _("empty: as the setting says"),
            initial=tips,
        ),
        Field("valid_from", _("Holds from"), date.fromisoformat, _("2026-10-01; empty: today")),
        Field("note", _("Note")),
        Field(
            "file",
            _("Or a file"),
            _read,
            _("the rule as JSON, instead of the fields above"),
            suggest=path_completion.suggest,
        ),
    )


def _price(typed: str) -> str:
    """The word of the price that was typed. Raises ``ValueError``."""
    for word, label in PRICES.items():
        if fold(typed) in (word, fold(_(label))):
            return word
    raise ValueError(typed)


def _read(typed: str) -> Any:
    """The definition in the file that was typed. Raises ``ValueError``, :class:`Invalid`."""
    (path,) = path_completion.paths(typed)
    try:
        return json.loads(Path(path).read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Invalid(field=_("Or a file"), value=typed, expected=_("JSON")) from error
