"""Processes of a test's own (racers, workers), forked from one that has the services loaded.

Started from nothing, each would spend a second on imports before it does anything.
"""

from __future__ import annotations

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "psycopg",
        "crm_tui.services.clocks.upkeep",
        "crm_tui.services.clocks.jobs",
        "crm_tui.services.dispatch.actions",
        "crm_tui.services.money.refunds",
        "crm_tui.services.orders.actions",
        "crm_tui.services.upkeep.opening",
        "crm_tui.storage.postgres",
        "crm_tui.storage.sqlite",
    ]
)
