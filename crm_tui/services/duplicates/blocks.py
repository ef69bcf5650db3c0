"""Whom it is worth comparing: pairs that share a rare key, never everybody with everybody.

The base is read once into columns. A *block* is the customers with one key (a contact, a phone with
one digit left out, half an id, a nickname, a full name with …); blocks that are too large to mean
anything are passed over, so that the number of pairs grows with the number of customers and not
with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Select, String, select, type_coerce
from sqlmodel import SQLModel

from crm_tui.core.text import fold
from crm_tui.core.words import Gender, IdentityKind
from crm_tui.services.customers.keys import fold_name
from crm_tui.services.duplicates.rules import (
    LONGEST_SPECTRUM,
    SHORTEST_ID,
    Rarity,
    expected_others,
    nicks_alike,
)
from crm_tui.services.duplicates.traits import (
    SHORTEST_CONTACT,
    WECHAT_PREFIX,
    Traits,
    contacts_in,
    core_of,
    sound_of,
)
from crm_tui.storage.store import ReadWork

LARGEST_BLOCK = 60
RARE = 6
"""A nickname or contact with more holders than this is no reason to look closer by itself."""
CHANCE = 0.5
"""A nickname that more others than this are expected to have by chance tells nothing by itself."""
PHONE_DIGITS = 11
_PORTION = 100_000
_PARTS = 8
"""A block table is paired in so many parts, so that memory holds one part's pairs."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_IDENTITY = _TABLES["customer_identity"]
_PEOPLE: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "nick": pl.String,
    "name": pl.String,
    "city": pl.String,
    "note": pl.String,
    "gender": pl.Categorical,
}
_IDENTITIES: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "kind": pl.Categorical,
    "value": pl.String,
}
_MAY_HOLD_CONTACT = r"[0-9A-Za-z_][0-9A-Za-z_ -]{5}|[０-９]{6}"
"""What a text must hold to be looked through; a cheap sieve before :func:`contacts_in`."""

Step = Callable[[str], object]
"""Told what is being done, before each step."""


@dataclass(frozen=True, slots=True)
class Base:
    """Everybody who is compared, as columns."""

    people: pl.DataFrame
    """id, nick, core, sound, name, name_sound, city, gender."""
    identities: pl.DataFrame
    """id, kind, value, contact."""
    mentioned: pl.DataFrame
    """id, contact."""


def load(work: ReadWork, step: Step) -> Base:
    """Read everybody who was neither merged nor erased, and bring their texts into the form in
    which they are compared."""
    live = (_CUSTOMER.c.merged_into_id.is_(None), _CUSTOMER.c.erased_at.is_(None))
    step("customers")
    texts = (_CUSTOMER.c[name] for name in ("id", "nick", "name", "city", "note"))
    gender = type_coerce(_CUSTOMER.c.gender, String)
    people = _frame(work, select(*texts, gender).where(*live), _PEOPLE)
    step("identities")
    identities = _frame(
        work,
        select(
            _IDENTITY.c.customer_id, type_coerce(_IDENTITY.c.kind, String), _IDENTITY.c.normalised
        )
        .join_from(_IDENTITY, _CUSTOMER, _CUSTOMER.c.id == _IDENTITY.c.customer_id)
        .where(*live),
        _IDENTITIES,
    )
    step("forms")
    identities = identities.with_columns(contact=pl.col("value").str.strip_prefix(WECHAT_PREFIX))
    mentioned = _mentioned(people)
    return Base(_in_compared_form(people), identities, mentioned)


def _frame(
    work: ReadWork,
    query: Select[*tuple[object, ...]],
    schema: Mapping[str, type[pl.DataType]],
) -> pl.DataFrame:
    rows = work.session.connection().execution_options(yield_per=_PORTION).execute(query)
    portions = [
        pl.DataFrame([tuple(row) for row in portion], schema=schema, orient="row")
        for portion in rows.partitions(_PORTION)
    ]
    return pl.concat(portions) if portions else pl.DataFrame(schema=schema)


def _in_compared_form(people: pl.DataFrame) -> pl.DataFrame:
    """Every distinct text is folded and read once."""
    folded = people.drop("note")
    nicks = _derived(folded["nick"], nick_fold=fold_name, core=core_of)
    folded = folded.join(nicks, on="nick", how="left")
    folded = folded.drop("nick").rename({"nick_fold": "nick"})
    folded = folded.join(_derived(folded["core"], sound=sound_of), on="core", how="left")
    names = _derived(folded["name"], name_fold=lambda text: fold_name(text) if text else "")
    folded = folded.join(names, on="name", how="left").drop("name").rename({"name_fold": "name"})
    folded = folded.join(_derived(folded["name"], name_sound=sound_of), on="name", how="left")
    cities = _derived(folded["city"], city_fold=fold)
    return folded.join(cities, on="city", how="left").drop("city").rename({"city_fold": "city"})


