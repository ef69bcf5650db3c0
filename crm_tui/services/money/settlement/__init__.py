"""Settling with the companions: freeze, batches of a store, approval, payout, statements."""
