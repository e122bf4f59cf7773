"""Rules that measure how the business performs. One SQL file each; its header says what it means."""
