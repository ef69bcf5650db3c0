"""The leaderboard of companions."""

from __future__ import annotations

import polars as pl

from crm_tui.services.figures.measures import added, average_fen, repurchase_rate

PRIOR_VOTES = 5
"""So many votes of the studio's mean every companion is given beforehand."""

BOARD = (
    *("orders", "minutes", "gross_fen", "share_fen", "tips_fen", "rating", "ratings"),
    *("fair_rating", "repurchase_rate", "average_fen", "acceptance_rate", "punctuality_rate"),
)
"""The columns of a row of the board."""


def leaderboard(
    placed: pl.LazyFrame, answers: pl.LazyFrame | None, shares: pl.LazyFrame | None
) -> pl.LazyFrame:
    """One row a companion who served an order of the period to its end.

    orders, minutes, gross_fen and tips_fen = sums over the places that they served (``placed``,
    rows of :func:`.sales.places`): an order of several places is split over them, so that the board
    adds up to the studio's income. share_fen
    = what they earned in the period of orders and tips, by the ledger. rating = mean of the
    ``ratings`` votes v on these orders. fair_rating = (C·m + Σv) / (C + ratings), the Bayesian
    mean with m = the mean of all votes of the board and C = :data:`PRIOR_VOTES`: few votes say
    little, many speak for themselves; null without a vote. average_fen = gross / orders, rounded
    half up. repurchase_rate = customers with two or more of these orders / customers with one or
    more. acceptance_rate = offers accepted / offers accepted, declined or expired in the period
    (null without any; recalled offers and those that another took first say nothing of the
    companion). punctuality_rate = orders begun in time / orders of which that is known.

    ``answers`` (rows of :meth:`.Narrowed.answers`) or ``shares`` are None where they cannot be told
    for what is asked: null then.
    """
    board = placed.group_by("companion_id").agg(
        *added("orders", "minutes", "gross_fen", "tips_fen", "customers", "again"),
        *added("votes", "ratings", "punctual", "timed"),
    )
    mean = pl.sum("votes") / pl.sum("ratings")
    fair = (PRIOR_VOTES * mean + pl.col("votes")) / (PRIOR_VOTES + pl.col("ratings"))
    return (
        board.with_columns(
            average_fen(),
            repurchase_rate(),
            rating=_rate("votes", "ratings"),
            fair_rating=pl.when(pl.col("ratings") > 0).then(fair),
            punctuality_rate=_rate("punctual", "timed"),
        )
        .join(_accepted(answers), on="companion_id", how="left")
        .join(_earned(shares), on="companion_id", how="left")
        .with_columns(pl.col("share_fen") if shares is None else pl.col("share_fen").fill_null(0))
        .select("companion_id", *BOARD)
    )


def _rate(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _accepted(answers: pl.LazyFrame | None) -> pl.LazyFrame:
    if answers is None:
        return pl.LazyFrame(schema={"companion_id": pl.Int64, "acceptance_rate": pl.Float64})
    told = answers.group_by("companion_id").agg(added("offers", "accepted"))
    return told.select("companion_id", acceptance_rate=_rate("accepted", "offers"))


def _earned(shares: pl.LazyFrame | None) -> pl.LazyFrame:
    if shares is None:
        return pl.LazyFrame(schema={"companion_id": pl.Int64, "share_fen": pl.Int64})
    return shares.group_by("companion_id").agg(pl.sum("share_fen"))
