"""Computes the key figures of the business, with their denominators and coverage."""
