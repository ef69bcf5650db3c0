"""Setting a setting: a new version, never a change of the old one."""

from __future__ import annotations

from sqlmodel import func, select

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.settings import JsonValue, parse_setting
from crm_tui.models import STUDIO, CompanionLevel, Setting
from crm_tui.storage.store import UnitOfWork


def set_setting(work: UnitOfWork, key: str, text: str, store_id: int = STUDIO) -> JsonValue:
    """Let ``key`` be what ``text`` means, for the studio or one store; answers the value.

    Raises :class:`~crm_tui.core.errors.NotFound` for an unknown key or level, and
    :class:`~crm_tui.core.errors.Invalid` for a text that is none of its values.
    """
    value = parse_setting(key, text)
    if key == "dispatch.ladder":
        _known_levels(work, value)
    before = work.setting(key, store_id)
    newest = select(func.max(Setting.version)).where(
        Setting.store_id == store_id, Setting.key == key
    )
    version = (work.session.exec(newest).one() or 0) + 1
    if version > 1 and value == before:
        return value
    row = Setting(
        store_id=store_id,
        key=key,
        version=version,
        value={"value": value},
        set_at=work.clock.now(),
        set_by=work.actor.login,
    )
    work.session.add(row)
    work.session.flush()
    assert row.id is not None
    work.record(
        "setting.changed",
        "setting",
        row.id,
        store_id=store_id,
        ref=key,
        version=version,
        before=before,
        after=value,
    )
    return value


def _known_levels(work: UnitOfWork, tiers: JsonValue) -> None:
    """That every level of a ladder exists: a tier of none would only cost its time."""
    known = set(work.session.exec(select(CompanionLevel.code)))
    for code in (code for tier in tiers for code in tier["levels"]):
        if code not in known:
            raise NotFound(what=_("level"), ref=code)
