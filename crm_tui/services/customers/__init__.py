"""Customers: identities, look-up as one types, profiles, tags, custom fields."""
