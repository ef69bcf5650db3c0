"""Bringing customers in: found again by phone, WeChat or any identity, else by nickname.

Rows of one file that are the same person fold into the first: it keeps what it says, the others
fill what it leaves blank; their nicknames stay as aliases that the look-up finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import SQLModel, col

from crm_tui.core.portions import portions
from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.models import STUDIO, Customer, Tag
from crm_tui.services.customers import index
from crm_tui.services.customers.index import ALIASES
from crm_tui.services.customers.keys import join_keys, keys_for, name_keys, whole_key
from crm_tui.services.customers.rules import NUMBER_SERIES, customer_no
from crm_tui.services.imports.people import CustomerRecord, Identity, stand_in_nick
from crm_tui.services.imports.rowcells import BadRow
from crm_tui.services.imports.run import Run, blank_row, changed
from crm_tui.services.imports.verdict import OnConflict, Outcome, Verdict
from crm_tui.storage.store import ReadWork

OWN_NO = "own_no"
"""Where ``Customer.custom`` holds the number that the studio's file gave the customer."""

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_IDENTITIES = SQLModel.metadata.tables["customer_identity"]
_KEYS = SQLModel.metadata.tables["customer_key"]
_TAGS = SQLModel.metadata.tables["customer_tag"]
_TOLD = ("nick", "name", "gender", "city", "channel", "note", "registered_on")
_UNTOLD = {"gender": Gender.UNKNOWN, "channel": SourceChannel.OTHER, "registered_on": None}
_KEYS_AT_ONCE = 50_000
_NAMES_AT_ONCE = 400


@dataclass(slots=True)
class _Person:
    """A customer as stored, or as about to be, with what this portion changes."""

    id: int
    values: dict[str, Any]
    identities: dict[tuple[IdentityKind, str], Identity | None]
    tags: set[str]
    new: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    new_identities: list[Identity] = field(default_factory=list)
    new_tags: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.before or self.new_identities or self.new_tags)

    def set(self, name: str, value: Any) -> None:
        self.before.setdefault(name, self.values[name])
        self.values[name] = value


