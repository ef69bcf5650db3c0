"""Money: the books, splits, settlement, bills, membership."""
