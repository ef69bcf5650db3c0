"""Attachments: every file that an interaction names lies in the data folder, and no others."""

from __future__ import annotations

from crm_tui.core.language import _, ngettext
from crm_tui.services.attachments.actions import STAYS
from crm_tui.services.attachments.folder import folder_of
from crm_tui.services.attachments.reads import missing, needed
from crm_tui.services.upkeep.findings import Finding, finding
from crm_tui.storage.store import ReadWork


def files(work: ReadWork) -> Finding:
    """Every content that a row names is there in its full length; the content itself is proved
    when it is given out."""
    promise = _("Every attachment lies in {folder}.").format(folder=folder_of(work.store).root)
    return finding("attachments.files", promise, [str(number) for number in missing(work)])


def unneeded(work: ReadWork) -> Finding:
    """Contents that nothing refers to any more: no fault, and room to be gained."""
    before = work.clock.now() - STAYS
    still = needed(work)
    folder = folder_of(work.store)
    count = sum(at < before and sha256 not in still for sha256, at in folder.contents())
    count += sum(at < before for _draft, at in folder.leftovers())
    if not count:
        return Finding("attachments.unneeded", True, _("No file lies there that nothing needs."))
    says = ngettext(
        "{count} file is no longer needed; “crm-tui customers collect” takes it away.",
        "{count} files are no longer needed; “crm-tui customers collect” takes them away.",
        count,
    )
    return Finding("attachments.unneeded", True, says.format(count=count))
