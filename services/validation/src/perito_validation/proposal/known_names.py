"""Headers of names that can stand for the codes of what they name, and the columns in which they can."""

from collections.abc import Sequence
from functools import cache

from perito_rules.canonical import load_canonical

from perito_validation.proposal.words import vocabulary

KNOWN_BY_NAME = frozenset(("suppliers", "products"))


@cache
def names_of(parent: str) -> frozenset[str]:
    """The headers of a master's name that say whose it is: `vendor_name`, not `company`."""
    name = load_canonical()[parent].columns["name"]
    entities = vocabulary().entities[parent]
    phrases = (*name.synonyms_en, *name.synonyms_es)
    return frozenset(p for p in phrases if any(word.concepts & entities for word in vocabulary().words(p)))


@cache
def referring_to(parent: str) -> Sequence[tuple[str, str]]:
    """The columns of other tables that refer to a master table."""
    tables = load_canonical().values()
    return [(t.name, c.name) for t in tables for c in t.columns.values() if c.references.startswith(f"{parent}.")]
