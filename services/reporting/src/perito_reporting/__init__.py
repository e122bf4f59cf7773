"""Folds findings into cases, ranks them and writes the report."""