class CustomerWriter:
    """Writes the customers of one sheet."""

    def __init__(self, run: Run, verdict: Verdict) -> None:
        self._run = run
        self._work = run.work
        self._verdict = verdict
        self._people: dict[int, _Person] = {}
        self._owners: dict[tuple[IdentityKind, str], int] = {}
        self._numbers: dict[str, int] = {}
        self._new_keys: list[tuple[int, str]] = []
        self._rekey: set[int] = set()

    def write(self, records: list[CustomerRecord]) -> None:
        """Look up, compare and write these customers, and note what became of each."""
        self._owners = owners_of(self._work, [i for each in records for i in each.identities])
        nameless = [each.nick or each.name for each in records if not each.identities]
        named = called(self._work, nameless) if nameless else {}
        self._numbers = numbered(self._work, {each.no for each in records if not each.identities})
        known = {*self._owners.values(), *self._numbers.values()}.union(*named.values())
        self._people = {each.id: each for each in _load(self._work, known)}
        unknown = sum(not self._may_be_known(record, named) for record in records)
        fresh = iter(self._work.reserve_ids(Customer, unknown))
        told: list[tuple[CustomerRecord, _Person, Outcome]] = []
        for record in records:
            try:
                person = self._find(record, named)
                outcome = self._take(record, person) if person else Outcome.INSERTED
            except BadRow as problem:
                self._run.book.reject(self._verdict, record.row, problem)
                continue
            if person is None:
                person = self._make(record, next(fresh), named)
            told.append((record, person, outcome))
        self._store()
        for record, person, outcome in told:
            before = None if person.new else _before(person)
            self._run.book.note(
                self._verdict, record.row, outcome, person.id, record.remarks, before
            )

    def finish(self) -> None:
        """Write the look-up keys."""
        index.add_in_bulk(self._work, self._new_keys)
        self._new_keys = []
        index.write_keys(self._work, sorted(self._rekey))
        self._rekey = set()

    def _may_be_known(self, record: CustomerRecord, named: dict[str, list[int]]) -> bool:
        if not record.identities:
            return bool(self._called(record, named))
        return any((each.kind, each.normalised) in self._owners for each in record.identities)

    def _find(self, record: CustomerRecord, named: dict[str, list[int]]) -> _Person | None:
        keys = [(each.kind, each.normalised) for each in record.identities]
        found = {self._owners[key] for key in keys if key in self._owners}
        if not keys:
            found = self._called(record, named)
            if len(found) > 1:
                raise BadRow("ambiguous_customer", "", record.nick)
        if len(found) > 1:
            raise BadRow("conflicting_identities", "", " ".join(value for _kind, value in keys))
        return self._people[found.pop()] if found else None

    def _called(self, record: CustomerRecord, named: dict[str, list[int]]) -> set[int]:
        """Who is meant by a row without an identity: by its own number, else by nickname."""
        numbered_as = self._people.get(self._numbers.get(record.no, 0))
        if numbered_as and (
            numbered_as.values["custom"].get(OWN_NO) == record.no
            or numbered_as.values["nick"] == record.nick
        ):
            return {numbered_as.id}
        alike = named.get(record.nick or record.name, ())
        return {
            each
            for each in alike
            if not record.no or self._people[each].values["custom"].get(OWN_NO) in (None, record.no)
        }

    def _take(self, record: CustomerRecord, person: _Person) -> Outcome:
        """Bring what the row tells into the person, as the way of conflicts allows."""
        first = self._run.first_about("customer", person.id)
        trial = _Person(person.id, dict(person.values), dict(person.identities), set(person.tags))
        _tell(trial, record, fill_only=not first)
        if not first:
            if person.new or self._run.on_conflict is OnConflict.UPDATE:
                self._apply(record, person, fill_only=True)
            return Outcome.MERGED
        if not trial.differs:
            return Outcome.UNCHANGED
        if self._run.on_conflict is OnConflict.SKIP:
            return Outcome.SKIPPED
        if self._run.on_conflict is OnConflict.REJECT:
            raise BadRow("exists", "", record.nick)
        self._apply(record, person, fill_only=False)
        return Outcome.UPDATED

    def _apply(self, record: CustomerRecord, person: _Person, *, fill_only: bool) -> None:
        _tell(person, record, fill_only=fill_only)
        for identity in person.new_identities:
            self._owners[identity.kind, identity.normalised] = person.id

    def _make(self, record: CustomerRecord, new_id: int, named: dict[str, list[int]]) -> _Person:
        values = blank_row(Customer) | {
            "id": new_id,
            "store_id": self._run.store_id,
            "created_at": self._work.clock.now(),
            "nick": record.nick or stand_in_nick(record),
            "name": record.name,
            "gender": record.gender or Gender.UNKNOWN,
            "city": record.city,
            "channel": record.channel or SourceChannel.OTHER,
            "note": record.note,
            "registered_on": record.registered_on,
            "custom": {OWN_NO: record.no} if record.no else {},
        }
        person = _Person(new_id, values, {}, set(), new=True)
        person.new_identities = list(record.identities)
        person.new_tags = list(record.tags)
        person.tags.update(record.tags)
        person.identities.update({(i.kind, i.normalised): i for i in record.identities})
        self._people[new_id] = person
        self._owners.update(dict.fromkeys(person.identities, new_id))
        if record.no:
            self._numbers[record.no] = new_id
        if not record.identities:
            named.setdefault(values["nick"], []).append(new_id)
        self._run.first_about("customer", new_id)
        return person

    def _store(self) -> None:
        """Write the portion: new people, changed people, identities, tags."""
        new = [person for person in self._people.values() if person.new]
        old = [person for person in self._people.values() if not person.new and person.differs]
        connection = self._work.session.connection()
        if new:
            first_no = self._work.next_number(STUDIO, NUMBER_SERIES, len(new))
            for number, person in enumerate(new, first_no):
                person.values["no"] = customer_no(number)
            connection.execute(insert(_CUSTOMERS), [self._row(person) for person in new])
        for person in old:
            person.values["version"] += 1
            changes = {name: person.values[name] for name in (*person.before, "version")}
            this = _CUSTOMERS.c.id == person.id
            connection.execute(update(_CUSTOMERS).where(this).values(changes))
            self._rekey.add(person.id)
        touched = new + old
        identities = [
            {"customer_id": p.id, "kind": i.kind, "value": i.value, "normalised": i.normalised}
            for p in touched
            for i in p.new_identities
        ]
        if identities:
            connection.execute(insert(_IDENTITIES), identities)
        tags = [
            {"customer_id": p.id, "tag_id": self._run.catalogue.tag(tag, self._verdict.sheet)}
            for p in touched
            for tag in p.new_tags
        ]
        if tags:
            connection.execute(insert(_TAGS), tags)
        if len(self._new_keys) >= _KEYS_AT_ONCE:
            index.add_in_bulk(self._work, self._new_keys)
            self._new_keys = []

    def _row(self, person: _Person) -> dict[str, Any]:
        values = person.values
        names = (values["nick"], values["name"], values["no"])
        keys = keys_for(*names, person.identities, person.tags)
        for alias in values["custom"].get(ALIASES, ()):
            keys |= name_keys(alias)
        together = join_keys(keys)
        self._new_keys.append((person.id, together))
        return values | {"keys": together}


