"""Says where the books do not reconcile."""
