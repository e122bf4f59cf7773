"""What `perito rules` does: says what is wrong with own rules, and tries them on their own examples."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from perito_kernel.errors import Invalid
from perito_rules.user_example import Identity, try_example
from perito_rules.user_header import own_phase
from perito_rules.user_rules import Checked

from perito_standalone.checked_rules import checked_apart
from perito_standalone.guarded import guarded, plain_console
from perito_standalone.rules_folder import place_of, problem_lines, read_rules

Tell = Callable[[Checked, str], tuple[list[str], str]]
"""What is wrong with an accepted rule, and what is said of it where nothing is; its place comes second."""


def run_check(path: Path) -> int:
    """`perito rules check`. Returns the exit code: 0 all are accepted, 1 some are not, 2 there are none to be read."""
    return guarded(lambda: _each(path, _accepted), lambda: None)


def run_test(path: Path) -> int:
    """`perito rules test`. Returns the exit code: 0 each found what it should, 1 some did not, 2 there are none."""
    return guarded(lambda: _each(path, _tried), lambda: None)


def _each(path: Path, tell: Tell) -> int:
    console, wrong = plain_console(), 0
    for one in checked_apart(read_rules(path)):
        lines, well = problem_lines(path, one), ""
        if one.accepted:
            lines, well = tell(one, place_of(path, one.name))
        for line in lines or [well]:
            console.print(line, markup=False, soft_wrap=True)
        wrong += bool(lines)
    return 1 if wrong else 0


def _accepted(one: Checked, place: str) -> tuple[list[str], str]:
    rule = one.rule
    return [], f"{place}: {rule.id} {rule.title.en}: accepted, run by phase {own_phase(rule)}" if rule else ""


def _tried(one: Checked, place: str) -> tuple[list[str], str]:
    rule = one.rule
    if rule is None:
        return [], ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            tried = try_example(rule, Path(folder))
        except Invalid as error:
            return [f"{place}: {error.message.removeprefix(f'{rule.file}: ')}"], ""
    lines = [f"{place}: it did not find {_told(missed)}" for missed in tried.missed]
    lines += [f"{place}: it found {_told(false)}, which example.finds does not name" for false in tried.false]
    lines += [f"{place}: {tried.reason}"] if tried.reason else []
    return lines, f"{place}: {rule.id} found {tried.found} of {tried.evaluated} {rule.unit}, as planted"


def _told(identity: Identity) -> str:
    return ", ".join(f"{name}={value}" for name, value in identity.items())
