"""Writing contacts with customers down: note, edit, remove, and the way back.

Summaries and names of files are personal: they stand beside the event log, where they can be
erased; the event tells the customer's id, channel and direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Invalid, NotFound
from crm_tui.core.language import _, joined
from crm_tui.core.words import ContactChannel, ContactDirection
from crm_tui.models import Customer, Order
from crm_tui.models.contacts import Interaction
from crm_tui.services.attachments import actions as attachments
from crm_tui.services.attachments.folder import KeptFile
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.customers.states import may_be_known, may_contact
from crm_tui.services.interactions import reads
from crm_tui.services.interactions.reads import InteractionRow
from crm_tui.storage.store import UnitOfWork

LONGEST_SUMMARY = 20_000
SKEW = timedelta(minutes=5)
"""So far another machine's clock may be ahead."""
CHANGEABLE = frozenset({"summary", "channel", "direction", "at", "order_id"})


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """A contact to write down; ``at`` is UTC and now where it is left out.

    ``files`` were taken into the data folder before (``attachments.actions.take_in``).
    """

    customer_id: int
    summary: str
    channel: ContactChannel = ContactChannel.OTHER
    direction: ContactDirection = ContactDirection.NOTE
    order_id: int | None = None
    at: datetime | None = None
    files: tuple[KeptFile, ...] = ()


def note(work: UnitOfWork, new: NewInteraction) -> int:
    """Write a contact down and answer its id.

    Raises :class:`NotFound`; :class:`Refused` for a contact by the studio with somebody who does
    not want to be contacted, and with who was erased; :class:`Invalid` for an empty summary
    without a file, a time to come, or an order of somebody else.
    """
    customer = may_be_known(work, new.customer_id)
    _check_direction(work, new.customer_id, new.direction)
    _check_order(work, new.customer_id, new.order_id)
    row = Interaction(
        store_id=customer.store_id,
        customer_id=new.customer_id,
        order_id=new.order_id,
        at=_checked_time(work, new.at or work.clock.now()),
        channel=new.channel,
        direction=new.direction,
        summary=_checked_summary(new.summary, has_files=bool(new.files)),
        noted_by=work.actor.login,
        noted_at=work.clock.now(),
    )
    work.session.add(row)
    work.session.flush()
    assert row.id is not None
    attachments.attach(work, row.id, new.files)
    _tell(work, "interaction.noted", row, changed=_written(row.summary, new.files))
    return row.id


