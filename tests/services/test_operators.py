"""Who acts: the user of the computer, until the studio has operators."""

from __future__ import annotations

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.words import Role
from crm_tui.models import Operator
from crm_tui.services.operators.reads import actor_for
from crm_tui.storage.store import Store


def test_once_there_are_operators_one_must_be_one_of_them(
    store: Store, clock: FixedClock, manager: Actor
) -> None:
    with store.read() as work:
        assert actor_for(work, None, "root") == Actor("root", Role.ADMIN)
        assert actor_for(work, "anna", "root") == Actor("anna", Role.ADMIN)
    with store.write(manager) as work:
        work.session.add(Operator(login="anna", role=Role.OPERATOR, created_at=clock.now()))
    with store.read() as work:
        assert actor_for(work, "anna", "root") == actor_for(work, None, "anna")
        with pytest.raises(NotFound):
            actor_for(work, "bo", "root")
        with pytest.raises(Refused, match="--as"):
            actor_for(work, None, "root")
