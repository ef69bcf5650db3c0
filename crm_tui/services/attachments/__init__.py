"""Files that belong to interactions: kept once by their content, beside the database."""
