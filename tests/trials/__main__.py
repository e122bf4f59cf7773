"""Runs a trial, or says what is known of all: `./taskw trials:NAME`, `./taskw trials:status`."""

import argparse
import sys
from collections.abc import Sequence

from tests.trials.harness import catalogue, pages, running
from tests.trials.harness.status import status

EXPLAINED = """\
A trial is a proof that is too long for the everyday suite (at most 45 minutes). One that passed leaves its figures in
docs/trials/NAME.json, and the tables of the documentation that come from it are written anew; commit both. One that
did not says which promise was not kept, with what was measured, leaves everything as it was and exits with 1.

Speed is measured: run them on a machine that does nothing else.
"""
EXAMPLES = """\
examples:
  ./taskw trials:status             which records are fresh, which are stale and what changed since
  ./taskw trials:books              run one
  ./taskw trials:faults -- --seed 7 the same with another choice of what is random
"""


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Entry point; 0 when the trial passed."""
    known = catalogue.names()
    parser = argparse.ArgumentParser(
        prog="python -m tests.trials",
        description=EXPLAINED,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"the trial to run: {', '.join(known)}")
    parser.add_argument("--seed", type=int, default=1, help="what random choices are made from (default 1)")
    parser.add_argument("--list", action="store_true", help="name all trials with what each proves")
    parser.add_argument("--status", action="store_true", help="when each passed last, and whether it is stale")
    options = parser.parse_args(arguments)
    if options.list:
        for name in known:
            print(f"{name:12} {catalogue.title(catalogue.trial(name))}")
    elif options.status:
        for name in known:
            print("\n".join(status(catalogue.trial(name))))
    elif options.name is None:
        parser.print_help()
        return 2
    elif options.name not in known:
        parser.error(f"no trial is named {options.name!r}; there are {', '.join(known)}")
    else:
        passed = running.run(catalogue.trial(options.name), options.seed, _say)
        for page in pages.write() if passed else []:
            _say(f"wrote the tables of {page}")
        return 0 if passed else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
