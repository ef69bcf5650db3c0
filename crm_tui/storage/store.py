"""The store and its units of work: the only ways into the database.

``store.read()`` sees one moment; ``store.write(actor)`` commits once, at its end, rows and events
together; ``store.perform(actor, action)`` does the same, repeats the whole where the engine asks
for it, and answers a repeated idempotency key with the first answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TypeVar

from sqlalchemy import bindparam, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlmodel import Session, SQLModel, col, select
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from crm_tui.core.actor import Actor
from crm_tui.core.clock import BusinessCalendar, Clock, SystemClock
from crm_tui.core.errors import Conflict, CrmError, KeyReused, StorageProblem
from crm_tui.core.ids import IdSource, RandomSource, SecretIds
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.settings import JsonValue, definition_of, zone_of
from crm_tui.models import STUDIO, IdempotencyKey, Setting
from crm_tui.storage import events
from crm_tui.storage.dialect import Dialect, TryAgain
from crm_tui.storage.events import Recorded
from crm_tui.storage.feed import ChangeFeed
from crm_tui.storage.migrations import HEAD

Answer = TypeVar("Answer")
_ATTEMPTS = 8
TELL_OF_READING = frozenset({"export.done"})
"""Events that tell of no change: whoever may only read causes these, too."""


_SETTINGS = (
    select(Setting.key, Setting.value)
    .where(col(Setting.store_id).in_(bindparam("stores", expanding=True)))
    .order_by(col(Setting.store_id), col(Setting.version))
)


class ReadWork:
    """One consistent look at the database. Time and settings come from here, and nowhere else."""

    def __init__(self, store: Store, session: Session) -> None:
        self.store = store
        self.session = session
        self.clock = store.clock
        self._settings: dict[int, dict[str, JsonValue]] = {}

    def setting(self, key: str, store_id: int = STUDIO) -> JsonValue:
        """The value in force: the store's, else the studio's, else the default. Read once."""
        definition = definition_of(key)
        if store_id not in self._settings:
            self._settings[store_id] = self._stored_settings(store_id)
        return self._settings[store_id].get(key, definition.default)

    def _stored_settings(self, store_id: int) -> dict[str, JsonValue]:
        """All that was ever set, the later over the earlier, the store's over the studio's."""
        set_so_far = self.session.connection().execute(_SETTINGS, {"stores": {STUDIO, store_id}})
        return {key: value["value"] for key, value in set_so_far}

    def calendar(self, store_id: int = STUDIO) -> BusinessCalendar:
        """The business days of a store."""
        from datetime import time

        return BusinessCalendar(
            zone_of(self.setting("store.timezone", store_id)),
            time.fromisoformat(self.setting("store.business_day_start", store_id)),
        )


class UnitOfWork(ReadWork):
    """One change of the database, whole or not at all, with the events that tell of it."""

    def __init__(self, store: Store, session: Session, actor: Actor) -> None:
        super().__init__(store, session)
        self.actor = actor
        self.ids: IdSource = store.ids
        self.random: RandomSource = store.random
        self._recorded: list[Recorded] = []

    def record(
        self,
        kind: str,
        entity: str,
        entity_id: int,
        *,
        store_id: int,
        ref: str = "",
        changed: Mapping[str, tuple[str | None, str | None]] | None = None,
        at: datetime | None = None,
        **data: JsonValue,
    ) -> None:
        """Tell what happened. Written when the work commits.

        ``data`` are facts that may stay for ever; personal values belong into ``changed``
        (field → before, after), which can be erased. ``at`` is for a history that is brought in,
        oldest first; everything else happens when it commits. Raises :class:`Refused` for an actor
        who may only read, except where it tells that something was read.
        """
        if kind not in TELL_OF_READING:
            require(self.actor, Permission.CHANGE)
        self._recorded.append(
            Recorded(store_id, kind, entity, entity_id, ref, data, dict(changed or {}), at)
        )

    def reserve_ids(self, model: type[SQLModel], count: int) -> Sequence[int]:
        """``count`` row ids of ``model`` that nobody else gets, for rows written in bulk."""
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        return self.store.dialect.reserve_ids(self.session, table, count) if count else ()

    def next_number(self, store_id: int, series: str, count: int = 1) -> int:
        """The next number of a series (from 1); with ``count``, the first of that many."""
        last = self.session.connection().execute(
            text(
                "INSERT INTO number_series (store_id, series, last) VALUES (:store, :series, :by) "
                "ON CONFLICT (store_id, series) DO UPDATE SET last = number_series.last + :by "
                "RETURNING last"
            ),
            {"store": store_id, "series": series, "by": count},
        )
        return int(last.scalar_one()) - count + 1

    @contextmanager
    def on_violation(self, errors: Mapping[str, CrmError]) -> Iterator[None]:
        """Turn a broken unique or check constraint, by its name, into an error for people.

        The statements inside must reach the database there (``flush`` or ``execute``). A
        constraint that is not named passes through. The unit of work is over after either.
        """
        try:
            yield
            self.session.flush()
        except IntegrityError as broken:
            name = self.store.dialect.broken_constraint(broken)
            if name in errors:
                raise errors[name] from broken
            raise

    def finish(self) -> None:
        """Write the events and commit. Called by the store, at the edge, and by nobody else."""
        self.session.flush()
        if self._recorded:
            now = self.clock.now()
            events.append(
                self.session, self.store.dialect, self._recorded, now, self.actor.login, self.ids
            )
        self.session.commit()


class Store:
    """A studio's database."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        random: RandomSource | None = None,
    ) -> None:
        self.dialect = dialect
        self.clock: Clock = clock or SystemClock()
        self.ids: IdSource = ids or SecretIds()
        self.random: RandomSource = random or Random()
        self.created = False
        """This process has just made the schema."""

    @property
    def shown(self) -> str:
        """The database as it may be shown to a person."""
        return self.dialect.shown

    @contextmanager
    def read(self) -> Iterator[ReadWork]:
        """Look at one moment. Raises :class:`StorageProblem`."""
        with self._translated(), Session(self.dialect.engine, expire_on_commit=False) as session:
            yield ReadWork(self, session)

    @contextmanager
    def write(self, actor: Actor, *, steady: bool = False) -> Iterator[UnitOfWork]:
        """Change something: all of it is committed at the end, or nothing.

        ``steady`` is for one of many short steps in a row, between which others work. Raises
        :class:`StorageProblem`; :class:`TryAgain` where the whole may be repeated, which
        :meth:`perform` does by itself.
        """
        writer = self.dialect.steady if steady else self.dialect.writer
        with self._translated(), Session(writer, expire_on_commit=False) as session:
            if writer is not self.dialect.engine:
                session.connection()
            work = UnitOfWork(self, session, actor)
            yield work
            work.finish()

    def perform(
        self,
        actor: Actor,
        action: Callable[[UnitOfWork], Answer],
        *,
        key: str | None = None,
        request: JsonValue = None,
        steady: bool = False,
    ) -> Answer:
        """Run ``action`` in a unit of work of its own and answer what it returns; ``steady`` as
        for :meth:`write`.

        The whole is repeated where the engine gave up for the sake of another transaction. With a
        ``key``, the answer (which must be JSON) is kept: the same key answers the same again and
        does nothing; with another ``request`` it raises :class:`KeyReused`.
        """

        def once() -> Answer:
            try:
                with self.write(actor, steady=steady) as work:
                    return _keyed(work, action, key, request) if key else action(work)
            except (StorageProblem, KeyReused):
                raise
            except CrmError as refused:
                # The same request may have won the race that this one lost.
                if key and self.is_answered(key):
                    raise _being_answered(self) from refused
                raise

        attempts = Retrying(
            retry=retry_if_exception_type(TryAgain),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.02, max=1),
            reraise=True,
        )
        return attempts(once)

    def is_answered(self, key: str) -> bool:
        """Whether a request with this idempotency key has its answer already."""
        with self.read() as work:
            return work.session.get(IdempotencyKey, key) is not None

    def feed(self, after: dict[int, int] | None = None) -> ChangeFeed:
        """A feed of what anybody commits from now on, or after the given numbers."""
        return ChangeFeed(self, after)

    def compact(self) -> None:
        """Write the database anew without what was deleted. Raises :class:`StorageProblem`."""
        with self._translated():
            self.dialect.compact()

    def close(self) -> None:
        """Give all connections back."""
        self.dialect.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise Conflict(what=_("The record")) from error
        except DBAPIError as error:
            known = self.dialect.problem(error)
            if known is None:
                raise
            raise known from error


