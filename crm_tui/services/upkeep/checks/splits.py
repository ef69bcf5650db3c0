"""What companions get of orders is what the split rules say."""

from __future__ import annotations

from itertools import islice

from crm_tui.core.language import _
from crm_tui.services.money.splits.proof import astray
from crm_tui.services.upkeep.findings import MOST_COUNTED, Finding, finding
from crm_tui.storage.store import ReadWork


def lines(work: ReadWork) -> Finding:
    """Every line that is kept follows from its inputs by its version of the rule."""
    broken = list(islice(astray(work), MOST_COUNTED + 1))
    promise = _("Every split follows from its inputs by the rule that held.")
    return finding("splits.lines", promise, broken)
