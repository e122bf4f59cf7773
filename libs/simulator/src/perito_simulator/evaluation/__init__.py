"""Holds a report against what was planted in the books: found, missed, false.

It lives with the simulator, which knows what a truth is, and not with the rules: it reads the tables of a report as any
stranger can, by rule id, identity, days and source rows, so no rule can help it to a better mark.
"""
