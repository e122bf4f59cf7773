"""The same services on one machine, and the command line."""
