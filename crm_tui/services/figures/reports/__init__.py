"""Reports of one's own, without code: measures, group, filter, period, chart (H6)."""
