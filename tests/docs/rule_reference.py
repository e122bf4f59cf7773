"""Writes docs/rules.md from the headers of all rules: `python -m tests.docs.rule_reference [--check]`.

The reference says what each rule tells, what it needs and what may be set; whoever changes a header generates it again.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from perito_rules.loader import load_rules
from perito_rules.model import FLOOD, Kind, Rule, parameter_text
from perito_standalone.supervisor import PHASES, load_phase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
_HEAD = """# The rules

Generated from the headers of the rules by `./taskw generate`. How to write one: [writing-rules.md](writing-rules.md).
Every rule is *not applicable*, with the reason, where the books lack what it needs. Parameters are set over REST
(`params`); `flood_share` and `flood_minimum`, which every rule with findings has, are not listed.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for phase in (load_phase(path) for path in PHASES):
        if not phase.rules:
            continue
        parts += [f"\n## {phase.name.capitalize()}\n", *(f"\n{entry(rule)}" for rule in load_rules(phase.rules))]
    return "".join(parts)


def entry(rule: Rule) -> str:
    """One rule."""
    impact = "an amount" if rule.impact == "column" else rule.impact
    facts = [f"*{rule.title.es}.*"]
    if rule.kind is not Kind.METRIC:
        facts.append(f"Severity {rule.severity.value}; one finding per {', '.join(rule.identity)}; impact: {impact}.")
        limit = rule.confidence_limit
        facts += [] if limit is None else [f"It only ranks: its confidence is never above {limit}."]
        facts += [f"Explains {', '.join(rule.explains)}."] if rule.explains else []
        facts += [f"Position-bound, {rule.position_bound}."] if rule.position_bound else []
    facts.append(f"Needs {needs(rule)}.")
    lines = [f"### {rule.id} {rule.title.en}\n", f"\n{' '.join(facts)}\n", f"\n{rule.explanation.en}\n"]
    settings = list(parameters(rule))
    lines += ["\n| parameter | default | meaning |\n|---|---|---|\n", *settings] if settings else []
    return "".join([*lines, f"\nSource: {rule.source}\n"])


def needs(rule: Rule) -> str:
    """What a book must have for the rule to be tested."""
    if rule.each:
        return "any table with " + ("a key" if rule.each == "keyed_table" else "such columns")
    named = [f"`{table}` ({', '.join(columns)})" for table, columns in rule.needs.items()]
    named += [" or ".join(f"`{name}`" for name in rule.one_of)] if rule.one_of else []
    return "; ".join(named) or "what its shared views read"


def parameters(rule: Rule) -> Iterator[str]:
    """Rows of the table of parameters."""
    for name, parameter in sorted(rule.parameters.items()):
        if name not in FLOOD:
            yield f"| `{name}` | {parameter_text(parameter.default) or 'none'} | {parameter.meaning} |\n"


def main(arguments: Iterable[str]) -> int:
    """Writes the page, or with `--check` says whether it is up to date."""
    wanted = page()
    if "--check" in arguments:
        if not PAGE.exists() or PAGE.read_text("utf-8") != wanted:
            print("docs/rules.md is not what the rules say: run ./taskw generate")
            return 1
        return 0
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