def _keyed(
    work: UnitOfWork, action: Callable[[UnitOfWork], Answer], key: str, request: JsonValue
) -> Answer:
    asked = json.dumps(request, sort_keys=True, default=str)
    sha256 = hashlib.sha256(asked.encode()).hexdigest()
    known = work.session.get(IdempotencyKey, key)
    if known:
        if known.request_sha256 != sha256:
            raise KeyReused(key=key)
        return known.answer["answer"]  # type: ignore[no-any-return]
    answer = action(work)
    work.session.add(
        IdempotencyKey(
            key=key,
            request_sha256=sha256,
            answer={"answer": answer},
            actor=work.actor.login,
            at=work.clock.now(),
        )
    )
    with work.on_violation({"pk_idempotency_key": _being_answered(work.store)}):
        pass
    return answer


def _being_answered(store: Store) -> TryAgain:
    return TryAgain(database=store.shown, why=_("the same request is being answered."))


def open_store(
    target: str | Path,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    random: RandomSource | None = None,
) -> Store:
    """The store at a file or URL, made or brought up to date where needed.

    Raises :class:`StorageProblem` where it can't be opened, is not ours, or is newer than this
    program.
    """
    dialect = dialect_for(target)
    store = Store(dialect, clock=clock, ids=ids, random=random)
    with store._translated():
        dialect.prepare()
        if schema_revision(dialect) != HEAD:
            from crm_tui.storage.migrations.upgrade import upgrade

            store.created = upgrade(dialect)
    return store


def dialect_for(target: str | Path) -> Dialect:
    """The engine behind a path, ``sqlite:///…`` or ``postgresql://…``."""
    name = str(target)
    if "://" not in name:
        from crm_tui.storage.sqlite import SQLite

        return SQLite(Path(name).expanduser().absolute())
    try:
        url = make_url(name)
    except (ArgumentError, ValueError) as error:
        raise StorageProblem(database=name, why=_("that is not a database address.")) from error
    if url.get_backend_name() == "sqlite" and url.database:
        from crm_tui.storage.sqlite import SQLite

        return SQLite(Path(url.database).absolute())
    if url.get_backend_name() in ("postgresql", "postgres"):
        try:
            from crm_tui.storage.postgres import PostgreSQL
        except ImportError as error:
            why = _("PostgreSQL needs its driver: pip install “crm-tui[postgres]”.")
            raise StorageProblem(database=url.render_as_string(), why=why) from error

        return PostgreSQL(url)
    why = _("only SQLite files and postgresql:// addresses are supported.")
    raise StorageProblem(database=url.render_as_string(), why=why)


def schema_revision(dialect: Dialect) -> str | None:
    """The revision of the schema that is there; None in an empty database."""
    with dialect.engine.connect() as connection:
        if not dialect.engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
