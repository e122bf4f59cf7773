"""Rules on books that must agree with each other. One SQL file each; its header says what it means."""
