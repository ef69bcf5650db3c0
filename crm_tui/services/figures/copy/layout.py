"""What the copy holds: its datasets and their columns, the same for every engine.

``FOLDER/manifest.json`` names the files that count, with their rows, and how far the copy has come;
``FOLDER/DATASET/…-DIGEST.parquet`` are never changed once they are there. Of the datasets by month,
a file holds the rows of one business month; of those that are whole, later files of the list
supersede rows of earlier ones with the same key, and a row without a ``store_id`` says that there
is none any more.

Ids are those of the database, money is fen, instants are UTC with microseconds, ``day`` is the
business day of the row's own store. A *prior* day tells who came for the first time in a period
without a look at the rows before: of a customer's orders from day D on, the first is the one whose
prior day lies before D or is null. There are no names and no numbers of people: ids, cities and
channels only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl

from crm_tui.core.language import N_

LAYOUT = 4
"""The version of all this: a copy of another one is not used."""

INSTANT = pl.Datetime("us", "UTC")
WORD = pl.Categorical()
"""A text of which there are few: any engine that reads Parquet reads a text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset."""

    name: str
    type: Any
    meaning: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table of the copy."""

    name: str
    holds: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Of those that are whole: the columns of which there is one row each."""
    sorted_by: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """The columns' types by name, in order."""
        return {column.name: column.type for column in self.columns}


_ORDER_ID = Column("order_id", pl.Int64, N_("The order."))
_STORE_ID = Column("store_id", pl.Int64, N_("The store."))
_CUSTOMER_ID = Column("customer_id", pl.Int64, N_("The customer."))
_COMPANION_ID = Column("companion_id", pl.Int64, N_("The companion."))
_GAME_ID = Column("game_id", pl.Int64, N_("The game."))
_DAY = Column("day", pl.Date, N_("The business day of it."))
_HOUR = Column("hour", pl.Int8, N_("The hour on the store's wall clock, 0–23."))
_KIND = Column("kind", WORD, N_("What was sold."))
_AT_COMPLETION = Column("at", INSTANT, N_("When the order was completed."))
_CHANNEL = Column("channel", WORD, N_("What brought the customer."))
_CITY = Column("city", WORD, N_("Where the customer lives; empty where that is not known."))
_MINUTES = Column("minutes", pl.Int64, N_("Minutes billed, else planned."))
_NEW = Column("new", pl.Boolean, N_("The customer's first completed order ever."))


def _prior(among: str, of: str, before: str) -> tuple[Column, Column]:
    """The days of the two rows before a row, in the order of (day, instant, order)."""
    return (
        Column(f"prior_{among}day", pl.Date, of),
        Column(f"prior2_{among}day", pl.Date, before),
    )


LINES = Dataset(
    "lines",
    N_("A row for each completed order."),
    (
        _ORDER_ID,
        _STORE_ID,
        _AT_COMPLETION,
        _DAY,
        _HOUR,
        _CUSTOMER_ID,
        _GAME_ID,
        _KIND,
        _CHANNEL,
        _CITY,
        _MINUTES,
        Column("gross_fen", pl.Int64, N_("What the customer owed, without tips.")),
        Column("tips_fen", pl.Int64, N_("Tips.")),
        _NEW,
        Column("nth", pl.Int32, N_("The customer's how-manieth completed order, from 1.")),
        Column("cohort", pl.Date, N_("The month of the customer's first completed order.")),
        Column("created_at", INSTANT, N_("When the order was taken.")),
        Column("renewal", pl.Boolean, N_("It was made as the renewal of another order.")),
        *_prior(
            "",
            N_("The business day of the customer's order before this one; null without one."),
            N_("The business day of the customer's order before that; null without one."),
        ),
        *_prior(
            "game_",
            N_("Likewise, of the customer's orders in this game."),
            N_("Likewise, of the order before that."),
        ),
        *_prior(
            "kind_",
            N_("Likewise, of the customer's orders of this kind."),
            N_("Likewise, of the order before that."),
        ),
    ),
    sorted_by=("at", "order_id"),
)

