"""Alembic's entry point; always runs on the connection that ``upgrade`` holds."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import crm_tui.models  # noqa: F401  (fills the metadata)
from crm_tui.models.base import with_conditions

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=with_conditions(SQLModel.metadata),
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
