"""Alembic's entry point; always runs on the connection that ``upgrade`` holds."""

from __future__ import annotations

from alembic import context

from crm_tui.models.base import with_conditions
from crm_tui.models.every import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=with_conditions(METADATA),
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
