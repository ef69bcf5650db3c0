"""Orders through their whole life: the state table, the bill, the board, the moves."""
