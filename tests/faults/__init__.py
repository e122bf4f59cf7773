"""What breaks a running Perito on purpose, and what looks afterwards whether anything was lost."""
