"""Notes and tasks: what they say of an order is said of its customer."""

from __future__ import annotations

from sqlalchemy import String, cast
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_
from crm_tui.models import Order
from crm_tui.models.contacts import Interaction, Task
from crm_tui.services.upkeep.findings import Rule


def _notes_of_others() -> SelectOfScalar[str]:
    return (
        select(cast(col(Interaction.id), String))
        .join(Order, col(Order.id) == col(Interaction.order_id))
        .where(col(Order.customer_id) != col(Interaction.customer_id))
    )


def _tasks_of_others() -> SelectOfScalar[str]:
    return (
        select(cast(col(Task.id), String))
        .join(Order, col(Order.id) == col(Task.order_id))
        .where(col(Order.customer_id).is_distinct_from(col(Task.customer_id)))
    )


RULES = (
    Rule(
        "interactions.orders", N_("Every note on an order is about its customer."), _notes_of_others
    ),
    Rule("tasks.orders", N_("Every task on an order is about its customer."), _tasks_of_others),
)