SERVED = Dataset(
    "served",
    N_("A row for each companion who served a completed order to its end."),
    (
        _ORDER_ID,
        _STORE_ID,
        _AT_COMPLETION,
        _DAY,
        _COMPANION_ID,
        Column("place", pl.Int8, N_("Which place of the order, from 1.")),
        _CUSTOMER_ID,
        _GAME_ID,
        _KIND,
        _MINUTES,
        Column(
            "gross_fen",
            pl.Int64,
            N_("The order's amount, parted equally over its rows; the first has the remainder."),
        ),
        Column("tips_fen", pl.Int64, N_("The order's tips, parted in the same way.")),
        Column("rating", pl.Int8, N_("What the customer gave, 1–5; null without a rating.")),
        Column(
            "on_time",
            pl.Boolean,
            N_(
                "It began by the time agreed; where none was, somebody accepted before the answer "
                "was due; null where neither is known."
            ),
        ),
        _NEW,
        Column("places", pl.Int8, N_("Rows that the order has here.")),
        *_prior(
            "companion_",
            N_("The business day on which this companion served the customer before; or null."),
            N_("Likewise, of the time before that."),
        ),
    ),
    sorted_by=("at", "order_id", "place"),
)

OFFERS = Dataset(
    "offers",
    N_("A row for each offer that was accepted, declined or ran out."),
    (
        _ORDER_ID,
        _COMPANION_ID,
        _STORE_ID,
        _GAME_ID,
        Column("at", INSTANT, N_("When it was sent.")),
        _DAY,
        Column("accepted", pl.Boolean, N_("It was accepted.")),
    ),
    sorted_by=("at", "order_id", "companion_id"),
)

BOOKS = Dataset(
    "books",
    N_("What the ledger posted, a row for each store and hour."),
    (
        _STORE_ID,
        Column("at", INSTANT, N_("When the hour began.")),
        _DAY,
        Column("tips_fen", pl.Int64, N_("Tips taken.")),
        Column("studio_fen", pl.Int64, N_("What the studio earned of both, less discounts.")),
        Column("companion_fen", pl.Int64, N_("What companions earned of orders and tips.")),
        Column("refunds_fen", pl.Int64, N_("What was given back.")),
    ),
    sorted_by=("at", "store_id", "day"),
)

DAYS = Dataset(
    "days",
    N_("What was sold, a row for each store, business day and hour with a completed order."),
    (
        _STORE_ID,
        _DAY,
        _HOUR,
        Column("orders", pl.Int64, N_("Completed orders.")),
        Column("gross_fen", pl.Int64, N_("What they amount to, without tips.")),
        Column("tips_fen", pl.Int64, N_("Their tips.")),
        Column("customers", pl.Int64, N_("Customers whose first order of the day is one of them.")),
        Column("new_customers", pl.Int64, N_("Customers whose first order ever is one of them.")),
    ),
    sorted_by=("day", "store_id", "hour"),
)

PARTS_BY = {"": "", "game_id": "game_", "kind": "kind_", "channel": "", "city": ""}
"""By which columns of an order ``parts`` are told, "" for all orders together; and which of its
prior days are among the customer's orders of the same part."""

PARTS = Dataset(
    "parts",
    N_(
        "What each game, kind, channel and city sold in a month, and when its customers came "
        "before: rows that add up."
    ),
    (
        _STORE_ID,
        Column("month", pl.Date, N_("The first day of the business month.")),
        Column("part", WORD, N_("The column of lines that has the key; empty for all orders.")),
        Column("key", WORD, N_("Its value.")),
        Column(
            "since",
            pl.Date,
            N_("Null in the row that counts all orders, else the business day of orders before."),
        ),
        Column("orders", pl.Int64, N_("Completed orders; 0 in the others.")),
        Column("gross_fen", pl.Int64, N_("What they amount to, without tips; 0 in the others.")),
        Column("tips_fen", pl.Int64, N_("Their tips; 0 in the others.")),
        Column(
            "new_customers",
            pl.Int64,
            N_("Customers whose first order ever is one of them; 0 in the others."),
        ),
        Column("prior", pl.Int64, N_("Orders whose prior day of this part that day is.")),
        Column("prior2", pl.Int64, N_("Orders whose day before that it is.")),
    ),
    sorted_by=("part", "key", "store_id", "since"),
)
"""Of a part in whole months that a period from day D on holds: orders and amounts = Σ theirs;
customers = Σ orders − Σ prior, and those who came again = Σ prior − Σ prior2, over the rows without
``since`` and those of which it is D or later: whoever came before in the period is counted by the
first of their orders."""

PLACES = Dataset(
    "places",
    N_("What a companion served of a game in a month: sums of served."),
    (
        _STORE_ID,
        Column("month", pl.Date, N_("The first day of the business month.")),
        _COMPANION_ID,
        _GAME_ID,
        Column("orders", pl.Int64, N_("Places that they served to the end.")),
        Column("new_customers", pl.Int64, N_("Of these, places of a customer's first order ever.")),
        _MINUTES,
        Column("gross_fen", pl.Int64, N_("Their parts of the orders' amounts.")),
        Column("tips_fen", pl.Int64, N_("Their parts of the tips.")),
        Column("votes", pl.Int64, N_("Sum of the ratings.")),
        Column("ratings", pl.Int64, N_("How many were rated.")),
        Column("punctual", pl.Int64, N_("How many began in time.")),
        Column("timed", pl.Int64, N_("Of how many that is known.")),
    ),
    sorted_by=("companion_id", "game_id", "store_id"),
)

