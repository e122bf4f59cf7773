"""A phase is one folder and one entry in each list that names phases. Whatever was forgotten is named here."""

import asyncio
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from perito_kernel.phases import Phase
from perito_rules.loader import load_rules
from perito_runtime.catalogue import rule_ids
from perito_runtime.rule_catalogue import RuleCatalogue

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("validation", "consistency", "pattern", "performance", "reporting")


def phase_of(name: str) -> Phase:
    """The value that a phase's package declares."""
    value = importlib.import_module(f"perito_{name}.phase").PHASE
    assert isinstance(value, Phase)
    return value


@pytest.mark.parametrize(("ordinal", "name"), list(enumerate(PHASES, start=1)))
def test_a_phase_declares_itself_the_same_way(ordinal: int, name: str) -> None:
    phase = phase_of(name)
    assert (phase.name, phase.ordinal) == (name, ordinal)
    module, _, function = phase.compute.partition(":")
    assert callable(getattr(importlib.import_module(module), function)), f"{phase.compute} is no compute function"
    if phase.rules:
        folder = ROOT / "services" / name / "src" / Path(*phase.rules.split("."))
        assert list(folder.glob("*.sql")), f"{phase.rules} holds no rules"


@pytest.mark.parametrize("name", PHASES)
def test_its_process_is_three_lines(name: str) -> None:
    text = (ROOT / "services" / name / "src" / f"perito_{name}" / "__main__.py").read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line.strip() and not line.startswith(('"""', "#"))]
    assert len(code) <= 3, "what a phase's process needs belongs to perito_runtime.service, for all phases at once"


@pytest.mark.parametrize("name", PHASES)
def test_it_says_the_rules_that_it_has(name: str) -> None:
    """A serving process reads ids without the rules' loader; both must read the same."""
    package = phase_of(name).rules
    assert rule_ids(package) == (tuple(rule.id for rule in load_rules(package)) if package else ())


@pytest.mark.parametrize("name", PHASES)
def test_it_describes_the_rules_that_it_has_in_both_languages(name: str) -> None:
    phase = phase_of(name)
    rules = asyncio.run(RuleCatalogue(phase).told()).rules
    assert tuple(rule.id for rule in rules) == rule_ids(phase.rules)
    for rule in rules:
        assert rule.title_en, rule.id
        assert rule.title_es, rule.id
        assert bool(rule.explanation_en) == bool(rule.explanation_es), rule.id
        assert all(each.meaning for each in rule.parameters), rule.id
        assert all("." in column for column in (*rule.needs, *rule.optional)), rule.id


def test_describing_rules_loads_no_engine() -> None:
    script = (
        "import asyncio, sys; from perito_consistency.phase import PHASE; "
        "from perito_runtime.rule_catalogue import RuleCatalogue; "
        "assert asyncio.run(RuleCatalogue(PHASE).told()).rules; "
        "print(*[name for name in ('duckdb', 'numpy', 'pyarrow', 'sqlglot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_what_it_waits_for_exists_and_comes_earlier() -> None:
    phases = {name: phase_of(name) for name in PHASES}
    for phase in phases.values():
        for earlier in (*phase.requires, *phase.after):
            assert phases[earlier].ordinal < phase.ordinal


@pytest.mark.parametrize("name", PHASES)
def test_every_list_of_packages_names_it(name: str) -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    package = f"perito_{name}"
    assert package in configuration["tool"]["coverage"]["run"]["source_pkgs"]
    assert package in configuration["tool"]["importlinter"]["root_packages"]
    assert f"services/{name}" in (ROOT / "Taskfile.yml").read_text(encoding="utf-8")
    composition = (ROOT / "services" / "standalone" / "src" / "perito_standalone" / "supervisor.py").read_text()
    assert package in composition, "the all-in-one does not start it"


@pytest.mark.parametrize("package", ["perito_orchestrator", "perito_edge"])
def test_the_orchestrator_and_the_edge_name_no_phase(package: str) -> None:
    folder = ROOT / "services" / package.removeprefix("perito_") / "src" / package
    for path in sorted(folder.rglob("*.py")):
        text = re.sub(r"examples=\[.*?\]", "", path.read_text(encoding="utf-8"))  # documentation may name one
        named = [phase for phase in PHASES if f'"{phase}"' in text or f"perito_{phase}" in text]
        assert not named, f"{path.relative_to(ROOT)} names {named}: phases describe themselves"
