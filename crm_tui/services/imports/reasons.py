"""Why a cell or a row was not taken, or was taken with a remark: codes for scripts, sentences
for people."""

from __future__ import annotations

from crm_tui.core.language import N_, _

REASONS: dict[str, str] = {
    # the cell
    "phone_damaged": N_(
        "The spreadsheet shortened this number and its digits are lost. "
        "Format the column as text and enter it again."
    ),
    "number_damaged": N_(
        "More than 15 digits in a number cell: the last ones are lost. "
        "Format the column as text and enter it again."
    ),
    "text_damaged": N_("The file's encoding damaged this text."),
    "phone_invalid": N_("Not a mobile number of 11 digits."),
    "bad_date": N_("Not a date that can be read."),
    "bad_duration": N_("Not a duration such as 1.5, 90分钟 or 2小时."),
    "bad_amount": N_("Not an amount in yuan."),
    "negative_amount": N_("An amount can't be negative here."),
    "bad_share": N_("Not a share between 0 % and 100 %."),
    "bad_rating": N_("Not a rating from 1 to 5."),
    "unknown_status": N_("Not a state of an order that is known here."),
    "identity_invalid": N_("Not an id that this channel gives out."),
    "field_value": N_("Not a value of this custom field."),
    "field_taken": N_("Another record has this value of a unique field."),
    "too_long": N_("Too long for this field."),
    "unknown_word": N_("Not a word that bills use in this column."),
    # the row
    "empty": N_("Nothing that says who or what this row is."),
    "missing_customer": N_("The row does not say whose order it is."),
    "missing_date": N_("The row does not say when."),
    "missing_amount": N_("The row does not say how much."),
    "missing_nick": N_("The row has no nickname."),
    "missing_companion": N_("An order in this state needs a companion."),
    "cut_off": N_("The file ends in the middle of this row."),
    # what the row refers to
    "unknown_customer": N_("No customer has this."),
    "unknown_order": N_("No order has this number."),
    "ambiguous_customer": N_("Several customers have this nickname."),
    "ambiguous_companion": N_("Several companions have this nickname."),
    "conflicting_identities": N_("One of the row's identities belongs to another customer."),
    "duplicate_order_no": N_("Another row of this file has the same number and says otherwise."),
    "companion_busy": N_("This companion already has an order that is open."),
    "refund_too_large": N_("More is refunded than was paid."),
    "duplicate_payment": N_("This outside number is already booked for another payment."),
    "exists": N_("Already there, and rows that exist were to be rejected."),
    "moved_on": N_("The order was worked on since it was imported; the file no longer decides."),
    # remarks on rows that were taken
    "game_added": N_("A game that was not known: added."),
    "level_added": N_("A level that was not known: added."),
    "companion_added": N_("A companion who was not known: added."),
    "kind_unknown": N_("A kind of service that is not known: taken as companionship."),
    "source_unknown": N_("A channel that is not known: taken as other."),
    "discounted": N_("Less was paid than the amount: taken as a discount."),
    "looks_alike": N_("Taken, but looks like a customer who is stored already: merge the two?"),
    "balance_kept": N_("A balance comes with new customers only: the books know this one."),
    "shortened": N_("Too long: shortened."),
}
"""One sentence for every code."""


def reason(code: str) -> str:
    """The sentence for ``code`` in the language in force."""
    return _(REASONS[code])


class BadCell(ValueError):
    """A cell that can't be taken; ``code`` is one of :data:`REASONS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
