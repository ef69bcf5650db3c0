"""What the software does, one folder a capability."""
