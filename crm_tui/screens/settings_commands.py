"""What can be done in the settings and on their pages."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"settings"})
FIELDS = frozenset({"fields"})
TAGS = frozenset({"tags"})
LEVELS = frozenset({"levels"})
SPLITS = frozenset({"split_rules"})
PAGES = PLACES | FIELDS | TAGS | LEVELS | SPLITS

COMMANDS = (
    Command(
        id="setting.change",
        title=N_("Change"),
        help=N_("Changes the setting under the cursor; every version is kept."),
        keys="e",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="setting.set",
        title=N_("Set"),
        help=N_("Sets a setting by its name: :set store.business_day_start 06:00"),
        places=PLACES,
        words=("set",),
        arguments=(Argument(N_("setting")), Argument(N_("value"), rest=True)),
    ),
    Command(
        id="page.fields",
        title=N_("Fields"),
        help=N_("The studio's own fields of customers, companions and orders."),
        keys="F",
        places=PAGES,
        words=("fields",),
        footer=True,
    ),
    Command(
        id="page.tags",
        title=N_("Tags"),
        help=N_("Groups and colours of tags, and the rules by which some come and go."),
        keys="T",
        places=PAGES,
        words=("tags",),
        footer=True,
    ),
    Command(
        id="page.levels",
        title=N_("Levels"),
        help=N_("Membership levels: what must be topped up for each, and what it gives."),
        keys="L",
        places=PAGES,
        words=("levels",),
        footer=True,
    ),
    Command(
        id="page.splits",
        title=N_("Splits"),
        help=N_("Who gets what of an order: the split rule with its versions."),
        keys="S",
        places=PAGES,
        words=("splits",),
        footer=True,
    ),
    Command(
        id="field.add",
        title=N_("Add field"),
        help=N_("Defines a field; records that exist have no value in it."),
        keys="c",
        places=FIELDS,
        footer=True,
    ),
    Command(
        id="field.edit",
        title=N_("Change"),
        help=N_("Changes the field, as far as the values that are stored allow it."),
        keys="e",
        places=FIELDS,
        footer=True,
    ),
    Command(
        id="field.archive",
        title=N_("Archive or restore"),
        help=N_("Asks for the field no longer, or again; what is stored in it stays."),
        keys="A",
        places=FIELDS,
        footer=True,
    ),
    Command(
        id="field.up",
        title=N_("Further up"),
        help=N_("Moves the field up among those of its kind of record."),
        keys="K",
        places=FIELDS,
    ),
    Command(
        id="field.down",
        title=N_("Further down"),
        help=N_("Moves the field down among those of its kind of record."),
        keys="J",
        places=FIELDS,
    ),
    Command(
        id="tags.add",
        title=N_("Add tag"),
        help=N_("Makes a tag; with a rule it goes to whom that fits."),
        keys="c",
        places=TAGS,
        footer=True,
    ),
    Command(
        id="tags.edit",
        title=N_("Change"),
        help=N_("Changes name, group, colour or rule of the tag, on everybody who carries it."),
        keys="e",
        places=TAGS,
        footer=True,
    ),
    Command(
        id="tags.merge",
        title=N_("Merge"),
        help=N_("Lets another tag stand for this one, which is gone then."),
        keys="M",
        places=TAGS,
        footer=True,
    ),
    Command(
        id="tags.remove",
        title=N_("Remove"),
        help=N_("Does away with the tag, on everybody who carries it."),
        keys="D",
        places=TAGS,
    ),
    Command(
        id="tags.refresh",
        title=N_("By the rules again"),
        help=N_("Looks at every customer again by the rules of the tags."),
        keys="R",
        places=TAGS,
    ),
    Command(
        id="level.add",
        title=N_("Add level"),
        help=N_("Makes a membership level; who has topped up enough has it at once."),
        keys="c",
        places=LEVELS,
        footer=True,
    ),
    Command(
        id="level.edit",
        title=N_("Change"),
        help=N_("Changes what the level takes and gives; orders taken keep their price."),
        keys="e",
        places=LEVELS,
        footer=True,
    ),
    Command(
        id="level.remove",
        title=N_("Remove"),
        help=N_("Does away with the level; its members fall to the one below."),
        keys="D",
        places=LEVELS,
    ),
)
