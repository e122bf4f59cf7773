"""Writes what the trial `accuracy` measured of each rule's precision where rules take their confidence from:
`python -m tests.accuracy.precision [--check]`.

It is the lower bound of the precision in the middle cell of the grid, rounded down to hundredths, of rules that told
enough there to say so; of others the confidence stays that of a rule that was not measured.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from math import floor
from pathlib import Path
from typing import cast

import perito_kernel
from perito_kernel.precision import PLACE
from pydantic import JsonValue

from tests.accuracy.grid import share_of
from tests.trials.harness import record

FILE = Path(perito_kernel.__file__).with_name(PLACE)
ENOUGH = 20
"""Findings of a rule below which its precision says nothing."""


def text(rows: Sequence[JsonValue]) -> str:
    """The whole file, from the rows of the grid."""
    read = cast(Sequence[Mapping[str, JsonValue]], rows)
    shares = {str(row["rule"]): share_of(row["precision"]) for row in read}
    bounds = {rule: share.interval[0] for rule, share in sorted(shares.items()) if share.trials >= ENOUGH}
    return json.dumps({rule: f"{floor(100 * bound) / 100:.2f}" for rule, bound in bounds.items()}, indent=1) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes, or with --check compares and says what to do."""
    measured = record.load("accuracy")
    wanted = text(cast(Sequence[JsonValue], measured.figures.get("grid", [])) if measured else [])
    if "--check" not in arguments:
        FILE.write_text(wanted, encoding="utf-8")
        return 0
    if FILE.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{FILE.name} is not what docs/trials/accuracy.json says: run ./taskw generate\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
