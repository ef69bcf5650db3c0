"""The schema's history (Alembic). ``HEAD`` is known without loading Alembic: start-up is fast."""

HEAD = "0007"
"""The newest revision; a test holds it against the scripts."""
