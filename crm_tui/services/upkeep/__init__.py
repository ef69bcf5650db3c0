"""Upkeep: verified back-ups, restoring them, and the proof that the database agrees with itself."""
