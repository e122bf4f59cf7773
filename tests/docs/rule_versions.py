"""Writes docs/rule-versions.txt, a digest of what each rule finds beside its version:
`python -m tests.docs.rule_versions [--check]`.

Whoever reads two reports takes findings of one rule and version as answers to one question. The digest covers what
decides them (SQL with its shared views, parameters, identity, severity, functions) and not how it is laid out, remarked
on or told, so a change of it is the moment to ask whether the question is still the same.
"""

import hashlib
import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.model import Rule
from perito_standalone.supervisor import PHASES, load_phase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rule-versions.txt"
_HEAD = "# Written by `./taskw generate`. Version of each rule, and a digest of what decides its findings.\n"
_TOLD = {"version", "title", "texts", "explanation", "remedy", "words", "source", "phase", "stored", "position_bound"}
REMEDY = "raise `version` in its header if it can find something else than before, then run ./taskw generate"


def page() -> str:
    """The whole file."""
    views = {view.id: view for view in load_rules("perito_rules.shared")}
    phases = [load_phase(path) for path in PHASES]
    rules = [rule for phase in phases if phase.rules for rule in load_rules(phase.rules)]
    return _HEAD + "".join(f"{rule.id} {rule.version} {digest(rule, views)}\n" for rule in rules)


def digest(rule: Rule, views: Mapping[str, Rule]) -> str:
    """SHA-256, shortened, of what decides the findings of `rule`; `views` are the shared ones by id."""
    return hashlib.sha256(json.dumps(_decides(rule, views), sort_keys=True, default=str).encode()).hexdigest()[:16]


def _decides(rule: Rule, views: Mapping[str, Rule]) -> dict[str, Any]:
    header = {name: value for name, value in rule.header.items() if name not in _TOLD}
    header["parameters"] = {name: [p.type.value, str(p.default)] for name, p in rule.parameters.items()}
    sections = {name: _bare(section.sql) for name, section in rule.sections.items()}
    return {
        "header": header,
        "sections": sections,
        "evidence": [_bare(section.sql) for section in rule.evidence],
        "views": {name: _decides(views[name], views) for name in rule.uses},
        "function": _source(rule.function) if rule.function else "",
    }


def _bare(sql: str) -> str:
    """Without remarks, blanks in a row as one."""
    return " ".join(re.sub(r"--[^\n]*", "", sql).split())


def _source(function: str) -> str:
    return inspect.getsource(importlib.import_module(function.partition(":")[0]))


def unsaid(recorded: str, wanted: str) -> list[str]:
    """A sentence for each rule that is another than recorded under the same version."""
    before = {line.split()[0]: line.split()[1:] for line in recorded.splitlines()[1:]}
    now = {line.split()[0]: line.split()[1:] for line in wanted.splitlines()[1:]}
    changed = [rule for rule, said in now.items() if before.get(rule, said) != said and before[rule][0] == said[0]]
    return [f"{rule} is not what its version {now[rule][0]} was: {REMEDY}" for rule in changed]


def main(arguments: Iterable[str]) -> int:
    """Writes the file, naming rules that changed under one version; `--check` says whether it is up to date."""
    wanted = page()
    recorded = PAGE.read_text("utf-8") if PAGE.exists() else ""
    for sentence in unsaid(recorded, wanted):
        print(sentence)
    if "--check" in arguments:
        if recorded != wanted:
            print("docs/rule-versions.txt is not what the rules say: run ./taskw generate")
        return int(recorded != wanted)
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
