"""Twenty thousand made-up requests, each answered as the API description tells, none by a fault of the server."""

import asyncio
import tempfile
from pathlib import Path

from tests.fuzz.served import fuzzed
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "fuzz"
SOURCES = (
    "docs/openapi.json",
    "services/edge/src/**/*.py",
    "services/orchestrator/src/**/*.py",
    "tests/fuzz/*.py",
    "tests/trials/fuzz.py",
)
REQUESTS = 20_000


def run(seed: int, say: Say) -> Figures:
    """See `Trial`."""
    say(f"{REQUESTS} requests from seed {seed}, half of them against the description")
    with tempfile.TemporaryDirectory(prefix="perito-fuzz-") as folder:
        found = asyncio.run(fuzzed(REQUESTS, seed, Path(folder), say))
    by_status: dict[str, int] = {}
    for (_, status), count in sorted(found.answers.items()):
        by_status[str(status)] = by_status.get(str(status), 0) + count
    figures: Figures = {
        "requests": found.requests,
        "operations": len({operation for operation, _ in found.answers}),
        "answers_by_status": dict(sorted(by_status.items())),
        "failures": len(found.failures),
    }
    if found.failures:
        raise TrialFailed(found.told(), figures)
    return figures
