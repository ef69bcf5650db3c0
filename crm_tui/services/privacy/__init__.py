"""A person's own data: seen in full with a reason, handed over as one file, forgotten."""
