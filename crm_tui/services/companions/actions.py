"""The writes to a companion: each does one thing and records its event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.language import _, joined
from crm_tui.core.text import fold
from crm_tui.core.words import Gender, Presence
from crm_tui.models import (
    STUDIO,
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    Order,
    Reservation,
)
from crm_tui.services.catalogue.reads import ranks
from crm_tui.services.companions.rules import (
    NUMBER_SERIES,
    NewCompanion,
    Skill,
    checked_presence,
    checked_rate,
    checked_share,
    companion_no,
)
from crm_tui.services.customers.rules import (
    PhoneProblem,
    checked_nick,
    checked_tag,
    checked_text,
    mask_phone,
    normalise_phone,
)
from crm_tui.services.fields import values as fields
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import UnitOfWork

LONGEST_NOTE = 20_000
LONGEST_REASON = 200


def add(work: UnitOfWork, new: NewCompanion) -> int:
    """Add a companion, offline, and answer the id.

    Raises :class:`Invalid`, :class:`NotFound` for an unknown level or game, :class:`Duplicate`
    for a phone that another companion has.
    """
    level = _level(work, new.level_id)
    rate = new.rate_fen if new.rate_fen is not None else level.rate_fen if level else 0
    share = new.share_bp if new.share_bp is not None else level.share_bp if level else 8000
    companion = Companion(
        store_id=new.store_id,
        no=companion_no(work.next_number(STUDIO, NUMBER_SERIES)),
        nick=checked_nick(new.nick),
        phone=_phone(new.phone),
        gender=new.gender,
        level_id=new.level_id,
        rate_fen=checked_rate(rate),
        share_bp=checked_share(share),
        tags=[checked_tag(tag) for tag in new.tags],
        note=checked_text(_("Note"), new.note, LONGEST_NOTE),
        created_at=work.clock.now(),
    )
    _keep(work, companion)
    assert companion.id is not None
    _set_skills(work, companion.id, new.skills)
    companion.custom = fields.begin(work, "companion", companion.id, new.custom)
    changed: dict[str, tuple[str | None, str | None]] = {"nick": (None, companion.nick)}
    if companion.phone:
        changed["phone"] = (None, companion.phone)
    work.record(
        "companion.added",
        "companion",
        companion.id,
        store_id=companion.store_id,
        ref=companion.no,
        changed=changed,
        rate_fen=companion.rate_fen,
        share_bp=companion.share_bp,
    )
    return companion.id


def edit(
    work: UnitOfWork,
    companion_id: int,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> None:
    """Change ``nick phone gender level_id rate_fen share_bp tags note active skills``, a custom
    field as ``custom.KEY``.

    ``skills`` replaces all skills. Raises :class:`NotFound`, :class:`Invalid`,
    :class:`Duplicate`, :class:`Refused` for somebody who leaves with an order in hand, and
    :class:`Conflict` where the version is no longer the expected one.
    """
    companion = hold(work, companion_id)
    if expected_version not in (None, companion.version):
        raise Conflict(what=companion.no, version=companion.version)
    changed: dict[str, tuple[str | None, str | None]] = {}
    facts: dict[str, Any] = {}
    custom, plain = fields.parted(changes)
    if custom:
        stored = companion.custom
        companion.custom = fields.change(work, "companion", companion_id, stored, custom)
        changed |= fields.differences(stored, companion.custom)
    for name, value in plain.items():
        if name == "skills":
            _set_skills(work, companion_id, value)
            facts["skills"] = len(value)
            continue
        before, after = getattr(companion, name, None), _read(work, name, value)
        if before == after:
            continue
        if name == "active" and not after:
            _refuse_if_needed(work, companion)
        setattr(companion, name, after)
        if name in ("nick", "phone", "note"):
            changed[name] = (before, after)
        else:
            facts[name] = after
    if not changed and not facts:
        return
    companion.version += 1
    _keep(work, companion)
    work.record(
        "companion.edited",
        "companion",
        companion_id,
        store_id=companion.store_id,
        ref=companion.no,
        changed=changed,
        **facts,
    )


def set_presence(work: UnitOfWork, companion_id: int, presence: Presence, reason: str = "") -> None:
    """Say that a companion is idle, resting or offline; the same again does nothing.

    Raises :class:`Invalid` for a presence that is derived from orders, :class:`Refused` for going
    offline with an order in hand, :class:`NotFound`.
    """
    companion = hold(work, companion_id)
    checked_presence(presence)
    reason = checked_text(_("Reason"), reason, LONGEST_REASON)
    if presence is companion.presence:
        return
    if presence is Presence.OFFLINE:
        _refuse_if_bound(work, companion)
    before, companion.presence = companion.presence, presence
    companion.presence_since = work.clock.now()
    companion.version += 1
    work.session.add(companion)
    work.session.flush()
    work.record(
        "companion.presence",
        "companion",
        companion_id,
        store_id=companion.store_id,
        ref=companion.no,
        changed={"reason": (None, reason)} if reason else None,
        before=before.value,
        after=presence.value,
    )


def retire(work: UnitOfWork, companion_id: int, reason: str = "") -> None:
    """Take a companion off the roster; what they did stays. Somebody who has left stays so.

    Raises :class:`NotFound`, and :class:`Refused` for an order in hand or one they are kept for.
    """
    companion = hold(work, companion_id)
    reason = checked_text(_("Reason"), reason, LONGEST_REASON)
    if companion.active:
        _refuse_if_needed(work, companion)
        companion.presence = Presence.OFFLINE
        _set_active(work, companion, active=False, reason=reason)


def take_back(work: UnitOfWork, companion_id: int) -> None:
    """Put a companion who left on the roster again, offline. Raises :class:`NotFound`."""
    companion = hold(work, companion_id)
    if not companion.active:
        _set_active(work, companion, active=True)


def _set_active(work: UnitOfWork, companion: Companion, *, active: bool, reason: str = "") -> None:
    companion.active = active
    companion.version += 1
    work.session.add(companion)
    work.session.flush()
    assert companion.id is not None
    work.record(
        "companion.returned" if active else "companion.left",
        "companion",
        companion.id,
        store_id=companion.store_id,
        ref=companion.no,
        changed={"reason": (None, reason)} if reason else None,
    )


def hold(work: UnitOfWork, companion_id: int) -> Companion:
    """The companion, held until the work commits: no order can be bound to them meanwhile.

    Raises :class:`NotFound`.
    """
    companion = work.session.get(
        Companion, companion_id, with_for_update=True, populate_existing=True
    )
    if companion is None:
        raise NotFound(what=_("companion"), ref=str(companion_id))
    return companion


def _refuse_if_bound(work: UnitOfWork, companion: Companion) -> None:
    in_hand = work.session.exec(
        select(Order.no)
        .join(Assignment, col(Assignment.order_id) == Order.id)
        .where(Assignment.companion_id == companion.id, col(Assignment.ended_at).is_(None))
    ).first()
    if in_hand is not None:
        why = _("{companion} has {order} in hand; finish it or hand it over first.")
        shown = why.format(companion=companion.nick, order=in_hand)
        raise Refused(why=shown, reason="serving", order=in_hand)


def _refuse_if_needed(work: UnitOfWork, companion: Companion) -> None:
    """Who leaves has no order in hand, and is kept for none."""
    _refuse_if_bound(work, companion)
    promised = work.session.exec(
        select(Order.no)
        .join(Reservation, col(Reservation.order_id) == Order.id)
        .where(Reservation.companion_id == companion.id, col(Order.status).in_(WAITING))
    ).first()
    if promised is not None:
        why = _("{companion} is kept for {order}; give it to another first.")
        shown = why.format(companion=companion.nick, order=promised)
        raise Refused(why=shown, reason="kept", order=promised)


def _keep(work: UnitOfWork, companion: Companion) -> None:
    """Write the row; who has the phone already is said by name."""
    owner = _("another companion")
    if companion.phone:
        with work.session.no_autoflush:
            known = work.session.exec(
                select(Companion).where(
                    Companion.phone == companion.phone, col(Companion.id) != (companion.id or 0)
                )
            ).first()
        owner = f"{known.nick} ({known.no})" if known else owner
        if known:
            raise _phone_taken(companion.phone, owner)
    work.session.add(companion)
    with work.on_violation({"uq_companion_phone": _phone_taken(companion.phone or "", owner)}):
        work.session.flush()


def _phone_taken(phone: str, owner: str) -> Duplicate:
    return Duplicate(field=_("Phone"), value=mask_phone(phone), owner=owner)


def _phone(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return normalise_phone(text)
    except PhoneProblem as problem:
        raise Invalid(field=_("Phone"), value=text, expected=problem.expected) from problem


def _level(work: UnitOfWork, level_id: int | None) -> CompanionLevel | None:
    if level_id is None:
        return None
    level = work.session.get(CompanionLevel, level_id)
    if level is None:
        raise NotFound(what=_("level"), ref=str(level_id))
    return level


def _read(work: UnitOfWork, name: str, value: Any) -> Any:
    """The value of a plain field. Raises :class:`Invalid`."""
    match name:
        case "nick":
            return checked_nick(str(value))
        case "phone":
            return _phone(str(value or ""))
        case "gender":
            if value in tuple(Gender):
                return Gender(value)
            raise Invalid(field=_("Gender"), value=value, expected=joined(Gender))
        case "level_id":
            _level(work, value)
            return value
        case "rate_fen":
            return checked_rate(_number(_("Price"), value))
        case "share_bp":
            return checked_share(_number(_("Share"), value))
        case "tags":
            return [checked_tag(tag) for tag in value]
        case "note":
            return checked_text(_("Note"), str(value), LONGEST_NOTE)
        case "active":
            return bool(value)
    known = "nick, phone, gender, level_id, rate_fen, share_bp, tags, note, active, skills"
    raise Invalid(field=name, value=value, expected=known)


def _number(field: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Invalid(field=field, value=value, expected=_("a whole number")) from None


def _set_skills(work: UnitOfWork, companion_id: int, skills: Iterable[Skill]) -> None:
    """Make these the companion's skills; a rank that a ladder has is tied to it."""
    work.session.connection().execute(
        delete(CompanionSkill).where(col(CompanionSkill.companion_id) == companion_id)
    )
    for skill in {each.game_id: each for each in skills}.values():
        wanted = fold(skill.rank)
        rank = next((row for row in ranks(work, skill.game_id) if fold(row.name) == wanted), None)
        work.session.add(
            CompanionSkill(
                companion_id=companion_id,
                game_id=skill.game_id,
                rank_id=rank.id if rank else None,
                rank_text=skill.rank,
            )
        )
    work.session.flush()
