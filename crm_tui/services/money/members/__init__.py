"""Stored value and membership: what customers paid ahead, and what that earns them (C6)."""
