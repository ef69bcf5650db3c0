"""How a pasted text and what was understood of it look: marked stretches, one line a piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_letters
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _, joined
from crm_tui.screens.pickers import customer_line
from crm_tui.widgets.text import fit, fit_content, shown

if TYPE_CHECKING:
    from crm_tui.services.customers.lookup import CustomerHit
    from crm_tui.services.paste.drafting import PastedOrder, Understood

SHOWN_TEXT = 2_000
"""Characters of the text that are shown marked; the pieces are listed whole."""
_LABEL_CELLS, _MEANING_CELLS = 12, 22
_MARK = "bold reverse"


def marks(pasted: PastedOrder) -> list[tuple[str, Understood]]:
    """The pieces with the letter that each is marked by; an unsure one has a question mark."""
    return [
        (ascii_letters[number % len(ascii_letters)] + ("" if each.piece.sure else "?"), each)
        for number, each in enumerate(pasted.understood)
    ]


def marked_text(pasted: PastedOrder) -> Content:
    """The text, each understood stretch underlined behind its letter."""
    text = pasted.reading.text[:SHOWN_TEXT]
    parts: list[Content] = []
    at = 0
    for letter, each in marks(pasted):
        piece = each.piece
        if piece.part == "note" or piece.start >= len(text):
            continue
        if piece.start >= at:
            parts.append(_lines(text[at : piece.start]))
        parts.append(Content.styled(letter, _MARK))
        if piece.end > at:
            parts.append(_lines(text[max(piece.start, at) : piece.end], "underline"))
            at = piece.end
    return Content("").join([*parts, _lines(text[at:])])


def _lines(text: str, style: str = "") -> Content:
    """A stretch of the text as content, its line breaks kept."""
    return Content("\n").join([shown(line, style, limit=SHOWN_TEXT) for line in text.split("\n")])


def piece_lines(pasted: PastedOrder) -> Content:
    """What was understood, piece by piece; then what was read and not taken, and the rest."""
    lines = [
        Content(" ").join((Content.styled(fit(letter, 2), _MARK), *_columns(each)))
        for letter, each in marks(pasted)
        if each.piece.part != "note"
    ]
    lines += [
        Content(" ").join((Content("- "), *_columns(each), Content(_("not taken"))))
        for each in pasted.left_out
    ]
    lines += [shown(remark, "bold") for remark in _remarks(pasted)]
    note = pasted.fields.get("note")
    if note is not None:
        lines.append(shown(_("Note: {text}").format(text=note.text)))
    return Content("\n").join(lines)


def _columns(each: Understood) -> Iterator[Content]:
    yield Content(fit(each.piece.part.label, _LABEL_CELLS))
    yield fit_content(shown(each.meaning), _MEANING_CELLS)
    how = f"“{each.words}” {each.piece.how.label}"
    yield shown(how, "" if each.piece.sure else "bold")


def _remarks(pasted: PastedOrder) -> Iterator[str]:
    if pasted.reading.several:
        yield _("! More than one order stands here: only the first was read.")
    if pasted.places > 1:
        yield _("{count} companions serve the order together.").format(count=pasted.places)
    if pasted.reading.clipped:
        yield _("! The text is too long; its end was not read.")
    found = pasted.companion
    if found is not None and found.id is None:
        yield f"! {pasted.fields['companion'].text}: {pasted.fields['companion'].why}"


def customer_head(pasted: PastedOrder) -> Content:
    """Who the customer is taken to be, and why; or that somebody has to say."""
    match = pasted.customer
    if match.hit is not None:
        by = joined(part.label for part in match.by)
        text = _("Customer {nick}, by {what}").format(nick=match.hit.nick, what=by)
        if match.confirm:
            text += " " + _("– please make sure")
    elif match.candidates:
        text = _("Which customer? Nobody is matched for certain.")
    else:
        text = _("Nobody like that yet.")
    remarks = [shown(f"! {remark}", "bold") for remark in match.remarks]
    return Content("\n").join([shown(text, "bold"), *remarks])


def people(pasted: PastedOrder) -> list[tuple[str, Content]]:
    """Whom one can choose, by option id: ``c<customer id>``, ``new``, ``form``."""
    match = pasted.customer
    hits: Sequence[CustomerHit] = ((match.hit,) if match.hit else ()) + match.candidates
    found = [(f"c{hit.id}", customer_line(hit)) for hit in hits]
    new = match.new
    known = " ".join((new.nick, *(kind.label for kind in new.identities)))
    found.append(("new", shown(_("New customer: {known}").format(known=known or "–"))))
    found.append(("form", Content(_("Choose in the form"))))
    return found


def preselected(pasted: PastedOrder) -> str:
    """The option that holds where nobody chooses: never one of several."""
    match = pasted.customer
    if match.hit is not None:
        return f"c{match.hit.id}"
    return "form" if match.candidates else "new"
