"""What the doctor says: findings as values, and rules that are one query each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.text import clean

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork

MOST_COUNTED = 1000
"""A rule broken by more records than this is not counted further."""
EXAMPLES = 3
"""Records that a finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check. ``detail`` says what holds, or what does not and where."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must hold for every record.

    ``broken`` builds the query for the references (order numbers, customer numbers …) of the
    records that break it; ``promise`` is the sentence, from the catalogues, of what holds.
    """

    name: str
    promise: str
    broken: Callable[[], SelectOfScalar[str]]


def examine(rule: Rule, work: ReadWork) -> Finding:
    """Whether ``rule`` holds now, by a single statement."""
    refs = list(work.session.exec(rule.broken().limit(MOST_COUNTED + 1)))
    return finding(rule.name, _(rule.promise), refs)


def finding(name: str, promise: str, broken: list[str]) -> Finding:
    """``promise`` if ``broken`` is empty, else what it names: how many, and the first of them."""
    if not broken:
        return Finding(name, True, promise)
    examples = joined(clean(ref, 60) for ref in broken[:EXAMPLES])
    if len(broken) > MOST_COUNTED:
        says = _("more than {count} records break this, such as {examples}")
        count = MOST_COUNTED
    else:
        count = len(broken)
        says = ngettext(
            "{count} record breaks this: {examples}",
            "{count} records break this, such as {examples}",
            count,
        )
    return Finding(name, False, f"{promise} {says.format(count=count, examples=examples)}")
