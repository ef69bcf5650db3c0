"""The doctor: proof, in one command, that the database agrees with itself (N8)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crm_tui.core.errors import CrmError
from crm_tui.core.text import clean
from crm_tui.services.upkeep.checks import (
    attachments,
    books,
    companions,
    contacts,
    customers,
    database,
    events,
    fields,
    figures,
    members,
    money,
    orders,
    settlements,
    splits,
)
from crm_tui.services.upkeep.findings import Finding, Rule, examine
from crm_tui.storage.store import ReadWork, Store, dialect_for


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at."""

    name: str
    look: Callable[[Store], Finding]


def _of_work(name: str, look: Callable[[ReadWork], Finding]) -> Check:
    def reading(store: Store) -> Finding:
        with store.read() as work:
            return look(work)

    return Check(name, reading)


def _of_rule(rule: Rule) -> Check:
    return _of_work(rule.name, lambda work: examine(rule, work))


DATABASE = (
    Check("database.revision", database.revision),
    Check("database.integrity", database.integrity),
    Check("database.references", database.references),
)
LOG = (_of_work("events.chain", events.chain), _of_work("events.values", events.values))
BUSINESS = (
    *map(_of_rule, (*orders.RULES, *customers.RULES, *companions.RULES, *contacts.RULES)),
    _of_work("customers.lookup", customers.lookup),
    _of_work("fields.unique", fields.unique),
    _of_work("tags.rules", fields.rules),
    *map(_of_rule, (*books.RULES, *money.RULES, *settlements.RULES)),
    _of_work("money.balances", money.balances),
    _of_work("splits.lines", splits.lines),
    _of_work("members.levels", members.levels),
    _of_work("settlement.proved", settlements.proved),
    _of_work("settings.valid", books.settings),
    _of_work("attachments.files", attachments.files),
    _of_work("attachments.unneeded", attachments.unneeded),
    _of_work("figures.copied", figures.copied),
)


def diagnose(target: str | Path) -> list[Finding]:
    """All findings about the database at a file or URL, which is neither made nor changed.

    A check that can't be carried out is a finding that is not ok; only an address that means
    nothing raises :class:`~crm_tui.core.errors.StorageProblem`.
    """
    store = Store(dialect_for(target))
    try:
        return list(findings(store))
    finally:
        store.close()


def findings(store: Store) -> Iterator[Finding]:
    """The findings about an open store, one after the other; each looks at its own moment.

    The records are examined only where the schema is the one that this program knows.
    """
    of_database = [carry_out(check, store) for check in DATABASE]
    yield from of_database
    if of_database[0].ok:
        for check in (*LOG, *BUSINESS):
            yield carry_out(check, store)


def carry_out(check: Check, store: Store) -> Finding:
    """What ``check`` finds; where it can't be carried out, that is the finding."""
    try:
        return check.look(store)
    except CrmError as error:
        return Finding(check.name, False, error.message())
    except DBAPIError as error:
        known = store.dialect.problem(error)
        return Finding(check.name, False, known.message() if known else clean(str(error.orig)))
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        return Finding(check.name, False, clean(str(error)))
