"""Making one record of two, on the screens that show a customer; and the list of likely pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, may
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_in_hand import CustomerInHand, CustomerRef

if TYPE_CHECKING:
    from crm_tui.commands import Command
    from crm_tui.services.duplicates.actions import MergePreview, Unmerged
    from crm_tui.storage.store import ReadWork, UnitOfWork

Merged = Callable[[int], object]
"""Told the id of the record that stays, once the merge is committed."""
_NEED_MERGE = frozenset({"customer.merge", "customer.unmerge"})


def resolve(ref: str, work: ReadWork) -> int:
    """The id of the customer that was typed; for a worker thread."""
    from crm_tui.services.customers import lookup

    return lookup.resolve(work, ref)


def preview(keep: int, other: int, work: ReadWork) -> MergePreview:
    """What a merge would do; for a worker thread."""
    from crm_tui.services.duplicates import actions

    return actions.preview(work, keep, other)


def _merge(shown: MergePreview, choose: Mapping[str, str], work: UnitOfWork) -> int:
    from crm_tui.services.duplicates import actions

    versions = shown.keep.version, shown.other.version
    return actions.merge(work, shown.keep.id, shown.other.id, choose, versions)


def _unmerge(customer_id: int, work: UnitOfWork) -> Unmerged:
    from crm_tui.services.duplicates import actions

    return actions.unmerge(work, customer_id)


class MergeCommands(CustomerInHand):
    """The commands that make one record of two, and two of one."""

    def why_not(self, command: Command) -> str | None:
        if command.id in _NEED_MERGE and self.desk is not None:
            role = self.desk.actor.role
            if not may(role, Permission.MERGE):
                return _("{role} may not merge customers.").format(role=role.label)
        return super().why_not(command)

    def customer_merge(self, other: str = "") -> None:
        customer = self.customer_in_hand()
        if customer is None:
            return
        if other:
            found = partial(self._preview_with, customer)
            self.read(partial(resolve, other), found, group="merge")
        else:
            self._pick_other(customer)

    def customer_unmerge(self) -> None:
        customer = self.customer_in_hand()
        if customer is not None:
            self.write(
                partial(_unmerge, customer.id),
                _("{no}: the merge was taken back").format(no=customer.no),
            )

    def duplicates_list(self) -> None:
        from crm_tui.screens.duplicates_list import DuplicatesDialog

        self.app.push_screen(DuplicatesDialog(self))

    def preview_merge(self, keep: int, other: int, then: Merged | None = None) -> None:
        """Show what a merge would do; the person decides there."""
        from crm_tui.screens.dialogs.merge import MergeDialog

        def ask(shown: MergePreview) -> None:
            dialog = MergeDialog(shown, partial(self.preview_merge, other, keep, then))
            self.open_dialog(dialog, lambda choose: self._merge_now(shown, choose, then))

        self.read(partial(preview, keep, other), ask, group="merge")

    def _pick_other(self, customer: CustomerRef) -> None:
        from crm_tui.screens.dialogs.merge_pick import MergePick

        self.open_dialog(MergePick(self, customer), partial(self._preview_with, customer))

    def _preview_with(self, customer: CustomerRef, other: int) -> None:
        self.preview_merge(customer.id, other, self._show_kept)

    def _show_kept(self, keep: int) -> None:
        self.console.go_to(Visit(self.PLACE, keep))

    def _merge_now(
        self, shown: MergePreview, choose: Mapping[str, str], then: Merged | None
    ) -> None:
        from crm_tui.screens.desk import Undo

        title = _("{other} went into {keep}").format(other=shown.other.no, keep=shown.keep.no)

        def done(_merge_id: Any) -> None:
            if then:
                then(shown.keep.id)

        self.write(
            partial(_merge, shown, choose),
            title,
            undo=Undo(title, partial(_unmerge, shown.other.id)),
            then=done,
        )
