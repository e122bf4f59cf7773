"""Canonical tables, and the model, checks and engine of rules."""
