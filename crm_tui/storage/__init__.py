"""Where the truth lies: units of work, the event log, the change feed, migrations."""