ANSWERS = Dataset(
    "answers",
    N_("What a companion answered of a game's offers in a month: sums of offers."),
    (
        _STORE_ID,
        Column("month", pl.Date, N_("The first day of the business month.")),
        _COMPANION_ID,
        _GAME_ID,
        Column("offers", pl.Int64, N_("Offers that were accepted, declined or ran out.")),
        Column("accepted", pl.Int64, N_("How many were accepted.")),
    ),
    sorted_by=("companion_id", "game_id", "store_id"),
)

SHARES = Dataset(
    "shares",
    N_("What each companion earned of orders and tips, a row for each store and day."),
    (
        _COMPANION_ID,
        _STORE_ID,
        _DAY,
        Column("share_fen", pl.Int64, N_("What they earned, by the ledger.")),
    ),
    sorted_by=("day", "store_id", "companion_id"),
)

HISTORY = Dataset(
    "history",
    N_("A row for each customer with a completed order, over all months and stores."),
    (
        _CUSTOMER_ID,
        Column("store_id", pl.Int64, N_("The store of the first.")),
        Column("orders", pl.Int64, N_("Completed orders.")),
        Column("gross_fen", pl.Int64, N_("What they amount to, without tips.")),
        Column("first_at", INSTANT, N_("When the first was completed.")),
        Column("first_day", pl.Date, N_("The business day of the first.")),
        Column("second_at", INSTANT, N_("When the second was completed; null without one.")),
        Column("second_day", pl.Date, N_("The business day of the second; null without one.")),
        Column("third_day", pl.Date, N_("The business day of the third; null without one.")),
        Column("last_at", INSTANT, N_("When the last was completed.")),
        Column("last_day", pl.Date, N_("The business day of the last.")),
    ),
    key=("customer_id",),
    sorted_by=("customer_id",),
)

CUSTOMERS = Dataset(
    "customers",
    N_("A row for each customer; those that were merged into another are left out."),
    (
        _CUSTOMER_ID,
        _STORE_ID,
        _CHANNEL,
        _CITY,
        Column("joined_day", pl.Date, N_("The day of registering, else of the record.")),
    ),
    key=("customer_id",),
    sorted_by=("customer_id",),
)

COMPANIONS = Dataset(
    "companions",
    N_("The level of each companion, as it is now."),
    (_COMPANION_ID, Column("level", pl.String, N_("The level's name; null without one."))),
)

SKILLS = Dataset(
    "skills",
    N_("The rank of each companion in each game, as it is now."),
    (_COMPANION_ID, _GAME_ID, Column("skill", pl.String, N_("The rank; null where not known."))),
)

ACTIVES = Dataset(
    "actives",
    N_("Who ordered in a month, a row for each store, month and cohort."),
    (
        _STORE_ID,
        Column("month", pl.Date, N_("The first day of the business month.")),
        Column("cohort", pl.Date, N_("The month of the customers' first completed order.")),
        Column("customers", pl.Int64, N_("Distinct customers with a completed order in it.")),
        Column("gross_fen", pl.Int64, N_("What those orders amount to, without tips.")),
    ),
    sorted_by=("month", "cohort", "store_id"),
)

BY_ORDER = (LINES, SERVED, OFFERS)
"""By month, with rows that belong to one order each."""
POSTED = (BOOKS, SHARES)
"""By month, sums of the ledger."""
SUMS = {LINES.name: (DAYS, PARTS), SERVED.name: (PLACES,), OFFERS.name: (ANSWERS,)}
"""By month, what the rows of each of these add up to."""
COUNTED_BY_DAY = (DAYS,)
"""Of those: what counts distinct customers of a day, and so is told of whole days only. The others'
rows add up in any parts."""
BY_MONTH = (*BY_ORDER, *chain(*SUMS.values()), *POSTED)
WHOLE = (HISTORY, CUSTOMERS)
"""In one list of files, of which the later supersede the earlier."""
SMALL = (COMPANIONS, SKILLS, ACTIVES)
"""One file each, small."""
DATASETS = {each.name: each for each in (*BY_MONTH, *WHOLE, *SMALL)}
