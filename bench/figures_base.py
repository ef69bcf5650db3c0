"""A studio with years of orders, for the figures: five million by the demo's habits.

Rows go in by SQL from one table of dice, without the services: a hundred times faster, and alike in
what figures read. For each completed order there are its assignment, an offer that was accepted
(one of five was declined before by another), the journals of payment, completion and tip with their
lines, one event; half of them are rated. Payments and dispatch rounds, which no figure reads, are
left out. Who orders follows the demo's power law, and at what hour its day.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from crm_tui.core.clock import FixedClock, to_micros
from crm_tui.core.ids import SeededIds
from crm_tui.core.words import OrderKind
from crm_tui.services.demo import habits
from crm_tui.services.upkeep.opening import open_studio

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
DAYS = 3 * 365
CUSTOMERS = 500_000
COMPANIONS = 2_000
_PORTION = 500_000
_HOUR = 3_600_000_000
_TABLES = ("orders", "assignment", "rating", "offer", "journal", "journal_line", "event")

_DICE = """
    CREATE TABLE dice (id INTEGER PRIMARY KEY, customer_id INT, companion_id INT, other_id INT,
        game_id INT, kind TEXT, at INT, minutes INT, amount INT, tip INT, rating INT, late INT)
"""
_PEOPLE = """
INSERT INTO customer (id, store_id, no, nick, name, gender, city, channel, note, registered_on,
    blocked, do_not_contact, minor, custom, order_count, keys, created_at, version)
WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :customers)
SELECT id, 1, printf('C%07d', id), 'N' || id, '', 'unknown',
    json_extract('["上海","北京","广州","深圳","成都","杭州","武汉","西安",""]',
        '$[' || (id * 7919 % 9) || ']'),
    json_extract('["wechat","qq","douyin","kuaishou","channels","app","referral","other"]',
        '$[' || (id * 104729 % 8) || ']'),
    '', NULL, 0, 0, 0, '{}', 0, '', :begin + id * (:now - :begin) / :customers, 1 FROM n;
INSERT INTO companion (id, store_id, no, nick, gender, level_id, rate_fen, share_bp, presence, tags,
    note, custom, active, created_at, version)
WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :companions)
SELECT id, 1, printf('P%05d', id), 'K' || id, 'female', 1 + id % 5, 6000, 8000, 'offline', '[]', '',
    '{}', 1, :begin, 1 FROM n;
INSERT INTO companion_skill SELECT c.id, g.id, NULL, 'R' || ((c.id + g.id) % 6)
    FROM companion c JOIN game g ON (c.id + g.id) % 3 = 0;
"""
_ORDERS = """
INSERT INTO orders (id, store_id, no, status, customer_id, game_id, kind, billing_unit, mode,
    places, demands, planned_minutes, billed_minutes, rate_fen, amount_fen, price_agreed, paid_fen,
    tip_fen, note, created_at, due_at, accepted_at, started_at, finished_at, completed_at,
    cancelled_at, cancel_reason, created_by, custom, version)
SELECT id, 1, 'D' || id, iif(id % 33 = 0, 'cancelled', 'completed'), customer_id, game_id, kind,
    'hourly', 'auto', 1, '{}', minutes, minutes, 6000, amount, 0, amount, tip, '',
    at - (minutes + 10) * 60000000, at - (minutes + 7) * 60000000,
    at - (minutes + 8 - late * 3) * 60000000, at - minutes * 60000000, at - 60000000,
    iif(id % 33 = 0, NULL, at), iif(id % 33 = 0, at, NULL), '', 'li', '{}', 6 FROM dice;
INSERT INTO assignment (id, store_id, order_id, companion_id, place, share_bp, accepted_at,
    ended_at, outcome)
SELECT id, 1, id, companion_id, 1, 8000, at - (minutes + 8) * 60000000, at, 'finished'
    FROM dice WHERE id % 33;
INSERT INTO rating (store_id, order_id, companion_id, overall, comment, rated_at)
SELECT 1, id, companion_id, rating, '', at FROM dice WHERE id % 33 AND rating > 0;
INSERT INTO offer (store_id, round_id, order_id, companion_id, state, score, parts, sent_at,
    expires_at, answered_at, reason, place)
