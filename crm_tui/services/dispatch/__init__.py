"""Who serves an order: eligibility, ranking with reasons, rounds of offers."""
