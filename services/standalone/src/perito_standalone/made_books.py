"""What the commands on made-up books do: make them, tell what can be planted, hold a report against what was."""

import sys
from pathlib import Path

from perito_simulator.evaluation.score import Promise

from perito_standalone.evaluate import print_score, score_books, score_json
from perito_standalone.generate_books import Wanted, generate_books, list_kinds
from perito_standalone.guarded import guarded, plain_console


def run_generate(wanted: Wanted) -> int:
    """`perito generate`. Returns the exit code."""

    def work() -> int:
        generate_books(wanted, plain_console())
        return 0

    return guarded(work, lambda: None)


def run_list_faults() -> int:
    """`perito generate --list-faults`. Returns the exit code."""
    list_kinds(plain_console())
    return 0


def run_evaluate(books: Path, report: Path, promise: Promise, *, as_json: bool) -> int:
    """`perito evaluate`. Returns the exit code: 0 as promised, 1 not so, 2 it cannot be compared."""

    def work() -> int:
        score = score_books(books, report)
        if as_json:
            sys.stdout.write(score_json(score, promise) + "\n")
        else:
            print_score(plain_console(), score, promise)
        return 0 if score.keeps(promise) else 1

    return guarded(work, lambda: None)
