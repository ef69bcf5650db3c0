"""Posting: the only way into the books.

A journal is posted once under its key, whole, with the balances that it changes, in the unit of
work of what it tells of. The database refuses one that does not balance, any change of one that
is posted, and balances beyond zero where :mod:`crm_tui.models.ledger` has it so.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlmodel import SQLModel, col

from crm_tui.core.errors import KeyReused, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import Account, JournalKind
from crm_tui.models.ledger import Journal, LedgerBalance
from crm_tui.storage.dialect import TryAgain
from crm_tui.storage.store import UnitOfWork

Place = tuple[int, str, int, str]
"""Where a balance is kept: store, account, subject, channel."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount on one account: debit positive, credit negative, in fen."""

    account: Account
    amount_fen: int
    subject_id: int = 0
    """The companion or customer whose account it is; 0 for the studio's own."""
    channel: str = ""
    """A :class:`~crm_tui.core.words.PayChannel`: where the money lies."""
    available_on: date | None = None
    """The first business day on which a companion may be paid this."""

    def reversed(self) -> Entry:
        """The same on the other side."""
        return Entry(
            self.account, -self.amount_fen, self.subject_id, self.channel, self.available_on
        )


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal before it is posted. ``at`` is when it happened, now where it is not given."""

    kind: JournalKind
    entries: Sequence[Entry]
    key: str
    store_id: int
    at: datetime | None = None
    order_id: int | None = None
    payment_id: int | None = None
    companion_id: int | None = None
    customer_id: int | None = None
    batch_id: int | None = None
    bill_line_id: int | None = None
    reverses_id: int | None = None
    reason: str = ""

    def sha256(self) -> str:
        """Of what is asked for: who asks, when and why may differ when it is repeated."""
        about = (self.order_id, self.payment_id, self.companion_id, self.customer_id,
                 self.batch_id, self.bill_line_id, self.reverses_id)  # fmt: skip
        lines = [
            (entry.account, entry.amount_fen, entry.subject_id, entry.channel, entry.available_on)
            for entry in self.entries
            if entry.amount_fen
        ]
        asked = json.dumps([self.kind, self.store_id, about, lines], default=str)
        return hashlib.sha256(asked.encode()).hexdigest()


_JOURNALS = SQLModel.metadata.tables["journal"]
_LINES = SQLModel.metadata.tables["journal_line"]
_BALANCES = SQLModel.metadata.tables["ledger_balance"]
_HEAD = (
    *("id", "store_id", "at", "kind", "key", "request_sha256", "order_id", "payment_id"),
    *("companion_id", "customer_id", "batch_id", "bill_line_id", "reverses_id", "reason", "actor"),
)
_LINE = (
    *("journal_id", "position", "store_id", "account", "subject_id", "channel", "amount_fen"),
    "available_on",
)
_AMOUNT = _LINE.index("amount_fen")
_POSTED: Any = select(col(Journal.key), col(Journal.id), col(Journal.request_sha256))
_KNOWN = _POSTED.where(col(Journal.key) == bindparam("one"))
"""By one key: several are asked for in one parameter."""
_AT_PLACE = (
    (col(LedgerBalance.store_id) == bindparam("of_store"))
    & (col(LedgerBalance.account) == bindparam("of_account"))
    & (col(LedgerBalance.subject_id) == bindparam("of_subject"))
    & (col(LedgerBalance.channel) == bindparam("of_channel"))
)
_ADD = (
    update(_BALANCES)
    .where(_AT_PLACE)
    .values(balance_fen=col(LedgerBalance.balance_fen) + bindparam("more"))
)
_FIRST = text(
    "INSERT INTO ledger_balance (store_id, account, subject_id, channel, balance_fen) "
    "VALUES (:of_store, :of_account, :of_subject, :of_channel, :more) "
    "ON CONFLICT (store_id, account, subject_id, channel) "
    "DO UPDATE SET balance_fen = ledger_balance.balance_fen + excluded.balance_fen"
)
_ABOUT = (
    *("at", "order_id", "payment_id", "companion_id", "customer_id", "batch_id", "bill_line_id"),
    "reason",
)
"""What a journal that is posted again or taken back keeps."""
_HEADS: Any = select(_JOURNALS)
_ENTRIES: Any = select(_LINES.c.journal_id, *(_LINES.c[name] for name in Entry.__slots__)).order_by(
    _LINES.c.journal_id, _LINES.c.position
)
_FEW = 20
"""Journals that are written by prepared statements; more go the engine's fastest way in."""
_BOUNDS = ("ck_ledger_balance_never_debit", "ck_ledger_balance_never_credit")