SELECT 1, id, id, companion_id, 'accepted', 0.5, '{}', at - (minutes + 9) * 60000000, at, at, '', 1
    FROM dice WHERE id % 33;
INSERT INTO offer (store_id, round_id, order_id, companion_id, state, score, parts, sent_at,
    expires_at, answered_at, reason)
SELECT 1, id, id, other_id, 'declined', 0.4, '{}', at - (minutes + 9) * 60000000, at, at, ''
    FROM dice WHERE id % 33 AND id % 5 = 0 AND other_id <> companion_id;
INSERT INTO journal_line (journal_id, position, store_id, account, subject_id, channel, amount_fen)
SELECT id * 3 + n, p, 1, account, iif(account = 'prepaid', customer_id,
    iif(account = 'companion_payable', companion_id, 0)), iif(account = 'channel', 'wechat', ''),
    CASE account WHEN 'channel' THEN iif(n, tip, amount) WHEN 'prepaid' THEN iif(n, amount, -amount)
        WHEN 'revenue' THEN amount * 8 / 10 - amount
        WHEN 'tip_revenue' THEN tip * 9 / 10 - tip
        ELSE iif(n = 1, -(amount * 8 / 10), -(tip * 9 / 10)) END
FROM dice JOIN (SELECT 0 AS n, 1 AS p, 'channel' AS account UNION ALL SELECT 0, 2, 'prepaid'
    UNION ALL SELECT 1, 1, 'prepaid' UNION ALL SELECT 1, 2, 'revenue'
    UNION ALL SELECT 1, 3, 'companion_payable' UNION ALL SELECT 2, 1, 'channel'
    UNION ALL SELECT 2, 2, 'tip_revenue' UNION ALL SELECT 2, 3, 'companion_payable')
WHERE id % 33 AND (n < 2 OR tip > 0);
INSERT INTO journal (id, store_id, at, kind, "key", request_sha256, order_id, customer_id, reason,
    actor)
SELECT id * 3 + n, 1, at + iif(n = 2, 300000000, 0), kind_, kind_ || id, '', id, customer_id, '',
    'li' FROM (SELECT dice.*, n, kind_ FROM dice JOIN (SELECT 0 AS n, 'payment' AS kind_
    UNION ALL SELECT 1, 'completion' UNION ALL SELECT 2, 'tip'))
WHERE id % 33 AND (n < 2 OR tip > 0);
INSERT INTO event (store_id, seq, at, actor, kind, entity, entity_id, ref, data, prev_hash, hash)
SELECT 1, id + coalesce((SELECT max(seq) FROM event WHERE store_id = 1)
        - (SELECT min(id) - 1 FROM dice), 0), at, 'li', 'order.completed', 'order', id, 'D' || id,
    '{"version": 6}', hex(zeroblob(32)), hex(zeroblob(32)) FROM dice;
INSERT OR REPLACE INTO event_head SELECT 1, max(seq), hex(zeroblob(32)) FROM event
    WHERE store_id = 1;
DROP TABLE dice;
"""
_RATED = """
UPDATE rating SET overall = 6 - overall WHERE order_id IN
    (SELECT order_id FROM rating ORDER BY order_id DESC LIMIT :count);
INSERT INTO event (store_id, seq, at, actor, kind, entity, entity_id, ref, data, prev_hash, hash)
SELECT 1, seq + row_number() OVER (), :now, 'li', 'order.rated', 'order', order_id, 'D' || order_id,
    '{}', hex(zeroblob(32)), hex(zeroblob(32))
    FROM event_head JOIN (SELECT order_id FROM rating ORDER BY order_id DESC LIMIT :count)
    WHERE store_id = 1;
