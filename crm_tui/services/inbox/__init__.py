"""Everything that waits for somebody, in one order (N1)."""
