"""Small value types without dependencies: money, time, ids, errors, text, language."""
