"""All tables: importing this fills the metadata."""

from sqlmodel import SQLModel

from crm_tui.models import (  # noqa: F401
    alarms,
    bills,
    bookkeeping,
    companions,
    contacts,
    customers,
    dispatch,
    events,
    games,
    imports,
    ledger,
    members,
    orders,
    payments,
    persons,
    reports,
    settlement,
    splits,
    studio,
    views,
)

METADATA = SQLModel.metadata
"""Every table of the studio."""