def _derived(texts: pl.Series, **forms: Callable[[str], str]) -> pl.DataFrame:
    """Each distinct text with its forms."""
    distinct = texts.unique()
    listed = distinct.to_list()
    return pl.DataFrame(
        {texts.name: distinct}
        | {name: pl.Series([form(text) for text in listed], dtype=pl.String)
           for name, form in forms.items()}
    )  # fmt: skip


def _mentioned(people: pl.DataFrame) -> pl.DataFrame:
    texts = ("nick", "name", "note")
    speaking = people.filter(
        pl.any_horizontal(pl.col(text).str.contains(_MAY_HOLD_CONTACT) for text in texts)
    ).select("id", *texts)
    found = [
        (customer_id, contact)
        for customer_id, *written in speaking.iter_rows()
        for contact in contacts_in(*written)
    ]
    return pl.DataFrame(found, schema={"id": pl.Int64, "contact": pl.String}, orient="row")


def pairs(base: Base, step: Step, among: Collection[int] | None = None) -> pl.DataFrame:
    """The pairs worth comparing, each once: ``id``, ``other``, with ``id < other``; with ``among``
    only those with one of these ids."""
    people = base.people
    found = []
    for name, blocks in (
        ("contacts", _by_contact),
        ("phones", _by_phone),
        ("ids", _by_id),
        ("nicknames", _by_nick),
        ("names", _by_name),
    ):
        step(name)
        found += blocks(base)
    empty = pl.DataFrame(schema={"id": people.schema["id"], "other": people.schema["id"]})
    every = pl.concat([empty, *found]).unique().sort("id", "other")
    if among is None:
        return every
    wanted = pl.Series(sorted(among), dtype=pl.Int64)
    return every.filter(pl.col("id").is_in(wanted) | pl.col("other").is_in(wanted))


def _by_contact(base: Base) -> list[pl.DataFrame]:
    """A number or id that several have, in whatever column, or that stands in another's texts."""
    owned = base.identities.filter(pl.col("contact").str.len_chars() >= SHORTEST_CONTACT).select(
        "id", key="contact"
    )
    mentioned = base.mentioned.select("id", key="contact")
    quiet = mentioned.filter(pl.len().over("key") <= RARE)
    crossing = quiet.join(owned, on="key").select(
        id=pl.min_horizontal("id", "id_right"), other=pl.max_horizontal("id", "id_right")
    )
    return [_paired(owned, RARE), crossing.filter(pl.col("id") < pl.col("other"))]