def post(
    work: UnitOfWork,
    kind: JournalKind,
    entries: Sequence[Entry],
    *,
    key: str,
    store_id: int,
    at: datetime | None = None,
    order_id: int | None = None,
    payment_id: int | None = None,
    companion_id: int | None = None,
    customer_id: int | None = None,
    batch_id: int | None = None,
    bill_line_id: int | None = None,
    reverses_id: int | None = None,
    reason: str = "",
) -> int:
    """Post one journal and answer its id; the same ``key`` answers the same id and does nothing.

    Entries of 0 fen are left out; where none is left nothing is posted, and the answer is 0.
    Raises :class:`KeyReused` for a key that was used for something else, :class:`Refused` where
    an account would go beyond zero. Entries that don't sum to zero are a mistake of ours:
    ``ValueError``.
    """
    posting = Posting(
        kind, entries, key, store_id, at, order_id, payment_id, companion_id, customer_id,
        batch_id, bill_line_id, reverses_id, reason,
    )  # fmt: skip
    return post_many(work, [posting])[0]


def post_many(work: UnitOfWork, postings: Sequence[Posting]) -> list[int]:
    """Post journals, in their order, and answer their ids, as :func:`post` does for one.

    The balances change by their sums, so that what one journal takes another may have brought.
    """
    asked = {posting.key: posting.sha256() for posting in postings}
    if len(asked) != len(postings):
        raise ValueError("one key for several journals")
    ids = _known(work, asked)
    fresh = [
        posting
        for posting in postings
        if posting.key not in ids and any(entry.amount_fen for entry in posting.entries)
    ]
    if fresh:
        work.store.dialect.share_books(work.session)
    ids |= zip(
        (posting.key for posting in fresh), work.reserve_ids(Journal, len(fresh)), strict=True
    )
    _write(work, [(ids[posting.key], asked[posting.key], posting) for posting in fresh])
    return [ids.get(posting.key, 0) for posting in postings]


def reverse(
    work: UnitOfWork, journal_id: int, *, key: str, reason: str, payment_id: int | None = None
) -> int:
    """Take a journal back by its opposite, which is posted now; answers the new journal's id.
    It is of ``payment_id`` where that is given, else of the payment of the one taken back.

    Raises :class:`NotFound`, and :class:`Refused` for one that was taken back before.
    """
    (taken,) = _posted(work, [journal_id])
    again = Refused(why=_("this booking was taken back before."), reason="reversed")
    back = _opposite(journal_id, taken, key, None, reason)
    if payment_id is not None:
        back = replace(back, payment_id=payment_id)
    with work.on_violation({"uq_journal_reverses": again}):
        return post_many(work, [back])[0]


def reverse_many(work: UnitOfWork, journal_ids: Sequence[int], *, reason: str) -> None:
    """Take journals back, all together, as if they had never been: at the time of each.

    Raises as :func:`reverse`.
    """
    taken = zip(journal_ids, _posted(work, journal_ids), strict=True)
    post_many(work, [_opposite(each, was, f"back:{each}", was.at, reason) for each, was in taken])


def relocate(work: UnitOfWork, wanted: Sequence[tuple[int, str, datetime]], *, reason: str) -> None:
    """Let these journals have their money in the channel and at the time named with each: those
    that have not are taken back and posted again, both at once: what the money paid for since is
    not missed in between."""
    posted = _posted(work, [one[0] for one in wanted])
    for (journal_id, channel, at), was in zip(wanted, posted, strict=True):
        entries = [
            replace(entry, channel=str(channel)) if entry.channel else entry
            for entry in was.entries
        ]
        if entries != was.entries or at != was.at:
            back = _opposite(journal_id, was, f"back:{journal_id}", was.at, reason)
            key = f"{was.key}~moved{journal_id}"
            post_many(work, [back, replace(was, entries=entries, at=at, key=key)])


def _posted(work: UnitOfWork, journal_ids: Sequence[int]) -> list[Posting]:
    """These journals as they were posted. Raises :class:`NotFound`."""
    connection, among = work.session.connection(), work.store.dialect.among
    heads = {
        row.id: row for row in connection.execute(_HEADS.where(among(_JOURNALS.c.id, journal_ids)))
    }
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    for of, *line in connection.execute(_ENTRIES.where(among(_LINES.c.journal_id, journal_ids))):
        entries[of].append(Entry(*line))
    found = []
    for journal_id in journal_ids:
        if (head := heads.get(journal_id)) is None:
            raise NotFound(what=_("journal"), ref=journal_id)
        about = {name: getattr(head, name) for name in _ABOUT}
        found.append(Posting(head.kind, entries[journal_id], head.key, head.store_id, **about))
    return found


