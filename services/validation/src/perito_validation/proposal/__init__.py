"""Proposes a mapping for books that come without one, and says how sure it is, why, and what it could not know."""