def _tell(person: _Person, record: CustomerRecord, *, fill_only: bool) -> None:
    """Change ``person`` to what ``record`` says; ``fill_only`` leaves what is there."""
    for name in _TOLD:
        told, stored = getattr(record, name), person.values[name]
        blank = stored in ("", _UNTOLD.get(name, ""))
        if changed(stored, told) and (blank or not fill_only):
            person.set(name, told)
    if fill_only and record.nick and record.nick != person.values["nick"]:
        aliases = person.values["custom"].get(ALIASES, [])
        if record.nick not in aliases:
            person.set("custom", person.values["custom"] | {ALIASES: [*aliases, record.nick]})
    for identity in record.identities:
        if (identity.kind, identity.normalised) not in person.identities:
            person.identities[identity.kind, identity.normalised] = identity
            person.new_identities.append(identity)
    for tag in record.tags:
        if tag not in person.tags:
            person.tags.add(tag)
            person.new_tags.append(tag)


def _before(person: _Person) -> dict[str, Any] | None:
    """What an undoing needs: the replaced values, what was added, the version left behind."""
    if not person.differs:
        return None
    values = {
        name: value.isoformat() if name == "registered_on" and value else value
        for name, value in person.before.items()
    }
    return {
        "values": values,
        "identities": [[each.kind.value, each.normalised] for each in person.new_identities],
        "tags": person.new_tags,
        "version": person.values["version"],
    }


def owners_of(
    work: ReadWork, identities: Iterable[Identity]
) -> dict[tuple[IdentityKind, str], int]:
    """The customers to whom identities belong."""
    by_kind: dict[IdentityKind, set[str]] = defaultdict(set)
    for identity in identities:
        by_kind[identity.kind].add(identity.normalised)
    found: dict[tuple[IdentityKind, str], int] = {}
    for kind, values in by_kind.items():
        query = select(_IDENTITIES.c.normalised, _IDENTITIES.c.customer_id).where(
            _IDENTITIES.c.kind == kind, _IDENTITIES.c.normalised.in_(values)
        )
        for normalised, owner in work.session.connection().execute(query):
            found[kind, normalised] = owner
    return found


def called(work: ReadWork, names: Iterable[str]) -> dict[str, list[int]]:
    """The customers with exactly these nicknames or aliases."""
    wanted = {name for name in names if name}
    found: dict[str, list[int]] = defaultdict(list)
    for names_now in portions(sorted(wanted), _NAMES_AT_ONCE):
        keys = {whole_key(name) for name in names_now}
        query = (
            select(_CUSTOMERS.c.id, _CUSTOMERS.c.nick, _CUSTOMERS.c.custom)
            .where(_CUSTOMERS.c.id.in_(select(_KEYS.c.customer_id).where(_KEYS.c.key.in_(keys))))
            .where(_CUSTOMERS.c.merged_into_id.is_(None))
        )
        for owner, nick, custom in work.session.connection().execute(query):
            for name in {nick, *custom.get(ALIASES, ())} & set(names_now):
                found[name].append(owner)
    return dict(found)


def numbered(work: ReadWork, numbers: Iterable[str]) -> dict[str, int]:
    """Customers by the number that their own file gave them, else by ours."""
    connection = work.session.connection()
    wanted = set(numbers)
    own = _CUSTOMERS.c.custom[OWN_NO].as_string()
    found = {}
    for column in (_CUSTOMERS.c.no, own):
        rows = connection.execute(select(column, _CUSTOMERS.c.id).where(column.in_(wanted)))
        found.update({row[0]: row.id for row in rows})
    return found


def _load(work: ReadWork, ids: set[int]) -> list[_Person]:
    if not ids:
        return []
    connection = work.session.connection()
    columns = [_CUSTOMERS.c[name] for name in ("id", "no", "custom", "version", *_TOLD)]
    rows = connection.execute(select(*columns).where(_CUSTOMERS.c.id.in_(ids))).mappings()
    people = {row["id"]: _Person(row["id"], dict(row), {}, set()) for row in rows}
    identities = select(_IDENTITIES).where(_IDENTITIES.c.customer_id.in_(ids))
    for row in connection.execute(identities):
        people[row.customer_id].identities[row.kind, row.normalised] = None
    tags = (
        select(_TAGS.c.customer_id, col(Tag.name))
        .join(Tag, col(Tag.id) == _TAGS.c.tag_id)
        .where(_TAGS.c.customer_id.in_(ids))
    )
    for owner, tag in connection.execute(tags):
        people[owner].tags.add(tag)
    return list(people.values())
