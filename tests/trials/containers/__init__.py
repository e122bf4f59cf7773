"""Images are built, development runs the demo, production comes up with TLS and refuses what is not secret.

Needs a container engine and the images of Python, PostgreSQL, RabbitMQ, Redis and nginx, or a registry that has them.
Versions are told by the servers themselves, since a tag is only a name.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from perito_runtime.logs import configure_logs
from perito_standalone.generate_books import Wanted, generate_books
from perito_standalone.guarded import plain_console

from tests.trials.containers import development, images, production
from tests.trials.containers.confined import limits_bite
from tests.trials.containers.refusals import refused_by_a_service
from tests.trials.containers.stack import require_engine
from tests.trials.harness.catalogue import Figures, Say

NAME = "containers"
SOURCES = [
    *(".dockerignore", "deploy/**/*", "requirements/*.lock", "tests/trials/containers/*.py"),
    *("libs/runtime/src/**/*.py", "services/*/src/**/process.py", "services/orchestrator/src/**/bootstrap.py"),
]
ROWS = 50_000
VERSION = "trial"


def run(seed: int, say: Say) -> Figures:
    """See `Trial.run`."""
    require_engine()
    configure_logs("ERROR")
    with tempfile.TemporaryDirectory(prefix="perito-containers-") as name:
        folder = Path(name)
        books = folder / "books"
        generate_books(Wanted(books, ROWS, seed, "plain", faults="all", oddities="all"), plain_console())
        figures: dict[str, Any] = {"rows": ROWS, "images": images.built(VERSION, say)}
        figures["edge_tree"] = images.same_bytes(VERSION, say)
        limits_bite(f"perito-edge:{VERSION}")
        figures["refused_by_a_phase"] = refused_by_a_service(f"perito-validation:{VERSION}", folder)
        say("limits hold, and a phase refuses a placeholder by itself")
        figures["development"], found = development.run(books, folder, VERSION, say)
        figures["production"] = production.run(books, folder, VERSION, found, say)
    return cast(Figures, figures)


def tables(figures: Figures) -> Mapping[str, str]:
    """See `tables_of`."""
    whole = cast("Mapping[str, Any]", figures)
    return {"images": _images(whole["images"]), "deployments": _deployments(whole), "refusals": _refusals(whole)}


def _images(found: Mapping[str, Any]) -> str:
    lines = ["| image | size | beyond its base |", "|---|---|---|"]
    for name, size in found["sizes"].items():
        lines.append(f"| perito-{name} | {size['bytes'] / 1e6:,.0f} MB | {size['beyond_base'] / 1e6:,.0f} MB |")
    return "\n".join(lines)


def _deployments(figures: Mapping[str, Any]) -> str:
    both = (figures["development"], figures["production"])
    left = both[1]["left"]
    versions = both[1]["versions"]
    rows = [
        ("everything healthy after", *(f"{each['start_seconds']} s" for each in both)),
        ("memory of all containers without work", "", f"{both[1]['memory_idle_bytes'] / 2**20:,.0f} MiB"),
        ("everything stopped after", "", f"{left['seconds']} s, {left['processes']} processes with exit code 0"),
        ("RabbitMQ, PostgreSQL", "", f"{versions['rabbitmq']}, {versions['postgres']}"),
    ]
    return "\n".join(["| | development | production |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def _refusals(figures: Mapping[str, Any]) -> str:
    lines = ["| started with | said |", "|---|---|"]
    for name, sentence in figures["production"]["refused"].items():
        lines.append(f"| {name} | {sentence.removeprefix('Refused: ')} |")
    return "\n".join(lines)
