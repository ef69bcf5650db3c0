"""What makes repeated requests harmless, and numbers gapless."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from crm_tui.models.base import instant_field, json_field, reference


class IdempotencyKey(SQLModel, table=True):
    """A request that was answered: the same key gives the same answer and does nothing."""

    __tablename__ = "idempotency_key"

    key: str = Field(primary_key=True, max_length=200)
    request_sha256: str = Field(max_length=64)
    answer: dict[str, Any] = json_field()
    actor: str = Field(max_length=60)
    at: datetime = instant_field()


class NumberSeries(SQLModel, table=True):
    """A counter, such as the orders of one business day in one store."""

    __tablename__ = "number_series"

    store_id: int = reference("store.id", primary_key=True)
    series: str = Field(primary_key=True, max_length=40)
    last: int = Field(sa_type=BigInteger)
