"""Bringing companions in: found again by phone, else by nickname where that is unique.

A companion may stand in several rows, one a game: the later rows fold into the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import SQLModel

from crm_tui.core.words import Gender, Presence
from crm_tui.models import STUDIO, Companion
from crm_tui.services.companions.rules import NUMBER_SERIES, companion_no
from crm_tui.services.imports.custom import CustomFields
from crm_tui.services.imports.known import OWN_NO
from crm_tui.services.imports.people import CompanionRecord
from crm_tui.services.imports.rowcells import BadRow, Remark
from crm_tui.services.imports.run import Run, blank_row, changed
from crm_tui.services.imports.verdict import OnConflict, Outcome, Verdict

_COMPANIONS = SQLModel.metadata.tables["companion"]
_SKILLS = SQLModel.metadata.tables["companion_skill"]
_TOLD = ("nick", "phone", "gender", "level_id", "rate_fen", "share_bp", "note", "tags")
_UNTOLD: dict[str, Any] = {"phone": None, "gender": Gender.UNKNOWN, "level_id": None}
DEFAULT_SHARE = 8000


@dataclass(slots=True)
class _Companion:
    """A companion as stored, or as about to be, with what this sheet changes."""

    id: int
    values: dict[str, Any]
    skills: dict[int, str]
    new: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    skills_before: dict[int, str] | None = None

    def update(self, custom: dict[str, Any]) -> None:
        """Let these be the custom values."""
        if custom != self.values["custom"]:
            self.set("custom", custom)

    def set(self, name: str, value: Any) -> None:
        self.before.setdefault(name, self.values[name])
        self.values[name] = value

    @property
    def differs(self) -> bool:
        return bool(self.before) or self.skills_before is not None

    def copy(self) -> _Companion:
        return _Companion(self.id, dict(self.values), dict(self.skills))


class Crew:
    """All companions of the studio by phone, number and nickname."""

    def __init__(self, run: Run) -> None:
        self._by_phone: dict[str, int] = {}
        self._by_no: dict[str, int] = {}
        self._by_nick: dict[str, list[int]] = defaultdict(list)
        table = _COMPANIONS.c
        rows = run.work.session.connection().execute(
            select(table.id, table.no, table.nick, table.phone, table.custom).order_by(table.id)
        )
        for each, no, nick, phone, custom in rows:
            self.add(each, nick, phone, custom.get(OWN_NO, no))

    def add(self, companion_id: int, nick: str, phone: str | None, no: str) -> None:
        """A companion has come."""
        if phone:
            self._by_phone[phone] = companion_id
        if no:
            self._by_no[no] = companion_id
        if companion_id not in self._by_nick[nick]:
            self._by_nick[nick].append(companion_id)

    def find(self, nick: str, phone: str = "", no: str = "") -> int | None:
        """Who is meant: by phone, else by nickname, which must then be unique, else by number."""
        if phone and phone in self._by_phone:
            return self._by_phone[phone]
        called = self._by_nick.get(nick, [])
        if len(called) > 1:
            raise BadRow("ambiguous_companion", "", nick)
        return called[0] if called else self._by_no.get(no)


class CompanionWriter:
    """Writes the companions of one sheet."""

    def __init__(self, run: Run, verdict: Verdict) -> None:
        self._run = run
        self._work = run.work
        self._verdict = verdict
        self._crew = Crew(run)
        self._people: dict[int, _Companion] = {}
        self._fields = CustomFields(run.work, "companion")

    def write(self, records: Sequence[CompanionRecord]) -> None:
        """Look up, compare and write these companions, and note what became of each."""
        self._people = {}
        told: list[tuple[CompanionRecord, _Companion, Outcome, tuple[Remark, ...]]] = []
        for record in records:
            try:
                values, skills, remarks = self._values(record)
                person = self._find(record)
                if person is None:
                    person, outcome = self._make(record, values, skills), Outcome.INSERTED
                else:
                    outcome = self._take(record, person, values, skills)
            except BadRow as problem:
                self._run.book.reject(self._verdict, record.row, problem)
                continue
            told.append((record, person, outcome, record.remarks + remarks))
        self._store()
        for record, person, outcome, remarks in told:
            before = _before(person) if person.differs and not person.new else None
            self._run.book.note(self._verdict, record.row, outcome, person.id, remarks, before)

    def finish(self) -> None:
        """Nothing waits."""

    def _values(
        self, record: CompanionRecord
    ) -> tuple[dict[str, Any], dict[int, str], tuple[Remark, ...]]:
        """What the record tells, with games and levels by id."""
        remarks = []
        sheet = self._verdict.sheet
        level_id, added = self._run.catalogue.level(record.level, sheet)
        if added:
            remarks.append(Remark("", record.level, "level_added"))
        skills = {}
        for word, rank in record.skills:
            game_id, added = self._run.catalogue.game(word, sheet)
            skills[game_id] = rank
            if added:
                remarks.append(Remark("", word, "game_added"))
        values = {
            "nick": record.nick,
            "phone": record.phone or None,
            "gender": record.gender,
            "level_id": level_id,
            "rate_fen": record.rate_fen,
            "share_bp": record.share_bp,
            "note": record.note,
            "tags": list(record.tags),
        }
        return values, skills, tuple(remarks)

    def _find(self, record: CompanionRecord) -> _Companion | None:
        found = self._crew.find(record.nick, record.phone)
        if found is None:
            return None
        if found not in self._people:
            self._people[found] = self._load(found)
        person = self._people[found]
        if record.phone and person.values["phone"] not in (None, record.phone):
            return None  # the same nickname, another person
        return person

    def _take(
        self,
        record: CompanionRecord,
        person: _Companion,
        values: dict[str, Any],
        skills: dict[int, str],
    ) -> Outcome:
        first = self._run.first_about("companion", person.id)
        trial = person.copy()
        _tell(trial, values, skills, fill_only=not first)
        stored = trial.values["custom"]
        trial.update(self._fields.trial(record.custom, stored, fill_only=not first))
        if not first:
            if person.new or self._run.on_conflict is OnConflict.UPDATE:
                self._apply(record, person, values, skills, fill_only=True)
            return Outcome.MERGED
        if not trial.differs:
            return Outcome.UNCHANGED
        if self._run.on_conflict is OnConflict.SKIP:
            return Outcome.SKIPPED
        if self._run.on_conflict is OnConflict.REJECT:
            raise BadRow("exists", "", record.nick)
        self._apply(record, person, values, skills, fill_only=False)
        return Outcome.UPDATED

    def _apply(
        self,
        record: CompanionRecord,
        person: _Companion,
        values: dict[str, Any],
        skills: dict[int, str],
        *,
        fill_only: bool,
    ) -> None:
        stored = person.values["custom"]
        told = record.custom
        person.update(self._fields.changed(told, person.id, stored, fill_only=fill_only))
        _tell(person, values, skills, fill_only=fill_only)

    def _make(
        self, record: CompanionRecord, values: dict[str, Any], skills: dict[int, str]
    ) -> _Companion:
        (new_id,) = self._work.reserve_ids(Companion, 1)
        custom = self._fields.first(record.custom, new_id)
        told = {name: value for name, value in values.items() if value is not None}
        rate, share = 0, DEFAULT_SHARE
        if values["level_id"] is not None:
            rate, share = self._run.catalogue.level_facts(values["level_id"])
        row = blank_row(Companion) | {"rate_fen": rate, "share_bp": share} | told
        row |= {
            "id": new_id,
            "store_id": self._run.store_id,
            "created_at": self._work.clock.now(),
            "presence": record.presence or Presence.OFFLINE,
            "custom": custom | ({OWN_NO: record.no} if record.no else {}),
        }
        person = _Companion(new_id, row, skills, new=True)
        self._people[new_id] = person
        self._crew.add(new_id, record.nick, record.phone, record.no)
        self._run.first_about("companion", new_id)
        return person

    def _store(self) -> None:
        connection = self._work.session.connection()
        new = [person for person in self._people.values() if person.new]
        if new:
            first_no = self._work.next_number(STUDIO, NUMBER_SERIES, len(new))
            for number, person in enumerate(new, first_no):
                person.values["no"] = companion_no(number)
            connection.execute(insert(_COMPANIONS), [person.values for person in new])
        for person in self._people.values():
            if not person.new and person.differs:
                person.values["version"] += 1
                changes = {name: person.values[name] for name in (*person.before, "version")}
                this = _COMPANIONS.c.id == person.id
                connection.execute(update(_COMPANIONS).where(this).values(changes))
                self._crew.add(person.id, person.values["nick"], person.values["phone"], "")
            if person.new or person.skills_before is not None:
                self._store_skills(person)

    def _store_skills(self, person: _Companion) -> None:
        connection = self._work.session.connection()
        connection.execute(_SKILLS.delete().where(_SKILLS.c.companion_id == person.id))
        rows = [
            {
                "companion_id": person.id,
                "game_id": game_id,
                "rank_id": self._run.catalogue.rank(game_id, rank),
                "rank_text": rank,
            }
            for game_id, rank in person.skills.items()
        ]
        if rows:
            connection.execute(insert(_SKILLS), rows)

    def _load(self, companion_id: int) -> _Companion:
        connection = self._work.session.connection()
        row = connection.execute(select(_COMPANIONS).where(_COMPANIONS.c.id == companion_id))
        skills = connection.execute(
            select(_SKILLS.c.game_id, _SKILLS.c.rank_text).where(
                _SKILLS.c.companion_id == companion_id
            )
        )
        return _Companion(
            companion_id, dict(row.mappings().one()), {row.game_id: row.rank_text for row in skills}
        )


def _tell(
    person: _Companion, values: dict[str, Any], skills: dict[int, str], *, fill_only: bool
) -> None:
    """Change ``person`` to what a row tells; ``fill_only`` leaves what is there. Skills add up."""
    for name in _TOLD:
        stored = person.values[name]
        blank = stored in ("", 0, _UNTOLD.get(name, ""))
        if name == "tags":
            together = [*stored, *(tag for tag in values["tags"] if tag not in stored)]
            if together != stored:
                person.set("tags", together)
        elif changed(stored, values[name]) and (blank or not fill_only):
            person.set(name, values[name])
    more = {
        game_id: rank
        for game_id, rank in skills.items()
        if game_id not in person.skills
        or (rank and rank != person.skills[game_id] and not (fill_only and person.skills[game_id]))
    }
    if more:
        if person.skills_before is None:
            person.skills_before = dict(person.skills)
        person.skills |= more


def _before(person: _Companion) -> dict[str, Any]:
    """What an undoing needs: the replaced values and skills, and the version left behind."""
    skills = person.skills_before
    return {
        "values": person.before,
        "skills": None if skills is None else {str(game): rank for game, rank in skills.items()},
        "version": person.values["version"],
    }
