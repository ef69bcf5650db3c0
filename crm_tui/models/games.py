"""Games and their ladders: editable data, never constants."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.models.base import NEVER_REUSED, id_field, json_field, reference


class Game(SQLModel, table=True):
    """A game that is played for pay; ``aliases`` are the other words people use for it."""

    __tablename__ = "game"
    __table_args__ = (NEVER_REUSED,)

    id: int | None = id_field()
    name: str = Field(max_length=60, unique=True)
    aliases: list[str] = json_field(list)
    position: int = 0
    active: bool = True


class Ladder(SQLModel, table=True):
    """An order of ranks within a game; a game may have several."""

    __tablename__ = "ladder"
    __table_args__ = (UniqueConstraint("game_id", "name"), NEVER_REUSED)

    id: int | None = id_field()
    game_id: int = reference("game.id")
    name: str = Field(default="", max_length=60)


class LadderRank(SQLModel, table=True):
    """One rung; ``position`` counts from the lowest."""

    __tablename__ = "ladder_rank"
    __table_args__ = (
        UniqueConstraint("ladder_id", "position"),
        UniqueConstraint("ladder_id", "name"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    ladder_id: int = reference("ladder.id")
    position: int
    name: str = Field(max_length=60)
