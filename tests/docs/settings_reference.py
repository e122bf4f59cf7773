"""Writes docs/settings.md: `python -m tests.docs.settings_reference [--check]`.

What the page says is what the processes read: both are the same fields.
"""

import sys
from pathlib import Path

from perito_edge.process import EdgeProcessSettings
from perito_orchestrator.bootstrap import BootstrapSettings
from perito_orchestrator.process import OrchestratorProcessSettings
from perito_runtime.object_stores import StoreSettings
from perito_runtime.settings import PhaseSettings, ServiceSettings, default_text, variable
from pydantic_settings import BaseSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
_HEAD = """# Settings

Written by `./taskw generate` from the classes that read them. Each process is set by its environment alone and looks at
it once, when it starts: a wrong value ends it with 2 and one sentence that names the variable, and a variable that
begins with `PERITO_` and is no setting of that process is named in its log. `python -m perito_edge --help` (or
`perito_validation`, ...) prints the same for one process. Sizes may be written as `2GiB`; times are seconds. Secrets
are read from files and never from variables; those of Perito itself must hold 32 characters or more.
"""
_STORE = "The edge, the orchestrator and the phases must name the same one."
_PHASES = ("validation", "consistency", "pattern", "performance", "reporting")
PROCESSES: dict[str, tuple[str, type[BaseSettings]]] = {
    "Orchestrator": ("`python -m perito_orchestrator`", OrchestratorProcessSettings),
    "Database": (
        "`python -m perito_orchestrator.bootstrap`, once, as a superuser, and again to change passwords",
        BootstrapSettings,
    ),
    "Edge": ("`python -m perito_edge`", EdgeProcessSettings),
    "Phases": (", ".join(f"`python -m perito_{name}`" for name in _PHASES), PhaseSettings),
}


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _section("Every process", "", ServiceSettings, frozenset())]
    parts.append(_section("The object store", _STORE, StoreSettings, frozenset()))
    for title, (command, kind) in PROCESSES.items():
        inherited = [base for base in (ServiceSettings, StoreSettings) if issubclass(kind, base)]
        known = {name: field.description for base in inherited for name, field in base.model_fields.items()}
        same = frozenset(name for name, field in kind.model_fields.items() if known.get(name) == field.description)
        parts.append(_section(title, command, kind, same))
    return "\n".join(parts)


def _section(title: str, command: str, kind: type[BaseSettings], left_out: frozenset[str]) -> str:
    rows = [
        f"| `{variable(kind, name)}` | {default_text(field)} | {field.description} |"
        for name, field in kind.model_fields.items()
        if name not in left_out
    ]
    intro = [command, ""] if command else []
    return "\n".join([f"## {title}", "", *intro, "| variable | where left out | meaning |", "|---|---|---|", *rows, ""])


def main(arguments: list[str]) -> int:
    """Writes the page, or with --check says whether it is as it should be. Returns the exit code."""
    if arguments == ["--check"]:
        if not PAGE.exists() or PAGE.read_text("utf-8") != page():
            sys.stderr.write("docs/settings.md is not what the settings say: run ./taskw generate\n")
            return 1
        return 0
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
