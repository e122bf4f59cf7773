"""Rules on what resembles error, loss or fraud. One SQL file each; its header says what it means."""
