"""Settings: data with versions."""
