"""Tags: words that customers are marked with, by hand or by a rule (A4)."""