def _by_phone(base: Base) -> list[pl.DataFrame]:
    """Two phones one slip apart are the same number once the digit is left out."""
    phones = (
        base.identities.filter(pl.col("kind") == IdentityKind.PHONE.value)
        .select("id", digits=pl.col("value").cast(pl.Int64, strict=False))
        .drop_nulls()
    )
    without = [
        (pl.col("digits") // 10 ** (at + 1)) * 10**at + pl.col("digits") % 10**at
        for at in range(PHONE_DIGITS)
    ]
    found = []
    for part in range(_PARTS):
        keys = pl.concat(
            phones.select("id", key=digits).filter(pl.col("key") % _PARTS == part)
            for digits in without
        )
        found.append(_with_similar_name(_paired(keys.unique(), RARE * 2, parts=1), base.people))
    return found


def _by_id(base: Base) -> list[pl.DataFrame]:
    """Of an id with one slip, one half is right."""
    ids = base.identities.filter(
        ~pl.col("kind").is_in([IdentityKind.PHONE.value, IdentityKind.QQ.value])
        & (pl.col("contact").str.len_chars() >= SHORTEST_ID)
    )
    half = pl.col("contact").str.len_chars() // 2
    halves = (
        pl.col("contact").str.head(half),
        pl.col("contact").str.tail(half),
    )
    return [_paired(ids.select("id", key=part), RARE * 2) for part in halves]


def _by_nick(base: Base) -> list[pl.DataFrame]:
    """Nicknames (as typed, without marks, by their sound) and full names that few have: where so
    few are not expected to come to one by chance."""
    found = []
    for form in ("nick", "core", "sound", "name"):
        keys = base.people.filter(pl.col(form) != "").select("id", key=form)
        spectrum = _spectrum(_counts(keys["key"]))
        telling = [n for n in range(2, RARE + 1) if expected_others(n, spectrum) < CHANCE]
        if telling:
            found.append(_paired(keys, telling[-1]))
    return found


def _by_name(base: Base) -> list[pl.DataFrame]:
    """Full names (or a nickname that is one), with a similar nickname beside them."""
    named = base.people.filter(pl.col("name") != "")
    swapped = pl.concat(
        named.select("id", key=pl.concat_str(*both, separator=" "))
        for both in (("name", "nick"), ("nick", "name"))
    )
    sound_and_city = named.filter(pl.col("city") != "").select(
        "id", key=pl.concat_str("name_sound", "city", separator=" ")
    )
    sound_and_core = named.select("id", key=pl.concat_str("name_sound", "sound", separator=" "))
    return [
        _paired(swapped.unique(), LARGEST_BLOCK),
        _paired(sound_and_core, LARGEST_BLOCK),
        *(
            _with_similar_name(_paired(keys, LARGEST_BLOCK), base.people)
            for keys in (named.select("id", key="name"), sound_and_city)
        ),
    ]


def _with_similar_name(some: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Those pairs whose nicknames are alike in any way, or one's nickname is the other's name."""
    names = people.select("id", "nick", "core", "sound", "name")
    both = some.join(names, on="id").join(names, left_on="other", right_on="id")
    columns = ("nick", "core", "sound", "name")
    similar = [
        core == core2 or sound == sound2 or nick == name2 or name == nick2
        or nicks_alike(nick, nick2)
        for nick, core, sound, name, nick2, core2, sound2, name2 in both.select(
            *columns, *(f"{column}_right" for column in columns)
        ).iter_rows()
    ]  # fmt: skip
    return both.select("id", "other").filter(pl.Series(similar, dtype=pl.Boolean))


def _paired(keys: pl.DataFrame, largest: int, parts: int = _PARTS) -> pl.DataFrame:
    """The pairs of ids that share a key which at most ``largest`` have."""
    hashed = keys.select("id", key=pl.col("key").hash())
    return pl.concat(
        _paired_part(hashed.filter(pl.col("key") % parts == part), largest) for part in range(parts)
    )


def _paired_part(keys: pl.DataFrame, largest: int) -> pl.DataFrame:
    small = keys.group_by("key").agg("id").filter(pl.col("id").list.len().is_between(2, largest))
    members = small.explode("id")
    return (
        members.join(members, on="key", suffix="_other")
        .select("id", other="id_other")
        .filter(pl.col("id") < pl.col("other"))
        .unique()
    )


class Compared:
    """The traits of those who are in a portion of the pairs, with the rarity of their values."""

    def __init__(self, base: Base) -> None:
        people = base.people
        self._base = base
        self._customers = people.height
        texts = pl.concat([people["nick"], people["name"].filter(people["name"] != "")])
        self._texts = _counts(texts)
        self._forms = {form: _counts(people[form]) for form in ("core", "sound", "name_sound")}
        self._cities = _counts(people["city"])
        self._spectra = {
            name: _spectrum(counts)
            for name, counts in {"texts": self._texts, **self._forms}.items()
        }

    def of(self, ids: pl.Series) -> tuple[dict[int, Traits], dict[int, Rarity]]:
        """Traits and rarity of the customers with these ids."""
        wanted = pl.DataFrame({"id": ids.unique()})
        rows = wanted.join(self._base.people, on="id")
        counted = self._counted(rows)
        identities: dict[int, dict[IdentityKind, set[str]]] = {}
        for owner, kind, value in (
            self._base.identities.join(wanted, on="id", how="semi")
            .select("id", "kind", "value")
            .iter_rows()
        ):
            identities.setdefault(owner, {}).setdefault(IdentityKind(kind), set()).add(value)
        mentioned: dict[int, set[str]] = {}
        for owner, contact in self._base.mentioned.join(wanted, on="id", how="semi").iter_rows():
            mentioned.setdefault(owner, set()).add(contact)
        traits, rarity = {}, {}
        for row in counted.iter_rows(named=True):
            customer_id = row["id"]
            traits[customer_id] = Traits(
                customer_id,
                row["nick"],
                row["core"],
                row["sound"],
                row["name"],
                row["name_sound"],
                row["city"],
                Gender(row["gender"]),
                {k: frozenset(v) for k, v in identities.get(customer_id, {}).items()},
                frozenset(mentioned.get(customer_id, ())),
            )
            rarity[customer_id] = self._rarity(row)
        return traits, rarity

    def _counted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with how many customers hold each of their values."""
        tables = {"nick": self._texts, "name": self._texts, "city": self._cities, **self._forms}
        for column, counts in tables.items():
            held = counts.rename({"value": column, "count": f"{column}_count"})
            rows = rows.join(held, on=column, how="left")
        return rows

    def _rarity(self, row: dict[str, int]) -> Rarity:
        texts = self._spectra["texts"]
        return Rarity(
            customers=self._customers,
            nick=expected_others(row["nick_count"], texts),
            core=expected_others(row["core_count"], self._spectra["core"]),
            sound=expected_others(row["sound_count"], self._spectra["sound"]),
            name=expected_others(row["name_count"] or 1, texts),
            name_sound=expected_others(row["name_sound_count"], self._spectra["name_sound"]),
            city_share=row["city_count"] / self._customers,
        )


def _counts(values: pl.Series) -> pl.DataFrame:
    return values.rename("value").value_counts(name="count")


def _spectrum(counts: pl.DataFrame) -> Sequence[int]:
    """How many values are held by exactly 0, 1, 2 … customers."""
    held = dict(counts["count"].value_counts(name="values").iter_rows())
    return [held.get(holders, 0) for holders in range(LONGEST_SPECTRUM + 1)]
