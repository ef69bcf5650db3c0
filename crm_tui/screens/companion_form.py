"""The form of a companion: their own fields, a rank for each game, and the custom fields that the
role may change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _, in_every_language
from crm_tui.core.money import Money, yuan
from crm_tui.core.text import fold
from crm_tui.core.words import Gender
from crm_tui.screens.custom_fields import CUSTOM, custom_field, typable
from crm_tui.screens.dialogs.order_forms import word_field
from crm_tui.widgets.entry import enterable
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.services.catalogue.reads import LevelRow
    from crm_tui.services.companions.reads import CompanionRow
    from crm_tui.services.fields.rules import Definition, FieldValue
    from crm_tui.storage.store import ReadWork

GAME = "game-"
"""Begins the name of a game's field, before its id."""
_PARTS = re.compile(r"[、,，;；]")


@dataclass(frozen=True, slots=True)
class GameAsked:
    """A game, and its ranks from the lowest."""

    id: int
    name: str
    ranks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form of a companion is made of: who it is (None: a new one), what may be chosen,
    and the custom fields."""

    row: CompanionRow | None
    levels: tuple[LevelRow, ...]
    games: tuple[GameAsked, ...]
    definitions: tuple[Definition, ...]
    values: tuple[FieldValue, ...] = ()


def asked(companion_id: int | None, role: Role, work: ReadWork) -> Asked:
    """What the form is made of, for whoever has ``role``; for a worker thread."""
    from crm_tui.services.catalogue import reads as catalogue
    from crm_tui.services.companions import reads
    from crm_tui.services.fields.reads import of_record

    row = reads.one(work, companion_id) if companion_id else None
    played = {skill.game for skill in row.games} if row else set()
    return Asked(
        row,
        tuple(catalogue.levels(work)),
        tuple(
            GameAsked(game.id, game.name, _rank_names(work, game.id))
            for game in catalogue.games(work)
            if game.active or game.name in played
        ),
        tuple(each for each in typable("companion", work) if each.edited(role)),
        of_record(work, "companion", row.id, role) if row else (),
    )


def _rank_names(work: ReadWork, game_id: int) -> tuple[str, ...]:
    from crm_tui.services.catalogue.reads import ranks

    return tuple(rank.name for rank in ranks(work, game_id))


def fields_of(asked: Asked) -> list[Field]:
    """The fields of the form, filled with what is known."""
    known = known_of(asked)
    fields = [
        Field("nick", _("Nickname"), required=True),
        Field("phone", _("Phone"), partial(_phone, known), _("a mobile number of 11 digits")),
        word_field("gender", _("Gender"), Gender),
        _level(asked.levels),
        Field("rate_fen", _("Yuan an hour"), _fen, _("empty: that of the level")),
        Field("share_bp", _("Share in %"), _basis_points, _("empty: that of the level")),
        Field("tags", _("Tags"), _listed, _("parted by commas")),
        Field("note", _("Note")),
        *(_skill(game) for game in asked.games),
        *(custom_field(each, known) for each in asked.definitions),
    ]
    return [replace(field, initial=known.get(field.name, field.initial)) for field in fields]


def known_of(asked: Asked) -> dict[str, str]:
    """What is known of the companion, as it stands in the form; a phone is masked."""
    row = asked.row
    if row is None:
        return {}
    ranks = {skill.game: skill.rank or _("yes") for skill in row.games}
    known = {
        "nick": row.nick,
        "phone": str(row.phone),
        "gender": "" if row.gender is Gender.UNKNOWN else row.gender.label,
        "level": row.level_label,
        "rate_fen": yuan(row.rate_fen).replace(",", ""),
        "share_bp": f"{row.share_bp / 100:g}",
        "tags": "、".join(row.tags),
        "note": row.note,
    }
    known |= {f"{GAME}{game.id}": ranks.get(game.name, "") for game in asked.games}
    return known | {f"{CUSTOM}{each.key}": each.shown for each in asked.values}


def before(asked: Asked) -> dict[str, Any]:
    """What is stored, by the names that ``companions.actions.edit`` takes."""
    row = asked.row
    if row is None:
        return {}
    ids = {game.name: game.id for game in asked.games}
    levels = {level.code: level.id for level in asked.levels}
    return {
        "nick": row.nick,
        "phone": str(row.phone),
        "gender": row.gender,
        "level_id": levels.get(row.level),
        "rate_fen": row.rate_fen,
        "share_bp": row.share_bp,
        "tags": list(row.tags),
        "note": row.note,
        "skills": {ids[skill.game]: skill.rank for skill in row.games},
    } | {f"custom.{each.key}": each.shown for each in asked.values}


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, by the same names; what was left empty is None or nothing."""
    plain = {name: values[name] for name in ("rate_fen", "share_bp")}
    skills = {
        int(name.removeprefix(GAME)): rank
        for name, rank in values.items()
        if name.startswith(GAME) and rank is not None
    }
    custom = {
        name.replace(CUSTOM, "custom.", 1): value or ""
        for name, value in values.items()
        if name.startswith(CUSTOM)
    }
    texts = {name: values[name] or "" for name in ("nick", "phone", "note")}
    return {
        **texts,
        **plain,
        "gender": values["gender"] or Gender.UNKNOWN,
        "level_id": values["level"],
        "tags": values["tags"] or [],
        "skills": skills,
        **custom,
    }


