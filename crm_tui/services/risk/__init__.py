"""Signs of trouble (B9): service far past its time, complaints, cancellations, private deals."""
