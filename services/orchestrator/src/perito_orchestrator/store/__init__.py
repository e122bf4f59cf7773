"""All SQL of Perito, by concern. What is above this package speaks of analyses, leases and messages, never of rows."""