def changes(asked: Asked, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was changed in the form; an empty price or share is that of the level."""
    stored, wanted = before(asked), given(values)
    level = next((each for each in asked.levels if each.id == wanted["level_id"]), None)
    for name in ("rate_fen", "share_bp"):
        if wanted[name] is None:
            wanted[name] = getattr(level, name) if level else stored[name]
    return {
        name: value for name, value in wanted.items() if value != _entered(stored.get(name, ""))
    }


def opposite(asked: Asked, changed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What takes the changes back; None where a value that was replaced is not shown in full."""
    stored = before(asked)
    masked = {"phone"}
    masked |= {f"custom.{each.key}" for each in asked.definitions if each.kind in ("phone", "file")}
    if any(stored.get(name) for name in masked & changed.keys()):
        return None
    return {name: stored.get(name, "") for name in changed}


def _entered(stored: Any) -> Any:
    """A stored value as a field gives it back that nobody has typed into."""
    match stored:
        case str():
            return enterable(stored).strip()
        case list():
            return [_entered(each) for each in stored]
        case dict():
            return {name: _entered(each) for name, each in stored.items()}
    return stored


def _phone(known: Mapping[str, str], text: str) -> str:
    from crm_tui.services.customers.rules import normalise_phone

    return text if text == enterable(known.get("phone", "")).strip() else normalise_phone(text)


def _level(levels: Sequence[LevelRow]) -> Field:
    """The level, by name or code."""
    ids = {fold(word): level.id for level in levels for word in (level.name, level.code)}

    def read(text: str) -> int:
        try:
            return ids[fold(text)]
        except KeyError:
            raise ValueError(text) from None

    def suggest(text: str) -> list[Suggestion]:
        wanted = "" if fold(text) in ids else fold(text)
        return [Suggestion(each.name, each.id) for each in levels if wanted in fold(each.name)]

    hint = " / ".join(level.name for level in levels)
    return Field("level", _("Level"), read, hint, suggest=suggest)


def _skill(game: GameAsked) -> Field:
    """A game with the rank in it; ``yes`` where no rank is known, empty where it isn't played."""
    plays = {fold(word) for word in in_every_language("yes")}

    def read(text: str) -> str:
        return "" if fold(text) in plays else text

    def suggest(text: str) -> list[Suggestion]:
        known = (_("yes"), *game.ranks)
        wanted = "" if text in known else fold(text)
        fitting = [each for each in known if wanted in fold(each)]
        return [Suggestion(each, read(each)) for each in fitting]

    return Field(f"{GAME}{game.id}", game.name, read, _("rank, or yes"), suggest=suggest)


def _fen(text: str) -> int:
    from crm_tui.services.companions.rules import checked_rate

    return checked_rate(Money.parse(text).fen)


def _basis_points(text: str) -> int:
    from crm_tui.services.companions.rules import checked_share

    return checked_share(round(float(text.rstrip("%％ ")) * 100))


def _listed(text: str) -> list[str]:
    return [part for each in _PARTS.split(text) if (part := each.strip())]
