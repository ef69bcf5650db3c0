"""What must hold, one file a subject: a rule a query where that is enough."""
