"""Which orders a figure is about: the filter that all figures of a page share."""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from crm_tui.core.words import Segment
from crm_tui.services.figures.copy import layout
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.measures_cohorts import actives
from crm_tui.services.figures.measures_customers import histories
from crm_tui.services.figures.periods import EVER, Period


@dataclass(frozen=True, slots=True)
class Scope:
    """Only what all of these say; None says nothing.

    ``city``, ``level`` and ``skill`` may be the empty text: those of whom it is not known.
    ``level`` is the companion's level as it is now; an order is of a level (or a companion, or a
    skill) where one who served it is. ``segment`` is the customer's on the last day of what is
    looked at. ``hour`` is that of the completion on the store's wall clock, 0–23.
    """

    store_id: int | None = None
    game_id: int | None = None
    kind: str | None = None
    channel: str | None = None
    city: str | None = None
    level: str | None = None
    skill: str | None = None
    companion_id: int | None = None
    segment: Segment | None = None
    hour: int | None = None

    @property
    def of_orders(self) -> bool:
        """Whether it tells orders apart by more than their store and customer."""
        return any(getattr(self, name) is not None for name in _OF_ORDERS)

    @property
    def only_store(self) -> bool:
        """Whether it says nothing, but for the store: then the ledger can tell of it, too."""
        return self._says_only("store_id")

    @property
    def only_companions(self) -> bool:
        """Whether it says nothing but whose orders in which store: then what they earned can be
        told."""
        return self._says_only("store_id", "level", "companion_id")

    @property
    def only_places(self) -> bool:
        """Whether it says nothing that the sums of a month's places do not know."""
        return self._says_only("store_id", "level", "companion_id", "game_id", "skill")

    @property
    def only_offers(self) -> bool:
        """Whether it says nothing that an offer does not know."""
        return self._says_only("store_id", "level", "companion_id", "game_id")

    def _says_only(self, *names: str) -> bool:
        others = (field.name for field in fields(self) if field.name not in names)
        return all(getattr(self, name) is None for name in others)


EVERYTHING = Scope()

