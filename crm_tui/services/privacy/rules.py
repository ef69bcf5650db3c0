"""What becomes of each table's rows when a person is forgotten. Pure.

Accounting stays: orders, who served them, ratings and payments, without a word that a person wrote.
What is only about the person goes. Every table that :func:`reach.reached_tables` finds has a rule
here; a test holds the two against each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm_tui.core.words import Gender

GOES: Mapping[str, Any] | None = None
"""The rule of a table whose rows are deleted; any other names the columns to overwrite."""

FORGET: dict[str, Mapping[str, Any] | None] = {
    "alarm": GOES,
    "assignment": {},
    "attachment": GOES,
    "bill_line": {"payer": "", "title": "", "raw": {}},
    "companion_stance": GOES,
    "credit_entry": {"note": ""},
    "customer": {
        "name": "",
        "gender": Gender.UNKNOWN,
        "city": "",
        "note": "",
        "registered_on": None,
        "owner_id": None,
        "custom": {},
        "do_not_contact": True,
    },
    "customer_identity": GOES,
    "customer_merge": {"snapshot": {}},
    "customer_tag": GOES,
    "dispatch_round": {},
    "interaction": GOES,
    "journal": {},
    "journal_line": {},
    "membership": GOES,
    "not_duplicate": GOES,
    "offer": {"reason": ""},
    "order_split": {},
    "orders": {"note": "", "cancel_reason": "", "custom": {}},
    "payment": {},
    "rating": {"comment": ""},
    "reservation": {},
    "service_session": {},
    "task": GOES,
}

LOG_ENTITIES = {"orders": "order"}
"""What the event log and the imports call the rows of a table, where it is not the table's name."""

SHORTEST_ID = 5
SHORTEST_NAME = 2
"""Shorter ids and names are not searched for in texts about others: they would hit anything."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person can be recognised by in texts about others, and what stands there afterwards.

    ``ids`` are phones and ids in every form, ``names`` are nicknames and names that nobody else
    in the studio has.
    """

    ids: frozenset[str]
    names: frozenset[str]
    pseudonym: str

    @classmethod
    def of(cls, ids: Iterable[str], names: Iterable[str], pseudonym: str) -> Traces:
        """Without what is too short to be told from chance."""
        return cls(
            frozenset(each for each in ids if len(each) >= SHORTEST_ID),
            frozenset(each for each in names if len(each) >= SHORTEST_NAME),
            pseudonym,
        )

    @property
    def needles(self) -> list[str]:
        """All of them, longer ones first, so that none is cut by another within it."""
        return sorted(self.ids | self.names, key=lambda each: (-len(each), each))

    @property
    def stored_forms(self) -> list[str]:
        """The needles as they stand in a text column, and escaped as in a JSON column."""
        forms = {form for each in self.needles for form in (each, json.dumps(each)[1:-1])}
        return sorted(forms)

    def wiped(self, value: Any) -> Any:
        """``value``, a text or JSON, with the pseudonym wherever it named the person."""
        if isinstance(value, str):
            for needle in self.needles:
                value = value.replace(needle, self.pseudonym)
            return value
        if isinstance(value, list):
            return [self.wiped(each) for each in value]
        if isinstance(value, dict):
            return {self.wiped(key): self.wiped(each) for key, each in value.items()}
        return value
