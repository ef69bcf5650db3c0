"""The customers whom the studio knows already, as an import finds and compares them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel, col

from crm_tui.core.portions import portions
from crm_tui.core.words import IdentityKind
from crm_tui.models import Tag
from crm_tui.services.customers.index import ALIASES
from crm_tui.services.customers.keys import whole_key
from crm_tui.services.imports.people import Identity
from crm_tui.storage.store import ReadWork

OWN_NO = "own_no"
"""Where ``Customer.custom`` holds the number that the studio's file gave the customer."""
TOLD = ("nick", "name", "gender", "city", "channel", "note", "registered_on")
"""What a row may tell of a customer, besides identities and tags."""

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_IDENTITIES = SQLModel.metadata.tables["customer_identity"]
_KEYS = SQLModel.metadata.tables["customer_key"]
_TAGS = SQLModel.metadata.tables["customer_tag"]
_NAMES_AT_ONCE = 400


@dataclass(slots=True)
class Person:
    """A customer as stored, or as about to be, with what this portion changes."""

    id: int
    values: dict[str, Any]
    identities: dict[tuple[IdentityKind, str], Identity | None]
    tags: set[str]
    new: bool = False
    keys: str = ""
    """Of a new customer about whom one row only tells: the keys but the number's, if known."""
    before: dict[str, Any] = field(default_factory=dict)
    new_identities: list[Identity] = field(default_factory=list)
    new_tags: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.before or self.new_identities or self.new_tags)

    def update(self, custom: dict[str, Any]) -> None:
        """Let these be the custom values."""
        if custom != self.values["custom"]:
            self.set("custom", custom)

    def set(self, name: str, value: Any) -> None:
        self.before.setdefault(name, self.values[name])
        self.values[name] = value


def owners_of(
    work: ReadWork, identities: Iterable[Identity]
) -> dict[tuple[IdentityKind, str], int]:
    """The customers to whom identities belong."""
    by_kind: dict[IdentityKind, set[str]] = defaultdict(set)
    for identity in identities:
        by_kind[identity.kind].add(identity.normalised)
    found: dict[tuple[IdentityKind, str], int] = {}
    among = work.store.dialect.among
    for kind, values in by_kind.items():
        query = select(_IDENTITIES.c.normalised, _IDENTITIES.c.customer_id).where(
            _IDENTITIES.c.kind == kind, among(_IDENTITIES.c.normalised, sorted(values))
        )
        for normalised, owner in work.session.connection().execute(query):
            found[kind, normalised] = owner
    return found


def called(
    work: ReadWork, names: Iterable[str], unkeyed: Mapping[int, int | tuple[int, ...]] | None = None
) -> dict[str, list[int]]:
    """The customers with exactly these nicknames or aliases.

    ``unkeyed`` are those whose look-up keys wait to be written, by the hash of what they are
    called.
    """
    wanted = {name for name in names if name}
    found: dict[str, list[int]] = defaultdict(list)
    for some in portions(sorted(wanted), _NAMES_AT_ONCE):
        keys = {whole_key(name) for name in some}
        ids = _unkeyed_ids(some, unkeyed or {})
        of_keys = select(_KEYS.c.customer_id).where(_KEYS.c.key.in_(keys))
        query = (
            select(_CUSTOMERS.c.id, _CUSTOMERS.c.nick, _CUSTOMERS.c.custom)
            .where(_CUSTOMERS.c.id.in_(of_keys) | _CUSTOMERS.c.id.in_(ids))
            .where(_CUSTOMERS.c.merged_into_id.is_(None))
        )
        for owner, nick, custom in work.session.connection().execute(query):
            for name in {nick, *custom.get(ALIASES, ())} & set(some):
                found[name].append(owner)
    return dict(found)


def _unkeyed_ids(names: Iterable[str], unkeyed: Mapping[int, int | tuple[int, ...]]) -> set[int]:
    found = (unkeyed[hash(name)] for name in names if hash(name) in unkeyed)
    return {each for ids in found for each in (ids if isinstance(ids, tuple) else (ids,))}


def numbered(work: ReadWork, numbers: Iterable[str]) -> dict[str, int]:
    """Customers by the number that their own file gave them, else by ours."""
    wanted = set(numbers)
    found = by_number(work, wanted)
    own = _CUSTOMERS.c.custom[OWN_NO].as_string()
    rows = work.session.connection().execute(select(own, _CUSTOMERS.c.id).where(own.in_(wanted)))
    return found | {row[0]: row.id for row in rows}


def by_number(work: ReadWork, numbers: Iterable[str]) -> dict[str, int]:
    """Customers by our numbers."""
    these = work.store.dialect.among(_CUSTOMERS.c.no, sorted(numbers))
    rows = work.session.connection().execute(select(_CUSTOMERS.c.no, _CUSTOMERS.c.id).where(these))
    return {row.no: row.id for row in rows}


def own_numbers(work: ReadWork) -> dict[str, int]:
    """Everybody who has a number from a file of the studio: one look at all customers, because
    no index helps to find them one by one."""
    own = _CUSTOMERS.c.custom[OWN_NO].as_string()
    rows = work.session.connection().execute(select(own, _CUSTOMERS.c.id).where(own.is_not(None)))
    return {row[0]: row.id for row in rows}


def load(work: ReadWork, ids: Collection[int]) -> dict[int, Person]:
    """These customers as they are stored, with identities and tags."""
    if not ids:
        return {}
    connection = work.session.connection()
    among = work.store.dialect.among
    columns = [_CUSTOMERS.c[name] for name in ("id", "no", "custom", "version", *TOLD)]
    rows = connection.execute(select(*columns).where(among(_CUSTOMERS.c.id, ids))).mappings()
    people = {row["id"]: Person(row["id"], dict(row), {}, set()) for row in rows}
    identities = select(
        _IDENTITIES.c.customer_id, _IDENTITIES.c.kind, _IDENTITIES.c.normalised
    ).where(among(_IDENTITIES.c.customer_id, ids))
    for owner, kind, normalised in connection.execute(identities):
        people[owner].identities[kind, normalised] = None
    tags = (
        select(_TAGS.c.customer_id, col(Tag.name))
        .join(Tag, col(Tag.id) == _TAGS.c.tag_id)
        .where(among(_TAGS.c.customer_id, ids))
    )
    for owner, tag in connection.execute(tags):
        people[owner].tags.add(tag)
    return people
