"""The weights of the score in force, with the version that an offer keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.models import STUDIO, Setting
from crm_tui.services.dispatch.rules import Weights
from crm_tui.storage.store import ReadWork

KEY = "dispatch.weights"
_VERSION = (
    select(col(Setting.version))
    .where(
        col(Setting.key) == KEY,
        col(Setting.store_id).in_(bindparam("stores", expanding=True)),
    )
    .order_by(col(Setting.store_id).desc(), col(Setting.version).desc())
    .limit(1)
)


def read_weights(work: ReadWork, store_id: int) -> Weights:
    """The weights of a store, else the studio's, else the default, which is version 0."""
    newest = work.session.connection().execute(_VERSION, {"stores": {STUDIO, store_id}})
    styles = work.setting("dispatch.styles", store_id)
    return weights_of(newest.scalar() or 0, work.setting(KEY, store_id), styles)


def weights_of(
    version: int, value: Mapping[str, Any], styles: Mapping[str, list[str]] | None = None
) -> Weights:
    """What stored values mean: weights by part, and by order kind those that differ."""
    return Weights(
        version,
        {name: told for name, told in value.items() if not isinstance(told, Mapping)},
        {name: told for name, told in value.items() if isinstance(told, Mapping)},
        {kind: tuple(tags) for kind, tags in (styles or {}).items()},
    )
