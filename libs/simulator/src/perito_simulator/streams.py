"""Streams of chance. Each part of the world draws from its own, so that one that draws more changes no other."""

import numpy as np

NAMES = (
    "entities",
    "prices",
    "demand",
    "promotions",
    "tills",
    "returns",
    "waste",
    "purchasing",
    "transfers",
    "counting",
    "opening",
    "faults",
    "styles",
    "cash",
    "recounts",
    "posting",
    "corrections",
)
"""A new stream goes to the end: the place in this list is its seed."""


def streams_of(seed: int) -> dict[str, np.random.Generator]:
    """One generator per name, spawned from `seed` (0 or more)."""
    spawned = np.random.SeedSequence(seed).spawn(len(NAMES))
    return {name: np.random.Generator(np.random.PCG64(child)) for name, child in zip(NAMES, spawned, strict=True)}
