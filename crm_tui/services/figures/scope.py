"""Which orders a figure is about: the filter that all figures of a page share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Protocol

import polars as pl

from crm_tui.core.words import Segment


class Source(Protocol):
    """Where the measures' columns come from: ``figures.copy.Frames``, documented in its layout.

    ``first`` and ``last`` are business days, both in; ``store_id`` None means all stores.
    """

    def lines(self, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
        """A row a completed order."""
        ...

    def served(self, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
        """A row a companion who served a completed order to its end."""
        ...

    def offers(self, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
        """A row an offer that was accepted, declined or expired."""
        ...

    def books(self, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
        """What the ledger posted, by hour."""
        ...

    def shares(self, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
        """What companions earned, by day."""
        ...

    def history(self, store_id: int | None = None) -> pl.LazyFrame:
        """A row a customer with a completed order."""
        ...

    def customers(self, store_id: int | None = None) -> pl.LazyFrame:
        """A row a customer."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Only what all of these say; None says nothing.

    ``city`` may be the empty text: customers of whom no city is known. ``level`` is the
    companion's level as it is now; an order is of a level (or a companion, or a skill) where one
    who served it is. ``segment`` is the customer's on the last day of what is looked at.
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

    @property
    def only_store(self) -> bool:
        """Whether it says nothing, but for the store: then the ledger can tell of it, too."""
        return all(
            getattr(self, field.name) is None for field in fields(self) if field.name != "store_id"
        )


EVERYTHING = Scope()
