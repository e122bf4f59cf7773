"""Says what looks like error, loss or fraud."""
