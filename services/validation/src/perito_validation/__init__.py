"""Turns files of any dialect into canonical tables, without losing a row, and says what cannot be trusted."""