def _opposite(journal_id: int, was: Posting, key: str, at: datetime | None, reason: str) -> Posting:
    return replace(
        was,
        kind=JournalKind.REVERSAL,
        entries=[entry.reversed() for entry in was.entries],
        key=key,
        at=at,
        reverses_id=journal_id,
        reason=reason,
    )


def _known(work: UnitOfWork, asked: Mapping[str, str]) -> dict[str, int]:
    """The journals that are posted under these keys. Raises :class:`KeyReused`."""
    connection, keys = work.session.connection(), list(asked)
    if len(keys) == 1:
        rows = connection.execute(_KNOWN, {"one": keys[0]})
    else:
        among = work.store.dialect.among(_JOURNALS.c.key, keys)
        rows = connection.execute(_POSTED.where(among))
    found: dict[str, int] = {}
    for key, journal_id, sha256 in rows:
        if asked[key] != sha256:
            raise KeyReused(key=key)
        found[key] = journal_id
    return found


def _write(work: UnitOfWork, fresh: Sequence[tuple[int, str, Posting]]) -> None:
    """The lines, then their heads, then the balances."""
    if not fresh:
        return
    now, actor = work.clock.now(), work.actor.login
    lines: list[tuple[Any, ...]] = []
    heads: list[tuple[Any, ...]] = []
    sums: defaultdict[Place, int] = defaultdict(int)
    for journal_id, sha256, posting in fresh:
        heads.append(_head(journal_id, sha256, posting, now, actor))
        for place, line in _lines(journal_id, posting):
            lines.append(line)
            sums[place] += line[_AMOUNT]
    again = TryAgain(database=work.store.shown, why=_("the same booking is being made."))
    with work.on_violation({"uq_journal_key": again}):
        _insert(work, _LINES, _LINE, lines, len(fresh))
        _insert(work, _JOURNALS, _HEAD, heads, len(fresh))
    _add(work, sums)


def _head(
    journal_id: int, sha256: str, posting: Posting, now: datetime, actor: str
) -> tuple[Any, ...]:
    return (
        journal_id, posting.store_id, posting.at or now, posting.kind, posting.key, sha256,
        posting.order_id, posting.payment_id, posting.companion_id, posting.customer_id,
        posting.batch_id, posting.bill_line_id, posting.reverses_id, posting.reason, actor,
    )  # fmt: skip


def _lines(journal_id: int, posting: Posting) -> Iterator[tuple[Place, tuple[Any, ...]]]:
    """The rows of a journal's lines, each with the place of the balance that it changes."""
    entries = [entry for entry in posting.entries if entry.amount_fen]
    if sum(entry.amount_fen for entry in entries):
        raise ValueError(f"{posting.key} does not balance: {entries}")
    for position, entry in enumerate(entries, start=1):
        place = (posting.store_id, entry.account.value, entry.subject_id, str(entry.channel))
        yield place, (journal_id, position, *place, entry.amount_fen, entry.available_on)


def _insert(
    work: UnitOfWork, table: Table, names: Sequence[str], rows: list[tuple[Any, ...]], of: int
) -> None:
    if of > _FEW:
        work.store.dialect.insert_rows(work.session, table, names, rows)
        return
    named = [dict(zip(names, row, strict=True)) for row in rows]
    work.session.connection().execute(insert(table), named)


def _add(work: UnitOfWork, sums: Mapping[Place, int]) -> None:
    """Bring the balances up to date, always in the same order, so that nobody waits in a circle.

    The row is changed where there is one: an insert on conflict would be held against the bounds
    by the change alone. Raises :class:`Refused`.
    """
    connection = work.session.connection()
    for place, more in sorted(sums.items()):
        if more:
            with work.on_violation(dict.fromkeys(_BOUNDS, _beyond_zero(place, more))):
                change = {**_named(place), "more": more}
                if not connection.execute(_ADD, change).rowcount:
                    connection.execute(_FIRST, change)


def _beyond_zero(place: Place, more: int) -> Refused:
    _store_id, account, subject_id, _channel = place
    why = _("{account}: there is less than the ¥{amount} that would be taken.").format(
        account=Account(account).label, amount=yuan(abs(more))
    )
    return Refused(why=why, reason="beyond_zero", account=account, subject_id=subject_id)


def _named(place: Place) -> dict[str, Any]:
    return dict(zip(("of_store", "of_account", "of_subject", "of_channel"), place, strict=True))
