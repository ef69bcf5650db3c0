"""What a filter line can ask of customers, as conditions on columns: the base is too large for
memory. Free words mean what they mean in the look-up (:mod:`candidates`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

from sqlalchemy import ColumnElement, Float, String, and_, cast, false, func, not_, or_, select
from sqlmodel import SQLModel

from crm_tui.core.errors import Refused
from crm_tui.core.language import N_, _
from crm_tui.core.words import (
    Gender,
    IdentityKind,
    OrderStatus,
    Role,
    Segment,
    SourceChannel,
    Word,
)
from crm_tui.services.customers.candidates import words as looked_up
from crm_tui.services.customers.keys import words_of
from crm_tui.services.customers.segments import in_segments
from crm_tui.services.fields.definition import Definition
from crm_tui.services.fields.filtering import kind_of, names_of
from crm_tui.services.fields.reads import visible
from crm_tui.services.filters import columns
from crm_tui.services.filters.columns import ColumnField, Where
from crm_tui.services.filters.rules import called
from crm_tui.services.filters.values import Has, Kind, Nothing, Test, Within
from crm_tui.storage.store import ReadWork

_TABLES = SQLModel.metadata.tables
_CUSTOMER, _IDENTITY, _ORDER = (_TABLES[n] for n in ("customer", "customer_identity", "orders"))
_TAG, _TAGGED, _OPERATOR = (_TABLES[n] for n in ("tag", "customer_tag", "operator"))
_KEY, _STORE = _TABLES["customer_key"], _TABLES["store"]


def fields(work: ReadWork, role: Role | None) -> tuple[ColumnField, ...]:
    """The fields of customers under their names in both languages, then the custom fields that
    ``role`` may see."""
    own = (*_texts(), *_identities(), *_words(work), *_measures())
    taken = {name.casefold() for field in own for name in field.names}
    return (*own, *(_custom(each, taken) for each in visible(work, "customer", role)))


def free_word(work: ReadWork, test: Has) -> Where:
    """The customers whom a word fits as in the look-up; a phrase in quotes stands somewhere in
    their names or note as it is."""
    if " " in test.text:
        return or_(*(columns.holds(_CUSTOMER.c[name], test) for name in ("nick", "name", "note")))
    parts = []
    for word in looked_up(work, words_of(test.typed)):
        keyed = _CUSTOMER.c.id.in_(select(_KEY.c.customer_id).where(or_(*word.spans)))
        among = or_(keyed, _CUSTOMER.c.id.in_(word.owners)) if word.owners else keyed
        parts.append(and_(among, word.fits()))
    return and_(*parts) if parts else false()


def _texts() -> tuple[ColumnField, ...]:
    named = (
        (called(N_("number"), "no", "编号"), _CUSTOMER.c.no),
        (called(N_("nickname"), "nick"), _CUSTOMER.c.nick),
        (called(N_("name")), _CUSTOMER.c.name),
        (called(N_("city")), _CUSTOMER.c.city),
        (called(N_("note")), _CUSTOMER.c.note),
    )
    return tuple(ColumnField(names, columns.texts(column)) for names, column in named)


def _identities() -> tuple[ColumnField, ...]:
    return tuple(ColumnField(_names(kind), partial(_identity, kind)) for kind in IdentityKind)


def _names(kind: IdentityKind) -> tuple[str, ...]:
    """As people call it where that is one word, in the language in force first."""
    label = kind.label.casefold()
    first = kind.value if " " in label else label
    return tuple(dict.fromkeys((first, *kind.spellings)))


def _identity(kind: IdentityKind, test: Test) -> Where:
    theirs = select(_IDENTITY.c.customer_id)
    if isinstance(test, Nothing):
        # The cast keeps SQLite from fetching most rows one by one through the index on kind.
        return _CUSTOMER.c.id.not_in(theirs.where(cast(_IDENTITY.c.kind, String) == kind.value))
    held = columns.holds(_IDENTITY.c.normalised, test)
    return _CUSTOMER.c.id.in_(theirs.where(_IDENTITY.c.kind == kind, held))


def _words(work: ReadWork) -> tuple[ColumnField, ...]:
    gender = columns.words(_CUSTOMER.c.gender, Gender)
    channel = columns.words(_CUSTOMER.c.channel, SourceChannel)
    connection = work.session.connection()

    def tags() -> Iterable[str]:
        return connection.scalars(select(_TAG.c.name).order_by(_TAG.c.name)).all()

    def owners() -> Iterable[str]:
        return connection.scalars(select(_OPERATOR.c.login).order_by(_OPERATOR.c.login)).all()

    return (
        ColumnField(called(N_("tag"), "tags"), _tagged, values=tags),
        ColumnField(called(N_("gender")), gender, values=_labels(Gender)),
        ColumnField(
            called(N_("source"), "channel", "渠道"), channel, values=_labels(SourceChannel)
        ),
        ColumnField(
            called(N_("tier"), "segment", "分层"), partial(_tier, work), values=_labels(Segment)
        ),
        ColumnField(called(N_("owner"), "归属", "负责人"), _owned, values=owners),
        ColumnField(called(N_("store"), "门店"), _of_store),
        *(
            ColumnField(names, columns.flag(column), Kind.FLAG)
            for names, column in (
                (called(N_("blocked")), _CUSTOMER.c.blocked),
                (called(N_("do-not-contact"), "do_not_contact"), _CUSTOMER.c.do_not_contact),
                (called(N_("minor")), _CUSTOMER.c.minor),
            )
        ),
    )


def _labels(vocabulary: type[Word]) -> Callable[[], list[str]]:
    return lambda: [word.label for word in vocabulary]


def _tagged(test: Test) -> Where:
    theirs = select(_TAGGED.c.customer_id)
    if isinstance(test, Nothing):
        return _CUSTOMER.c.id.not_in(theirs)
    meant = select(_TAG.c.id).where(columns.holds(_TAG.c.name, test))
    return _CUSTOMER.c.id.in_(theirs.where(_TAGGED.c.tag_id.in_(meant)))


def _owned(test: Test) -> Where:
    if isinstance(test, Nothing):
        return _CUSTOMER.c.owner_id.is_(None)
    held = or_(*(columns.holds(_OPERATOR.c[name], test) for name in ("login", "name")))
    meant = _CUSTOMER.c.owner_id.in_(select(_OPERATOR.c.id).where(held))
    return and_(_CUSTOMER.c.owner_id.is_not(None), meant)


def _of_store(test: Test) -> Where:
    return _CUSTOMER.c.store_id.in_(select(_STORE.c.id).where(columns.holds(_STORE.c.name, test)))


def _tier(work: ReadWork, test: Test) -> Where:
    if not isinstance(test, Has):
        return false()
    return in_segments(work, columns.meant(test, Segment))


def _measures() -> tuple[ColumnField, ...]:
    named = (
        (called(N_("orders"), "订单数", "单数"), _CUSTOMER.c.order_count, Kind.NUMBER),
        (called(N_("last-order"), "last", "最近"), _CUSTOMER.c.last_order_at, Kind.INSTANT),
        (called(N_("added"), "created"), _CUSTOMER.c.created_at, Kind.INSTANT),
        (called(N_("registered")), _CUSTOMER.c.registered_on, Kind.DAY),
    )
    spent = ColumnField(called(N_("spent")), _spent, Kind.MONEY)
    plain = (ColumnField(names, columns.values(column), kind) for names, column, kind in named)
    return (spent, *plain)


def _spent(test: Test) -> Where:
    """By the sum of completed orders, in fen; all sums are made at once, not one a customer."""
    if not isinstance(test, Within):
        return false()
    total = func.sum(_ORDER.c.amount_fen)
    completed = select(_ORDER.c.customer_id).where(_ORDER.c.status == OrderStatus.COMPLETED)
    sums = completed.group_by(_ORDER.c.customer_id)
    fits = columns.within(total, test)
    if 0 in test:
        return _CUSTOMER.c.id.not_in(sums.having(not_(fits)))
    return _CUSTOMER.c.id.in_(sums.having(fits))


def _custom(definition: Definition, taken: set[str]) -> ColumnField:
    """A custom field, by its label, its key, or ``custom.KEY`` where those are taken."""
    return ColumnField(
        tuple(name for name in names_of(definition) if name.casefold() not in taken),
        _custom_test(definition),
        kind_of(definition),
        lambda: definition.choices,
    )


def _custom_test(definition: Definition) -> Callable[[Test], Where]:
    stored = _CUSTOMER.c.custom[definition.key]
    kind = definition.kind
    if kind == "formula":
        return partial(_refuse, definition)
    if kind == "switch":
        return columns.flag(stored.as_boolean())
    if kind in ("integer", "decimal", "rating", "money"):
        return columns.values(cast(stored.as_string(), Float), float)
    if kind == "date":
        return columns.values(stored.as_string(), date.isoformat)
    if kind == "choices":
        return partial(_chosen, stored.as_string(), definition.choices)
    return columns.texts(stored.as_string())


def _chosen(stored: ColumnElement[str], choices: tuple[str, ...], test: Test) -> Where:
    """Among several choices; the list lies there as JSON, every choice in quotes."""
    if isinstance(test, Nothing):
        return stored.is_(None)
    if not isinstance(test, Has):
        return false()
    fits = str.__eq__ if test.exact else str.__contains__
    meant = [choice for choice in choices if fits(choice.casefold(), test.text)]
    return or_(false(), *(stored.contains(json.dumps(each), autoescape=True) for each in meant))


def _refuse(definition: Definition, _test: Test) -> Where:
    why = _("“{field}” is computed when it is shown; a filter can’t ask for it.")
    raise Refused(why=why.format(field=definition.label))
