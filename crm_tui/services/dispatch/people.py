"""The companions themselves, as columns in the order of their ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json import loads
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, String, and_, bindparam, case, or_, select, type_coerce
from sqlmodel import col

from crm_tui.models import Companion
from crm_tui.services.dispatch.columnar import numbers, piece, words
from crm_tui.services.dispatch.columns import (
    GENDERS,
    NO_RANK,
    PRESENCES,
    Bools,
    Floats,
    Ints,
    whole,
)
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class People:
    """The columns of a :class:`~.columns.Situation` that lie in the companions' own rows."""

    ids: Ints
    presence: Ints
    since: Floats
    gender: Ints
    level: Ints
    rate_fen: Ints
    store_ids: Ints
    credit: Ints
    active: Bools
    nicks: tuple[str, ...]
    tags: tuple[frozenset[str], ...]


def _code(column: Any, codes: Mapping[Any, int]) -> Any:
    """A word of a vocabulary as its code."""
    of_word = {word.value: code for word, code in codes.items()}
    return case(of_word, value=type_coerce(column, String))


_COMPANIONS: Any = select(
    piece(col(Companion.id)),
    piece(_code(col(Companion.presence), PRESENCES)),
    piece(type_coerce(col(Companion.presence_since), BigInteger)),
    piece(_code(col(Companion.gender), GENDERS)),
    piece(col(Companion.level_id)),
    piece(col(Companion.rate_fen)),
    piece(col(Companion.store_id)),
    piece(col(Companion.credit)),
    piece(case((col(Companion.active), 1), else_=0)),
    piece(col(Companion.nick), text=True),
    piece(col(Companion.tags), text=True),
).where(
    or_(
        and_(
            col(Companion.active),
            col(Companion.store_id).in_(bindparam("stores", expanding=True)),
        ),
        col(Companion.id) == bindparam("also"),
    )
)


def read_people(
    work: ReadWork, stores: Collection[int], also: int | None, steps: Mapping[int, int]
) -> People:
    """Who works in one of the ``stores``, and ``also``; ``steps`` are those of the levels by id."""
    known = {"stores": stores, "also": also or 0}
    *told, nicks, tags = work.session.connection().execute(_COMPANIONS, known).one()
    columns = [numbers(each) for each in told]
    order = np.argsort(columns[0])
    ids, presence, since, gender, level, rate, store, credit, active = (
        column[order] for column in columns
    )
    named, tagged = words(nicks), words(tags)
    return People(
        whole(ids),
        whole(presence),
        since,
        whole(gender),
        _steps(whole(level), steps),
        whole(rate),
        whole(store),
        whole(credit),
        active > 0,
        tuple(map(named.__getitem__, order.tolist())),
        tuple(map(_tags, map(tagged.__getitem__, order.tolist()))),
    )


def _steps(levels: Ints, steps: Mapping[int, int]) -> Ints:
    """The step of each level; there are a handful of them."""
    found = np.full(len(levels), NO_RANK)
    for level, step in steps.items():
        found[levels == level] = step
    return found


@lru_cache(maxsize=4096)
def _tags(document: str) -> frozenset[str]:
    return frozenset(loads(document))