def edit(
    work: UnitOfWork,
    interaction_id: int,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> None:
    """Change ``summary channel direction at order_id`` of an interaction.

    Raises :class:`NotFound`, :class:`Invalid`, :class:`Refused` as :func:`note` does, and
    :class:`Conflict` where the version is no longer the expected one.
    """
    row = _held(work, interaction_id, expected_version)
    before = {name: getattr(row, name) for name in changes if name in CHANGEABLE}
    for name, value in changes.items():
        setattr(row, name, _checked(work, row, name, value))
    done = [name for name, value in before.items() if getattr(row, name) != value]
    if not done:
        return
    row.version += 1
    changed = {"summary": (before["summary"], row.summary)} if "summary" in done else {}
    _tell(work, "interaction.edited", row, changed=changed, fields=sorted(done))


def remove(
    work: UnitOfWork, interaction_id: int, expected_version: int | None = None
) -> InteractionRow:
    """Take an interaction away, with its attachments; answers it as :func:`restore` takes it.

    The contents of its files stay for a while (``attachments.actions.STAYS``). Raises
    :class:`NotFound`, :class:`Conflict`.
    """
    row = _held(work, interaction_id, expected_version)
    was = reads.one(work, interaction_id)
    attachments.detach(work, was.attachments)
    changed = {"summary": (row.summary, None)}
    if was.attachments:
        changed["files"] = (_names(was.attachments), None)
    _tell(work, "interaction.removed", row, changed=changed)
    work.session.flush()
    work.session.delete(row)
    work.session.flush()
    return was


def restore(work: UnitOfWork, was: InteractionRow) -> int:
    """Put back what :func:`remove` took away, under its own id, its files with it.

    Raises :class:`Conflict` where it is there already, :class:`FileProblem` where the content of a
    file has been collected meanwhile.
    """
    if work.session.get(Interaction, was.id) is not None:
        raise Conflict(what=_("The interaction"))
    row = Interaction(
        id=was.id,
        store_id=was.store_id,
        customer_id=was.customer_id,
        order_id=was.order_id,
        at=was.at,
        channel=was.channel,
        direction=was.direction,
        summary=was.summary,
        noted_by=was.noted_by,
        noted_at=was.noted_at,
        version=was.version + 1,
    )
    work.session.add(row)
    work.session.flush()
    attachments.attach_again(work, was.id, was.attachments)
    changed = {"summary": (None, row.summary)}
    if was.attachments:
        changed["files"] = (None, _names(was.attachments))
    _tell(work, "interaction.noted", row, changed=changed, restored=True)
    return was.id


def _held(work: UnitOfWork, interaction_id: int, expected_version: int | None) -> Interaction:
    """The interaction, held against others' changes until the work commits."""
    row = work.session.get(
        Interaction, interaction_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound(what=_("interaction"), ref=str(interaction_id))
    if expected_version not in (None, row.version):
        raise Conflict(what=_("The interaction"), version=row.version)
    return row


def _checked(work: UnitOfWork, row: Interaction, name: str, value: Any) -> Any:
    """``value`` as the field ``name`` may have it."""
    if name not in CHANGEABLE:
        raise Invalid(field=name, value=value, expected=joined(sorted(CHANGEABLE)))
    if name == "summary":
        files = reads.one(work, row.id or 0).attachments
        return _checked_summary(value, has_files=bool(files))
    if name == "at":
        return _checked_time(work, value)
    if name == "order_id":
        _check_order(work, row.customer_id, value)
        return value
    if name == "direction" and value != row.direction:
        _check_direction(work, row.customer_id, value)
    return value


def _checked_summary(text: str, *, has_files: bool) -> str:
    summary = checked_text("summary", text, LONGEST_SUMMARY)
    if not summary and not has_files:
        raise Invalid(field="summary", value=text, expected=_("a text, or a file"))
    return summary


def _checked_time(work: UnitOfWork, at: datetime) -> datetime:
    if at > work.clock.now() + SKEW:
        raise Invalid(field="at", value=at.isoformat(), expected=_("a time that has been"))
    return at


def _check_direction(work: UnitOfWork, customer_id: int, direction: ContactDirection) -> None:
    if direction is ContactDirection.OUTBOUND:
        may_contact(work, customer_id)


def _check_order(work: UnitOfWork, customer_id: int, order_id: int | None) -> None:
    if order_id is None:
        return
    of = work.session.exec(select(Order.customer_id).where(col(Order.id) == order_id)).first()
    if of is None:
        raise NotFound(what=_("order"), ref=str(order_id))
    if of != customer_id:
        raise Invalid(field="order", value=order_id, expected=_("an order of this customer"))


def _written(summary: str, files: tuple[KeptFile, ...]) -> dict[str, tuple[str | None, str | None]]:
    changed: dict[str, tuple[str | None, str | None]] = {"summary": (None, summary)}
    return changed | ({"files": (None, _names(files))} if files else {})


def _names(files: Any) -> str:
    return "\n".join(file.name for file in files)


def _tell(work: UnitOfWork, kind: str, row: Interaction, *, changed: Any, **facts: Any) -> None:
    """Record the event; ``ref`` is the customer's number."""
    assert row.id is not None
    no = work.session.exec(select(Customer.no).where(Customer.id == row.customer_id)).one()
    work.record(
        kind,
        "interaction",
        row.id,
        store_id=row.store_id,
        ref=no,
        changed=changed,
        customer_id=row.customer_id,
        order_id=row.order_id,
        channel=row.channel.value,
        direction=row.direction.value,
        **facts,
    )
