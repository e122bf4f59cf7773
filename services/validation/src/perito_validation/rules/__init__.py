"""Rules of the validation phase, one SQL file each."""
