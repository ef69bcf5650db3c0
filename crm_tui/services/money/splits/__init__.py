"""Who gets what of an order: rules that are data with versions, and the line that explains it."""
