"""Every contact with a customer, and what was noted of it (A6)."""
