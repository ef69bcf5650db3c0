"""One root for everything that can be refused or go wrong in a way a person can act on.

An error carries a ``code`` that scripts can rely on, a ``template`` from the catalogues, and the
facts. Nothing below ``cli`` and ``app`` prints; they render errors with :meth:`CrmError.message`.
"""

from __future__ import annotations

import errno
from typing import Any, ClassVar

from crm_tui.core.language import N_, _, joined
from crm_tui.core.text import clean
from crm_tui.core.words import Word

FIELD_NAMES: dict[str, str] = {
    "amount_fen": N_("Amount"),
    "at": N_("When"),
    "body": N_("Text"),
    "companion": N_("Companion"),
    "due": N_("Due"),
    "gender": N_("Gender"),
    "minutes": N_("Minutes"),
    "name": N_("Name"),
    "order": N_("Order"),
    "price_fen": N_("Agreed price"),
    "rank": N_("Rank"),
    "rating": N_("Rating"),
    "reason": N_("Reason"),
    "start": N_("Start"),
    "summary": N_("What"),
    "tags": N_("Tags"),
    "title": N_("Task"),
    "until": N_("Until"),
}
"""What a person reads for the fields that services name as scripts and forms do."""

OS_REASONS: dict[int, str] = {
    errno.ENOENT: N_("there is no such file or folder."),
    errno.ENOTDIR: N_("a part of the path is not a folder."),
    errno.EISDIR: N_("this is a folder, not a file."),
    errno.EACCES: N_("you may not read or write there."),
    errno.EPERM: N_("you may not read or write there."),
    errno.EROFS: N_("the disk can only be read."),
    errno.ENOSPC: N_("no space is left on the disk."),
    errno.EDQUOT: N_("no space is left on the disk."),
    errno.EFBIG: N_("files may not become that large here."),
    errno.ENAMETOOLONG: N_("the name is too long."),
}


def os_reason(error: OSError) -> str:
    """Why the operating system refused, in the language in force where the reason is common."""
    known = OS_REASONS.get(error.errno or 0)
    return _(known) if known else error.strerror or str(error)


class CrmError(Exception):
    """Something was refused or failed for a reason that the user can understand.

    Subclasses set ``code`` and ``template``; ``facts`` fill the template and go into the JSON.
    Facts come from people and files: the message shows them cleaned and shortened.
    """

    code: ClassVar[str] = "failed"
    template: ClassVar[str] = N_("That did not work.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def message(self) -> str:
        """The sentence for a person, in the language in force, on one line."""
        shown = {name: _shown(value) for name, value in self.facts.items()}
        if (field := shown.get("field")) in FIELD_NAMES:
            shown["field"] = _(FIELD_NAMES[field])
        return _(self.template).format_map(_Lenient(shown))

    def __str__(self) -> str:
        return self.message()


class _Lenient(dict[str, str]):
    """A missing fact shows as an ellipsis; an error must never raise another one."""

    def __missing__(self, key: str) -> str:
        return "…"


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return joined(_shown(item) for item in value)
    if isinstance(value, Word):
        return value.label
    return clean(str(value), 200)


class NotFound(CrmError):
    """What was named does not exist."""

    code = "not_found"
    template = N_("There is no {what} “{ref}”.")


class Ambiguous(CrmError):
    """What was named fits several records."""

    code = "ambiguous"
    template = N_("“{ref}” fits several: {matches}. Name one of them exactly.")


class NotAllowed(CrmError):
    """A move that the state table does not have; ``allowed`` names the moves that it has."""

    code = "not_allowed"
    template = N_("{no} is {status}; from there it can only go to: {allowed}.")


class Taken(CrmError):
    """Somebody else was first."""

    code = "taken"
    template = N_("{no} has already been taken by {by}.")


class Conflict(CrmError):
    """The record changed meanwhile, or a key was used for something else."""

    code = "conflict"
    template = N_("{what} was changed by someone else meanwhile. Look again, then repeat.")


class KeyReused(Conflict):
    """An idempotency key came back with a different request."""

    template = N_("The key “{key}” was used before for a different request.")


class Duplicate(Conflict):
    """An identity or number that already belongs to another record."""

    code = "duplicate"
    template = N_("{field} “{value}” already belongs to {owner}.")


class Invalid(CrmError):
    """A value that can't be accepted, with the field and what was expected."""

    code = "invalid"
    template = N_("{field}: “{value}” is not valid. Expected: {expected}.")


class Refused(CrmError):
    """A rule forbids it (blocked customer, minor, companion busy …); ``why`` says which."""

    code = "refused"
    template = N_("Refused: {why}")


class FileProblem(CrmError):
    """A file that can't be read or written, or is not what it should be."""

    code = "file"
    template = N_("{file}: {why}")


class StorageProblem(CrmError):
    """The database can't do it now; ``why`` says what to do."""

    code = "storage"
    template = N_("Database {database}: {why}")


class StorageBusy(StorageProblem):
    """Another process held the database for too long."""

    code = "busy"
    template = N_("Database {database} is busy with another long write. Try again in a moment.")


class StorageFull(StorageProblem):
    """No space is left; nothing was half-written."""

    code = "disk_full"
    template = N_("The disk is full. Nothing was written; free some space and try again.")
