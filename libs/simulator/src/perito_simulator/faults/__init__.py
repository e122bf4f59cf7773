"""Faults that are planted in made-up books, each told in the truth that lies beside them.

A kind of fault knows the rule that should tell it and what it costs; it knows nothing of how that rule works. Plants do
not undo each other: each takes the products at the places that it touches, and no other plant touches those again.
"""
