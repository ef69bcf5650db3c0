"""Where the demo studio lies: made when it is not there, and anew when its evening is over."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

from sqlmodel import select

from crm_tui.core.clock import Clock
from crm_tui.core.errors import Refused
from crm_tui.core.ids import SeededIds
from crm_tui.core.language import _
from crm_tui.models import Customer, Order
from crm_tui.services.demo.build import Progress, Size, build, built_at, is_current
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

_BESIDE = ("", "-wal", "-shm")
"""What SQLite leaves beside a database."""


def ready(
    target: str | Path,
    *,
    size: Size | None = None,
    seed: int = 1,
    reset: bool = False,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> bool:
    """See to it that a demo studio of the running business day lies at ``target``.

    One of an earlier day is made anew, as is any with ``reset``. Answers whether it was made.
    Raises :class:`Refused` where another studio lies there: the demo never touches one.
    """
    store = _open(target, seed, clock)
    try:
        with store.read() as work:
            built = built_at(work)
            current = is_current(work)
            used = any(work.session.exec(select(one).limit(1)).first() for one in _OURS)
        if built is None and used:
            why = _("{database} holds a studio of its own; the demo never touches it.")
            raise Refused(why=why.format(database=store.shown), reason="not_a_demo")
        if current and not reset:
            return False
    finally:
        store.close()
    if used:
        _remove(target, store)
    store = _open(target, seed, clock)
    try:
        build(store, size, progress)
    finally:
        store.close()
    return True


_OURS = (Customer.id, Order.id)


def _open(target: str | Path, seed: int, clock: Clock | None) -> Store:
    return open_studio(target, clock=clock, ids=SeededIds(seed), random=Random(seed))


def _remove(target: str | Path, store: Store) -> None:
    file = Path(target)
    if not file.is_file():
        why = _("{database} holds an earlier demo; empty the database first.")
        raise Refused(why=why.format(database=store.shown), reason="not_empty")
    for ending in _BESIDE:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    for folder in (store.dialect.attachments, store.dialect.figures):
        shutil.rmtree(folder, ignore_errors=True)
