"""Every rule of the catalogue is shown to find something and to leave something alone, by tests of its own phase.

What rules told is written down while tests of the services run: a finding is a planted fault that was found, a unit
that was examined and told neither failed nor unknown is a clean neighbour. A key figure has no neighbours: it must have
been measured once, and once have said why it could not be. After a run of the whole suite, rules that lack either make
it fail, and are listed.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import perito_rules.engine
import pytest
from perito_kernel.phases import RuleOutcome
from perito_rules.engine import RuleRun
from perito_rules.loader import load_rules

PHASES = ("validation", "consistency", "pattern", "performance")
FOUND, SPARED = "found", "spared"
_SEEN: dict[str, set[str]] = {FOUND: set(), SPARED: set()}
_KEY = "perito_every_rule"


def _written_down(run: Callable[..., RuleRun]) -> Callable[..., RuleRun]:
    def run_rules(*args: Any, **kwargs: Any) -> RuleRun:
        told = run(*args, **kwargs)
        if os.environ.get("PYTEST_CURRENT_TEST", "").startswith("services/"):
            for kind, rule in shown(told.outcomes):
                _SEEN[kind].add(rule)
        return told

    return run_rules


# Before any phase has taken it by name.
perito_rules.engine.run_rules = _written_down(perito_rules.engine.run_rules)


def shown(outcomes: Iterable[RuleOutcome]) -> Iterator[tuple[str, str]]:
    """What a run shows of which rule."""
    for outcome in outcomes:
        is_figure = outcome.rule_id.startswith("K-")
        # The guard against floods makes no findings of its own; it counts the lists that it cut.
        has_cut = outcome.facts.get("lists_cut", "0") != "0"
        if outcome.findings or has_cut or (is_figure and outcome.evaluated):
            yield FOUND, outcome.rule_id
        if outcome.evaluated > outcome.failed + outcome.unknown or (is_figure and outcome.reason):
            yield SPARED, outcome.rule_id


def missing(seen: Mapping[str, Collection[str]], rules: Iterable[str]) -> list[str]:
    """A line for each rule of which something was never shown."""
    says = {FOUND: "no test in which it finds a fault", SPARED: "no test in which it leaves a neighbour alone"}
    return [f"{rule}: {text}" for rule in rules for kind, text in says.items() if rule not in seen[kind]]


def _of_the_catalogue() -> list[str]:
    return [rule.id for phase in PHASES for rule in load_rules(f"perito_{phase}.rules")]


def is_whole(config: pytest.Config) -> bool:
    """A trial chooses by another marker than every day, and shows a part of the rules only."""
    everyday = config.option.markexpr in config.getini("addopts")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword and everyday


def pytest_testnodedown(node: Any) -> None:
    """Takes over what a worker has written down."""
    for kind, rules in getattr(node, "workeroutput", {}).get(_KEY, {}).items():
        _SEEN[kind] |= set(rules)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over; who began the run fails it where something was never shown."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_KEY] = {kind: sorted(rules) for kind, rules in _SEEN.items()}
    elif is_whole(session.config) and missing(_SEEN, _of_the_catalogue()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Lists what was never shown."""
    lines = missing(_SEEN, _of_the_catalogue()) if is_whole(config) else []
    if lines:
        terminalreporter.section("Rules that were not shown at work")
        for line in lines:
            terminalreporter.line(line)
