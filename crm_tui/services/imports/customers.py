"""Bringing customers in: found again by phone, WeChat or any identity, else by nickname.

Rows of one file that are the same person fold into the first: it keeps what it says, the others
fill what it leaves blank; their nicknames stay as aliases that the look-up finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import SQLModel

from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.models import STUDIO, Customer
from crm_tui.services.customers import index
from crm_tui.services.customers.index import ALIASES
from crm_tui.services.customers.keys import join_keys, keys_for, name_keys, with_number
from crm_tui.services.customers.rules import NUMBER_SERIES, customer_no
from crm_tui.services.imports import known
from crm_tui.services.imports.custom import CustomFields
from crm_tui.services.imports.known import OWN_NO, TOLD, Person
from crm_tui.services.imports.people import CustomerRecord, stand_in_nick
from crm_tui.services.imports.rowcells import BadRow, Remark
from crm_tui.services.imports.run import Run, blank_row, changed
from crm_tui.services.imports.verdict import OnConflict, Outcome, Verdict
from crm_tui.services.money.members.opening import bring_in
from crm_tui.services.money.members.rules import Parts
from crm_tui.storage.store import UnitOfWork

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_IDENTITIES = SQLModel.metadata.tables["customer_identity"]
_TAGS = SQLModel.metadata.tables["customer_tag"]
_UNTOLD = {"gender": Gender.UNKNOWN, "channel": SourceChannel.OTHER, "registered_on": None}
_BLANK: Mapping[str, Any] = {"version": 1, "custom": {}}
_KEYS_AT_ONCE = 20_000
"""Customers whose keys are written together."""
_VARIED = ("id", "no", "custom", "keys", *TOLD)


class CustomerWriter:
    """Writes the customers of one sheet."""

    _fields: CustomFields
    """As they are defined while the present portion is written."""

    def __init__(self, run: Run, verdict: Verdict) -> None:
        self._run = run
        self._verdict = verdict
        self._people: dict[int, Person] = {}
        self._owners: dict[tuple[IdentityKind, str], int] = {}
        self._named: dict[str, list[int]] = {}
        self._numbers: dict[str, int] = {}
        self._own_numbers: dict[str, int] | None = None
        self._unkeyed: dict[int, int | tuple[int, ...]] = {}
        self._new_keys: list[tuple[int, str]] = []
        self._rekey: set[int] = set()

    @property
    def _work(self) -> UnitOfWork:
        return self._run.work

    def write(self, records: Sequence[CustomerRecord]) -> None:
        """Look up, compare and write these customers, and note what became of each."""
        self._look_up(records)
        self._fields = CustomFields(self._work, "customer")
        unknown = sum(not self._may_be_known(record) for record in records)
        fresh = iter(self._work.reserve_ids(Customer, unknown))
        told: list[tuple[CustomerRecord, Person, Outcome]] = []
        for record in records:
            try:
                person = self._find(record)
                outcome = self._take(record, person) if person else Outcome.INSERTED
                person = person or self._make(record, next(fresh))
            except BadRow as problem:
                self._run.book.reject(self._verdict, record.row, problem)
                continue
            told.append((record, person, outcome))
        self._store()
        opening = {
            person.id: Parts(*record.opening)
            for record, person, outcome in told
            if outcome is Outcome.INSERTED and any(record.opening)
        }
        batch, store_id = self._run.batch_id, self._run.store_id
        bring_in(self._work, batch, store_id, opening, self._verdict.batch)
        for record, person, outcome in told:
            before = None if person.new else _before(person)
            remarks = record.remarks
            if outcome is not Outcome.INSERTED and any(record.opening):
                remarks = (*remarks, Remark("", yuan(sum(record.opening)), "balance_kept"))
            self._run.book.note(self._verdict, record.row, outcome, person.id, remarks, before)

    def finish(self) -> None:
        """Write the look-up keys, but those of new customers where the run writes them later."""
        self._write_keys()
        index.write_keys(self._work, sorted(self._rekey))
        self._rekey = set()

    def _write_keys(self) -> None:
        if not self._run.keys_later:
            index.add_in_bulk(self._work, self._new_keys)
            self._new_keys, self._unkeyed = [], {}

    def _look_up(self, records: Sequence[CustomerRecord]) -> None:
        """Whom these records may mean."""
        self._owners = known.owners_of(self._work, (i for each in records for i in each.identities))
        nameless = [each for each in records if not each.identities]
        names = [each.nick or each.name for each in nameless]
        self._named = known.called(self._work, names, self._unkeyed) if names else {}
        self._numbers = self._with_numbers({each.no for each in nameless if each.no})
        ids = {*self._owners.values(), *self._numbers.values()}.union(*self._named.values())
        self._people = known.load(self._work, ids)

    def _with_numbers(self, numbers: set[str]) -> dict[str, int]:
        if not numbers:
            return {}
        if self._own_numbers is None:
            self._own_numbers = known.own_numbers(self._work)
        own = {no: self._own_numbers[no] for no in numbers if no in self._own_numbers}
        return known.by_number(self._work, numbers) | own

    def _may_be_known(self, record: CustomerRecord) -> bool:
        if not record.identities:
            return bool(self._called(record))
        return any((each.kind, each.normalised) in self._owners for each in record.identities)

    def _find(self, record: CustomerRecord) -> Person | None:
        keys = [(each.kind, each.normalised) for each in record.identities]
        found = {self._owners[key] for key in keys if key in self._owners}
        if not keys:
            found = self._called(record)
            if len(found) > 1:
                raise BadRow("ambiguous_customer", "", record.nick)
        if len(found) > 1:
            raise BadRow("conflicting_identities", "", " ".join(value for _kind, value in keys))
        return self._people[found.pop()] if found else None

    def _called(self, record: CustomerRecord) -> set[int]:
        """Who is meant by a row without an identity: by its own number, else by nickname."""
        numbered_as = self._people.get(self._numbers.get(record.no, 0))
        if numbered_as and (
            numbered_as.values["custom"].get(OWN_NO) == record.no
            or numbered_as.values["nick"] == record.nick
        ):
            return {numbered_as.id}
        alike = self._named.get(record.nick or record.name, ())
        return {
            each
            for each in alike
            if not record.no or self._people[each].values["custom"].get(OWN_NO) in (None, record.no)
        }

    def _take(self, record: CustomerRecord, person: Person) -> Outcome:
        """Bring what the row tells into the person, as the way of conflicts allows."""
        first = not person.new and self._run.first_about("customer", person.id)
        trial = Person(person.id, dict(person.values), dict(person.identities), set(person.tags))
        _tell(trial, record, fill_only=not first)
        if record.custom:
            stored = trial.values["custom"]
            trial.update(self._fields.trial(record.custom, stored, fill_only=not first))
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

    def _apply(self, record: CustomerRecord, person: Person, *, fill_only: bool) -> None:
        stored = person.values["custom"]
        if record.custom:
            told = record.custom
            person.update(self._fields.changed(told, person.id, stored, fill_only=fill_only))
        _tell(person, record, fill_only=fill_only)
        person.keys = ""
        for identity in person.new_identities:
            self._owners[identity.kind, identity.normalised] = person.id
        self._remember(person, record.nick)

    def _make(self, record: CustomerRecord, new_id: int) -> Person:
        values = {
            **_BLANK,
            "nick": record.nick or stand_in_nick(record),
            "name": record.name,
            "gender": record.gender or Gender.UNKNOWN,
            "city": record.city,
            "channel": record.channel or SourceChannel.OTHER,
            "note": record.note,
            "registered_on": record.registered_on,
        }
        custom = self._fields.first(record.custom, new_id)
        if record.no:
            custom[OWN_NO] = record.no
        if custom:
            values["custom"] = custom
        identities = dict.fromkeys((i.kind, i.normalised) for i in record.identities)
        person = Person(new_id, values, dict(identities), set(record.tags), True, record.keys)
        person.new_identities = list(record.identities)
        person.new_tags = list(record.tags)
        self._people[new_id] = person
        self._owners.update(dict.fromkeys(identities, new_id))
        if record.no:
            self._numbers[record.no] = new_id
            if self._own_numbers is not None:
                self._own_numbers[record.no] = new_id
        if not record.identities:
            self._named.setdefault(values["nick"], []).append(new_id)
        self._remember(person, values["nick"])
        return person

    def _remember(self, person: Person, name: str) -> None:
        """Find the person by this name, before the keys are written."""
        others = self._unkeyed.setdefault(hash(name), person.id)
        if others != person.id:
            others = others if isinstance(others, tuple) else (others,)
            self._unkeyed[hash(name)] = tuple({*others, person.id})

    def _store(self) -> None:
        """Write the portion: new people, changed people, identities, tags."""
        new = [person for person in self._people.values() if person.new]
        old = [person for person in self._people.values() if not person.new and person.differs]
        self._insert(new)
        for person in old:
            person.values["version"] += 1
            changes = {name: person.values[name] for name in (*person.before, "version")}
            this = _CUSTOMERS.c.id == person.id
            self._work.session.connection().execute(update(_CUSTOMERS).where(this).values(changes))
            self._rekey.add(person.id)
        touched = new + old
        insert_rows, session = self._work.store.dialect.insert_rows, self._work.session
        identities = [
            (person.id, each.kind, each.value, each.normalised)
            for person in touched
            for each in person.new_identities
        ]
        identities.sort(key=lambda row: row[3])
        names = ("customer_id", "kind", "value", "normalised")
        insert_rows(session, _IDENTITIES, names, identities)
        tags = [
            (person.id, self._run.catalogue.tag(tag, self._verdict.sheet))
            for person in touched
            for tag in person.new_tags
        ]
        insert_rows(session, _TAGS, ("customer_id", "tag_id"), tags)
        if len(self._new_keys) >= _KEYS_AT_ONCE:
            self._write_keys()

    def _insert(self, new: list[Person]) -> None:
        if not new:
            return
        first_no = self._work.next_number(STUDIO, NUMBER_SERIES, len(new))
        of_all = blank_row(Customer) | {
            "store_id": self._run.store_id,
            "created_at": self._work.clock.now(),
        }
        same = {name: value for name, value in of_all.items() if name not in _VARIED}
        rows = []
        for number, person in enumerate(new, first_no):
            no = person.values["no"] = customer_no(number)
            keys = _keys_of(person, no)
            told = [person.values[name] for name in TOLD]
            rows.append((person.id, no, person.values["custom"], keys, *told))
            if not self._run.keys_later:
                self._new_keys.append((person.id, keys))
        insert_rows = self._work.store.dialect.insert_rows
        insert_rows(self._work.session, _CUSTOMERS, _VARIED, rows, same=same)
        self._run.made("customer", [person.id for person in new])


def _keys_of(person: Person, no: str) -> str:
    if person.keys:
        return with_number(person.keys, no)
    values = person.values
    keys = keys_for(values["nick"], values["name"], no, person.identities, person.tags)
    for alias in values["custom"].get(ALIASES, ()):
        keys |= name_keys(alias)
    return join_keys(keys)


def _tell(person: Person, record: CustomerRecord, *, fill_only: bool) -> None:
    """Change ``person`` to what ``record`` says; ``fill_only`` leaves what is there."""
    for name in TOLD:
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


def _before(person: Person) -> dict[str, Any] | None:
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