UPDATE event_head SET seq = seq + :count WHERE store_id = 1
"""


def filled(file: Path, orders: int = 5_000_000) -> Path:
    """``file`` as a studio with so many orders; one that is there already is taken as it is."""
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        open_studio(draft, clock=FixedClock(NOW), ids=SeededIds(1)).close()
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            _fill(database, orders)
        draft.rename(file)
    return file


def _fill(database: sqlite3.Connection, orders: int) -> None:
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-800000"):
        database.execute(f"PRAGMA {pragma}")
    again = _without_indexes_and_triggers(database)
    (games,) = database.execute("SELECT count(*) FROM game").fetchone()
    database.execute(_DICE)
    database.execute("BEGIN")
    for first in range(1, orders + 1, _PORTION):
        rows = _dice(first, min(_PORTION, orders - first + 1), orders, games)
        database.executemany(_THROW, rows)
    begin = to_micros(NOW - timedelta(days=DAYS))
    facts = {"begin": begin, "now": to_micros(NOW), "customers": CUSTOMERS}
    for statement in (_PEOPLE + _ORDERS).split(";\n"):
        if statement.strip():
            database.execute(statement, facts | {"companions": COMPANIONS})
    for statement in again:
        database.execute(statement)
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode=WAL")


def add(file: Path, count: int) -> None:
    """Let ``count`` more orders be completed today."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        (known,) = database.execute("SELECT max(id) FROM orders").fetchone()
        (games,) = database.execute("SELECT count(*) FROM game").fetchone()
        database.execute(_DICE)
        database.execute("BEGIN IMMEDIATE")
        database.executemany(_THROW, _dice(known + 1, count, known, games))
        for statement in _ORDERS.split(";\n"):
            if statement.strip():
                database.execute(statement)
        database.execute("COMMIT")


def rate(file: Path, count: int) -> None:
    """Let the customers of ``count`` orders, the last that were rated, change their minds."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        for statement in _RATED.split(";\n"):
            database.execute(statement, {"count": count, "now": to_micros(NOW)})
        database.execute("COMMIT")


def _without_indexes_and_triggers(database: sqlite3.Connection) -> list[str]:
    """Take away what slows writing down; answers the statements that put it back."""
    marks = ",".join("?" * len(_TABLES))
    found = database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') "
        f"AND sql IS NOT NULL AND tbl_name IN ({marks})",
        _TABLES,
    ).fetchall()
    for kind, name, _sql in found:
        database.execute(f"DROP {kind} {name}")
    return [sql for _kind, _name, sql in found]


def _dice(first: int, count: int, orders: int, games: int) -> zip[tuple[object, ...]]:
    random = np.random.default_rng(first)
    ids = np.arange(first, first + count)
    loyal = np.cumsum(habits.regulars(CUSTOMERS))
    rank = np.searchsorted(loyal, random.random(count) * loyal[-1])
    hours = np.array(habits.HOURS) / sum(habits.HOURS)
    # An order falls on its day in turn; its hour is thrown (the wall clock is UTC+8).
    day = (ids - 1) * DAYS // orders
    hour = random.choice(24, count, p=hours) - 8
    begin = to_micros(NOW.replace(hour=0, minute=0, second=0) - timedelta(days=DAYS))
    at = begin + (day * 24 + hour) * _HOUR + random.integers(0, _HOUR, count)
    kinds, odds = zip(*((kind.value, weight) for kind, weight in _KINDS), strict=True)
    kind = random.choice(len(kinds), count, p=np.array(odds) / sum(odds))
    minutes = random.integers(1, 7, count) * 30
    tips = np.where(random.random(count) < 0.2, random.choice(habits.TIPS_FEN, count), 0)
    rating = np.where(random.random(count) < 0.5, random.choice([5, 5, 5, 4, 3, 1], count), 0)
    columns = (
        *(ids, rank * 7 % CUSTOMERS + 1, random.integers(1, COMPANIONS + 1, count)),
        *(random.integers(1, COMPANIONS + 1, count), random.integers(1, games + 1, count)),
    )
    return zip(
        *(column.tolist() for column in columns),
        [kinds[each] for each in kind],
        *(each.tolist() for each in (at, minutes, minutes * 100, tips, rating)),
        (random.random(count) < 0.1).astype(int).tolist(),
        strict=True,
    )


_THROW = f"INSERT INTO dice VALUES ({','.join('?' * 12)})"
_KINDS = (
    *((OrderKind.COMPANION, 45), (OrderKind.RANK_BOOST, 20), (OrderKind.CASUAL, 12)),
    *((OrderKind.COACHING, 10), (OrderKind.VOICE, 6), (OrderKind.ESCORT, 5), (OrderKind.TRIAL, 2)),
)
