"""The weights of the score in force, with the version that an offer keeps."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import OrderKind
from crm_tui.models import STUDIO, Setting
from crm_tui.services.dispatch.rules import Weights
from crm_tui.storage.store import ReadWork

KEY = "dispatch.weights"


def read_weights(work: ReadWork, store_id: int) -> Weights:
    """The weights of a store, else the studio's, else the default, which is version 0."""
    newest = (
        select(col(Setting.version))
        .where(col(Setting.key) == KEY, col(Setting.store_id).in_({STUDIO, store_id}))
        .order_by(col(Setting.store_id).desc(), col(Setting.version).desc())
        .limit(1)
    )
    version = work.session.connection().execute(newest).scalar() or 0
    return weights_of(version, work.setting(KEY, store_id))


def weights_of(version: int, value: Mapping[str, float | Mapping[str, float]]) -> Weights:
    """What a stored value means: weights by part, and by order kind those that differ."""
    kinds = {name: told for name, told in value.items() if isinstance(told, Mapping)}
    parts = {name: told for name, told in value.items() if not isinstance(told, Mapping)}
    return Weights(version, parts, {OrderKind(name).value: kinds[name] for name in kinds})
