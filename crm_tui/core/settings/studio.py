"""The settings of the studio itself: its days, its people, its mail."""

from __future__ import annotations

from crm_tui.core.hours import ALWAYS
from crm_tui.core.language import N_
from crm_tui.core.settings.definition import SettingDefinition
from crm_tui.core.settings.values import (
    address_or_nothing,
    clock_time,
    hours,
    line,
    line_or_nothing,
    one_of,
    whole,
    zone,
)

DEFINITIONS = (
    SettingDefinition(
        "store.name", "", line, N_("a name of up to 200 characters"), N_("Name of the studio")
    ),
    SettingDefinition(
        "store.business_day_start",
        "06:00",
        clock_time,
        N_("a time such as 06:00"),
        N_("When a business day begins, on the local clock"),
    ),
    SettingDefinition(
        "store.timezone",
        "Asia/Shanghai",
        zone,
        N_("a time zone such as Asia/Shanghai"),
        N_("Time zone of the store"),
    ),
    SettingDefinition(
        "store.business_hours",
        ALWAYS,
        hours,
        N_("always, 10:00-02:00, or by weekday: 1-5 14:00-02:00, 6-7 10:00-04:00"),
        N_("When the store is open: outside of it no customer's answer falls due"),
    ),
    SettingDefinition(
        "attachments.largest_mb",
        20,
        whole(1, 1024),
        N_("a whole number of megabytes, 1 to 1024"),
        N_("The largest file that can be attached, in megabytes"),
    ),
    SettingDefinition(
        "mail.host",
        "",
        line_or_nothing,
        N_("the name of a server such as smtp.example.com; - for none"),
        N_("The mail server (SMTP) that reports are sent through"),
    ),
    SettingDefinition(
        "mail.port",
        587,
        whole(1, 65_535),
        N_("a whole number, 1 to 65535"),
        N_("The mail server's port: mostly 587 with starttls, 465 with tls"),
    ),
    SettingDefinition(
        "mail.tls",
        "starttls",
        one_of("starttls", "tls", "none"),
        N_("starttls, tls or none"),
        N_("How the way to the mail server is encrypted"),
    ),
    SettingDefinition(
        "mail.user",
        "",
        line_or_nothing,
        N_("a user name; - for none"),
        N_("Who logs in to the mail server; the password is in CRM_TUI_SMTP_PASSWORD"),
    ),
    SettingDefinition(
        "mail.sender",
        "",
        address_or_nothing,
        N_("an e-mail address; - for none"),
        N_("The address that reports come from"),
    ),
)
