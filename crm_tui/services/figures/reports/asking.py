"""A report's question to the frames of the copy: what each group comes to, and the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from crm_tui.services.figures.catalogue import Basis, Measure
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reads import tiered
from crm_tui.services.figures.reports import bases
from crm_tui.services.figures.reports.definition import Definition
from crm_tui.services.figures.reports.filtering import Chosen
from crm_tui.services.figures.scope import Scope
from crm_tui.storage.store import ReadWork

Values = tuple[float | None, ...]
"""A value for each measure, in its unit; None where there is nothing to tell it from."""
_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a period came to: as a whole, and of every group that has rows."""

    period: Period
    total: Values
    groups: Mapping[Any, Values]
    nothing: Values

    def of(self, key: Any) -> Values:
        """The values of a group, also of one without rows."""
        return self.groups.get(key, self.nothing)


class Ask:
    """What a definition asks of the frames, of one store or of all (None).

    Raises :class:`Invalid` where no frame knows all that is asked.
    """

    def __init__(
        self,
        work: ReadWork,
        frames: Frames,
        definition: Definition,
        which: Chosen,
        store_id: int | None,
    ) -> None:
        self._work, self._frames, self._store_id = work, frames, store_id
        self._definition, self._which = definition, which
        self._by_basis: defaultdict[Basis, list[Measure]] = defaultdict(list)
        for measure in definition.measures:
            self._by_basis[definition.basis_of(measure, which.bases)].append(measure)
        self._nothing: Values = tuple(0 if each.adds else None for each in definition.measures)

    def over(self, period: Period) -> Answer:
        """What the days of ``period`` came to."""
        return self._answer([*self._by_basis], period, None)

    def before(self, period: Period, until: datetime | None) -> Answer:
        """What the days of an earlier period came to, where the moment is known only up to
        ``until`` (UTC); None for measures that know no period."""
        dated = [basis for basis in self._by_basis if basis is not Basis.EVER]
        return self._answer(dated, period, until)

    def _answer(self, asked: Sequence[Basis], period: Period, until: datetime | None) -> Answer:
        group = self._definition.group
        sums = [self._sums(basis, period, until, None) for basis in asked]
        if group is not None:
            key = pl.col(group.column)
            sums += [self._sums(basis, period, until, key) for basis in asked]
        told = pl.collect_all(sums)
        wholes, groups = told[: len(asked)], told[len(asked) :]
        whole = self._by_key(wholes).get(_WHOLE, self._nothing)
        return Answer(period, whole, self._by_key(groups), self._nothing)

    def _sums(
        self, basis: Basis, period: Period, until: datetime | None, key: pl.Expr | None
    ) -> pl.LazyFrame:
        """The measures of a frame by ``key``, which stands as the column ``_WHOLE``; without one
        over everything."""
        told = [each.told_by[basis].alias(each.name) for each in self._by_basis[basis]]
        asked = [*told, self._which.where, *([] if key is None else [key])]
        wanted = {name for expression in asked for name in expression.meta.root_names()}
        tiers = partial(self._tiers, period)
        rows = bases.rows(self._frames, basis, period, self._store_id, wanted, tiers, until).filter(
            self._which.where
        )
        if key is None:
            return rows.select(told).with_columns(pl.lit(_WHOLE).alias(_WHOLE))
        return rows.group_by(key.alias(_WHOLE)).agg(told)

    def _by_key(self, told: Sequence[pl.DataFrame]) -> dict[Any, Values]:
        """The values of every group that any of the frames tells."""
        found: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for frame in told:
            for row in frame.iter_rows(named=True):
                found[row.pop(_WHOLE)] |= row
        return {key: self._values(row) for key, row in found.items()}

    def _values(self, row: Mapping[str, Any]) -> Values:
        return tuple(
            nothing if row.get(measure.name) is None else row[measure.name]
            for measure, nothing in zip(self._definition.measures, self._nothing, strict=True)
        )

    def _tiers(self, period: Period) -> pl.LazyFrame:
        return tiered(self._work, self._frames, Scope(store_id=self._store_id), period.last)
