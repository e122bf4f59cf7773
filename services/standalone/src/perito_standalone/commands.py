"""What the commands do: work to exit codes, every error to one sentence on stderr."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from perito_edge.settings import EdgeSettings
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_reporting.voice import Language
from perito_runtime.lifecycle import stop_signal
from perito_runtime.logs import configure_logs
from rich.markup import escape
from rich.table import Table

from perito_standalone.analyze import Asked
from perito_standalone.books_folder import find_all
from perito_standalone.data_directory import default_data_directory
from perito_standalone.examination import LOG, examined, until_told
from perito_standalone.guarded import guarded, plain_console
from perito_standalone.map_books import propose, target_of, write_mapping
from perito_standalone.memory import compute_share
from perito_standalone.options import budget_of, networks_of, refuse_open_door, severity_of
from perito_standalone.outcome import exit_code, read_report
from perito_standalone.postgres_upgrade import upgrade_database
from perito_standalone.printed import left_alone, printed
from perito_standalone.progress import ReadingProgress
from perito_standalone.pseudonym_key import own_key
from perito_standalone.reproduce import reproduce
from perito_standalone.reproduce_inputs import books_of_report
from perito_standalone.reproduce_print import print_reproduction
from perito_standalone.rules_folder import pack_of
from perito_standalone.supervisor import Supervisor, SupervisorSettings
from perito_standalone.understanding_print import print_understanding


def run_analyze(  # noqa: PLR0913 (the command's options)
    path: Path,
    mapping: Path | None,
    out: Path,
    fail_on: str,
    name: str,
    memory: str,
    lang: Language = "en",
    *,
    pseudonym_key: Path | None = None,
    hints: Mapping[str, str] | None = None,
    rules: Path | None = None,
) -> int:
    """`perito analyze`. `hints`: `currency` and `timezone` of books without a mapping; `rules`: where own rules are.
    Returns the exit code."""

    def work() -> int:
        least = severity_of(fail_on)
        key = own_key(pseudonym_key)
        named, pack = name or path.absolute().name, pack_of(rules)
        asked = Asked(named, budget_of(memory), key, lang, hints or {}, rule_pack=pack)
        finished = examined(path, mapping, out, asked)
        return exit_code(finished.status, read_report(out) if finished.reported else None, least)

    return guarded(work, lambda: out / LOG)


def run_map(
    path: Path, out: Path | None, hints: Mapping[str, str], memory: str, lang: Language = "en", *, force: bool = False
) -> int:
    """`perito map`. Returns the exit code."""

    def work() -> int:
        console, budget = plain_console(), budget_of(memory)
        target = target_of(path, out, force=force)
        books = find_all(path)
        console.print(left_alone(lang, books.left), markup=False, end="")
        with _errors_told(), ReadingProgress(console, lang, books.files) as progress:
            proposed = asyncio.run(until_told(propose(books, hints, budget, progress.show)))
        print_understanding(console, proposed.understanding, lang)
        write_mapping(target, proposed.mapping)
        console.print("\n" + printed(lang, "mapping_written", path=target), soft_wrap=True, markup=False)
        return 0

    return guarded(work, lambda: None)


def run_reproduce(  # the command's options
    finding: str, report: Path, path: Path, mapping: Path | None, memory: str, *, pseudonym_key: Path | None = None
) -> int:
    """`perito reproduce`. Returns the exit code: 0 every number agrees, 1 something differs, 2 it cannot be tried."""

    def work() -> int:
        console, books = plain_console(), books_of_report(report, path, mapping)
        share = compute_share(budget_of(memory))
        with _errors_told():
            work = reproduce(finding, report, books, share, own_key(pseudonym_key), console.print)
            reproduction = asyncio.run(until_told(work))
        print_reproduction(console, reproduction)
        return 0 if reproduction.agrees else 1

    return guarded(work, lambda: None)


def run_reidentify(where: Path, wanted: list[str], pseudonym_key: Path | None) -> int:
    """`perito reidentify`. Returns the exit code."""

    from perito_standalone.reidentify import reidentify  # noqa: PLC0415  # it brings the engine, which others need not

    def work() -> int:
        people = reidentify(where, wanted, pseudonym_key)
        table = Table(box=None, pad_edge=False)
        for title in ("Pseudonym", "What", "In the books"):
            table.add_column(title, overflow="fold")
        for person in people:
            table.add_row(person.pseudonym, person.domain, escape(person.code))
        plain_console().print(table)
        return 0

    return guarded(work, lambda: None)


@dataclass(frozen=True)
class Serving:
    """How `perito serve` is to serve: where, how many requests of a key a minute, and which private networks webhooks
    may lead to.
    """

    host: str
    port: int
    rate: int
    networks: tuple[str, ...] = ()
    allow_plain_http: bool = False


def run_serve(data_dir: Path | None, serving: Serving, memory: str, *, verbose: bool) -> int:
    """`perito serve`. Returns the exit code when it has been told to stop."""
    directory = (data_dir or default_data_directory()).absolute()

    def work() -> int:
        refuse_open_door(serving.host, serving.allow_plain_http)
        host = f"[{serving.host}]" if ":" in serving.host else serving.host
        settings = SupervisorSettings(
            directory,
            listen=f"{host}:{serving.port}",
            memory_bytes=budget_of(memory),
            webhooks=WebhookSettings(networks=networks_of(serving.networks)),
            edge=EdgeSettings.for_each_scope(serving.rate),
        )
        return asyncio.run(_serve(settings, verbose))

    return guarded(work, lambda: None)


def run_upgrade(data_dir: Path | None) -> int:
    """`perito upgrade`. Returns the exit code."""

    def work() -> int:
        kept = asyncio.run(upgrade_database(data_dir or default_data_directory()))
        plain_console().print(f"Upgraded. The old files are kept in {kept}; remove them when all is well.")
        return 0

    return guarded(work, lambda: None)


async def _serve(settings: SupervisorSettings, verbose: bool) -> int:
    console = plain_console()
    told = asyncio.create_task(stop_signal())
    # In a terminal JSON lines would bury the lines that matter; elsewhere stderr is where logs belong.
    configure_logs("WARNING" if sys.stderr.isatty() and not verbose else "INFO")
    async with Supervisor(settings) as supervisor:
        where = f"Perito serves http://{supervisor.address}/api/forensic (data in {settings.data_dir})"
        console.print(where, soft_wrap=True)
        if supervisor.first_key:
            console.print(f"API key, shown this once: {supervisor.first_key}", soft_wrap=True)
        console.print(f"In a browser: http://{supervisor.address}/", soft_wrap=True)
        await told
        console.print("Stopping; what is not finished goes on at the next start.")
    return 0


@contextlib.contextmanager
def _errors_told() -> Generator[None, None, None]:
    """Errors go to stderr and no log is kept: the report's folder is evidence, nothing is written there."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logs("ERROR")
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
