"""What runs the trials of the folder above, keeps their records and writes their tables into the documentation."""