_OF_ORDERS = ("game_id", "kind", "level", "skill", "companion_id", "hour")
"""What orders of one customer may differ in."""
_OF_LINES = ("channel", "city", "hour")
"""What of all the frames of orders only the lines know."""
_PRIORS = {frozenset[str](): "", frozenset({"game_id"}): "game_", frozenset({"kind"}): "kind_"}
"""Among which of a customer's orders the copy knows the prior ones."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The frames, narrowed to what a scope says.

    ``members`` are the customers of the scope's segment (``customer_id``), where it names one;
    ``several`` says that the studio has more than one store, so that a customer's orders in one
    may not be all of theirs.
    """

    frames: Frames
    scope: Scope = EVERYTHING
    members: pl.LazyFrame | None = None
    several: bool = True

    @property
    def one_of_several(self) -> bool:
        """Whether it is one store among others, in which customers may have orders, too."""
        return self.several and self.scope.store_id is not None

    @property
    def parts_orders(self) -> bool:
        """Whether a customer may have orders that fit and orders that do not."""
        return self.scope.of_orders or self.one_of_several

    @property
    def has_days(self) -> bool:
        """Whether the copy has what the days sold, just as the scope says."""
        return self.scope.only_store and (not self.several or self.scope.store_id is not None)

    @property
    def has_parts(self) -> bool:
        """Whether the copy has what the parts of a month sold, just as the scope says."""
        return self.scope.only_store and not self.one_of_several

    def prior(self, column: str) -> str | None:
        """Which prior days of an order say whether its customer came before, among the orders
        that fit and have the same ``column`` (of whatever column for ""); None where none do."""
        apart = {name for name in _OF_ORDERS if getattr(self.scope, name) is not None}
        if self.one_of_several:
            apart.add("store_id")
        if column in _OF_ORDERS:
            apart.add(column)
        return _PRIORS.get(frozenset(apart))

    @property
    def prior_of_places(self) -> str | None:
        """As :meth:`prior`, of places and the same companion."""
        scope = self.scope
        said = {scope.game_id, scope.kind, scope.skill, scope.hour} != {None}
        return None if self.one_of_several or said else "companion_"

    def lines(self, period: Period) -> pl.LazyFrame:
        """The orders completed in ``period``."""
        scope = self.scope
        lines = self.frames.lines(period.first, period.last, scope.store_id)
        kept = self._of_members(_kept(lines, scope, "game_id", "kind", *_OF_LINES))
        if {scope.level, scope.skill, scope.companion_id} == {None}:
            return kept
        served = self.frames.served(period.first, period.last, scope.store_id)
        own = self._of_companions(served)
        return kept.join(own.select("order_id"), on="order_id", how="semi")

    def served(self, period: Period) -> pl.LazyFrame:
        """The places of these orders, of the companions that the scope means."""
        scope = self.scope
        served = self.frames.served(period.first, period.last, scope.store_id)
        own = self._of_companions(_kept(served, scope, "game_id", "kind"))
        kept = self._of_members(own)
        if all(getattr(scope, name) is None for name in _OF_LINES):
            return kept
        lines = self.frames.lines(period.first, period.last, scope.store_id)
        own = _kept(lines, scope, *_OF_LINES).select("order_id")
        return kept.join(own, on="order_id", how="semi")

    def answers(self, period: Period) -> pl.LazyFrame | None:
        """What became of the offers sent in ``period`` to the companions who are looked at anyway:
        rows with their ``companion_id``, and with the ``offers`` and how many were ``accepted``,
        which add up. None where the scope says what an offer does not know."""
        if not self.scope.only_offers:
            return None
        months, days = period.parted()
        told = [
            self.frames.offers(each.first, each.last, self.scope.store_id).with_columns(
                offers=pl.lit(1)
            )
            for each in days
        ]
        if months:
            told.append(self._of_months(layout.ANSWERS, months))
        rows = pl.concat(told, how="diagonal_relaxed")
        return _kept(rows, self.scope, "game_id", "companion_id")

    def shares(self, period: Period) -> pl.LazyFrame | None:
        """What the companions who are looked at anyway earned in ``period``; None where the scope
        says more than whose orders."""
        if not self.scope.only_companions:
            return None
        shares = self.frames.shares(period.first, period.last, self.scope.store_id)
        return _kept(shares, self.scope, "companion_id")

    def books(self, period: Period) -> pl.LazyFrame | None:
        """What the ledger posted in ``period``; None where the scope says more than the store."""
        if not self.scope.only_store:
            return None
        return self.frames.books(period.first, period.last, self.scope.store_id)

    def parts(self, months: Period) -> pl.LazyFrame:
        """What the parts of these whole ``months`` sold, where it :attr:`has_parts`."""
        return self._of_months(layout.PARTS, months)

    def places(self, months: Period) -> pl.LazyFrame:
        """What was served in these whole ``months``, where the scope is :attr:`.only_places`."""
        places = self._of_months(layout.PLACES, months)
        return self._of_companions(_kept(places, self.scope, "game_id"))

    def customers(self) -> pl.LazyFrame:
        """The customers: of the store, of the channel, the city and the segment; and with an
        order that fits where the scope tells orders apart."""
        kept = _kept(self.frames.customers(self.scope.store_id), self.scope, "channel", "city")
        members = self._of_members(kept)
        if not self.scope.of_orders:
            return members
        return members.join(self.lines(EVER), on="customer_id", how="semi")

    def history(self) -> pl.LazyFrame:
        """The ``history`` of each customer over the orders that fit, one row a customer."""
        scope = self.scope
        if self.parts_orders:
            return histories(self.lines(EVER))
        history = self._of_members(self.frames.history())
        if scope.channel is scope.city is None:
            return history
        own = _kept(self.frames.customers(), scope, "channel", "city")
        return history.join(own, on="customer_id", how="semi")

    def actives(self) -> pl.LazyFrame:
        """Who ordered in which month, by cohort: rows of :func:`.measures_cohorts.actives`."""
        if self.scope == EVERYTHING and not self.several:
            return self.frames.actives()
        return actives(self.lines(EVER), self.history())

    def _of_months(self, dataset: layout.Dataset, months: Period) -> pl.LazyFrame:
        return self.frames.of_months(dataset, months.first, months.last, self.scope.store_id)

    def _of_companions(self, served: pl.LazyFrame) -> pl.LazyFrame:
        """Those of the places whose companion is one that the scope means."""
        if self.scope.level is not None:
            of_level = _kept(self.frames.companions().lazy(), self.scope, "level").collect()
            among = of_level["companion_id"].implode()
            served = served.filter(pl.col("companion_id").is_in(among))
        if self.scope.skill is not None:
            served = _kept(self.frames.with_skill(served), self.scope, "skill")
        return _kept(served, self.scope, "companion_id")

    def _of_members(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        if self.members is None:
            return rows
        return rows.join(self.members, on="customer_id", how="semi")


def _kept(rows: pl.LazyFrame, scope: Scope, *columns: str) -> pl.LazyFrame:
    """The rows that are what the scope says of these columns."""
    said = {name: getattr(scope, name) for name in columns}
    wanted = [
        (pl.col(name).fill_null("") if value == "" else pl.col(name)) == value
        for name, value in said.items()
        if value is not None
    ]
    return rows.filter(wanted) if wanted else rows
