"""One analysis from the command line: the whole house starts in a temporary directory, works once, and goes.

The way of the data is the way it takes in service: files go in through REST, the answer comes out through REST.
"""

import contextlib
import hashlib
import itertools
import os
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perito.analysis.v1.access_pb2 import AuthenticateRequest
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito_client import ClientError, PeritoClient, Refused, connect
from perito_client.generated.models import Dataset, Status
from perito_kernel.errors import Internal, Precondition
from perito_reporting.voice import Language
from perito_runtime.grpc_client import call_errors

from perito_standalone.books_folder import DEFAULT_MAPPING, Books
from perito_standalone.data_directory import make_folders, remove_socket_folder
from perito_standalone.postgres import PostgresSettings
from perito_standalone.postgres_watchdog import is_held, is_postgres, postmaster
from perito_standalone.rules_folder import own_rules_facts
from perito_standalone.run_files import PROPOSED, REPORT_HTML, REPORT_JSON, fetch_tables, proposed_sha, write_run
from perito_standalone.service_account import closed_parent, service_account
from perito_standalone.supervisor import Supervisor, SupervisorSettings

_PREFIX = "perito-analyze-"
_ROOTS_OWN = Path("/var/lib/perito/tmp")
_ABANDONED_SECONDS = 60.0


@dataclass(frozen=True)
class Finished:
    """An ended analysis: its last status, and whether a report was written."""

    status: Status
    reported: bool


@dataclass(frozen=True)
class Asked:
    """What is asked of an examination besides its books: `name` it is told by, `lang` of its page and of what is
    printed. `hints` may hold `currency` and `timezone` of books without a mapping. `listen` and `rule_pack` as the
    supervisor's."""

    name: str
    memory_bytes: int
    pseudonym_key: str = field(repr=False)
    lang: Language = "en"
    hints: Mapping[str, str] = field(default_factory=dict[str, str])
    listen: str = ""
    rule_pack: bytes = b""


@asynccontextmanager
async def analyzed(
    books: Books, out: Path, asked: Asked, on_status: Callable[[Status], None]
) -> AsyncGenerator[tuple[Finished, Supervisor]]:
    """Analyses the books and writes report, tables and `run.json` into `out` (prepared), and the mapping that was
    proposed where the books have none.

    The house that did it, which listens where `listen` says, stands while the block lasts. Raises `PeritoError`.
    """
    begun = time.monotonic()
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(
            data_dir,
            listen=asked.listen,
            memory_bytes=asked.memory_bytes,
            tenant_name="command line",
            postgres=PostgresSettings(durable=False),
            pseudonym_key=asked.pseudonym_key,
            rule_pack=asked.rule_pack,
        )
        async with Supervisor(settings) as supervisor:
            if supervisor.first_key is None:
                raise Internal("KEY_MISSING", "A new data directory had a key already.")
            started = time.monotonic()
            async with _connected(supervisor.address, supervisor.first_key) as client:
                dataset = await client.upload(books.files, books.mapping)
                uploaded = time.monotonic()
                hints = dict(asked.hints)
                params = {"hints": hints} if hints else {}
                accepted = await client.submit(dataset.dataset_id, name=asked.name, params=params)
                status = await client.wait(accepted.id, on_status)
                facts = _facts((begun, started, uploaded, time.monotonic()), dataset, books)
                if asked.rule_pack:
                    facts["own_rules"] = own_rules_facts(asked.rule_pack)
                if books.mapping is None:
                    facts[PROPOSED] = await _fetch_mapping(client, status, out) | {"hints": hints}
                finished = await _written(supervisor, client, status, out, facts, asked.lang)
            yield finished, supervisor


@asynccontextmanager
async def _connected(address: str, key: str) -> AsyncGenerator[PeritoClient, None]:
    try:
        async with connect(address, key) as client:
            yield client
    except ClientError as error:
        reason = error.reason if isinstance(error, Refused) else "SERVICE_FAILED"
        raise Precondition(reason, str(error)) from error


def _facts(moments: tuple[float, ...], dataset: Dataset, books: Books) -> dict[str, Any]:
    """What `run.json` says of the command. `moments`: when it began, started, had uploaded and had the answer."""
    lasted = [round(after - before, 3) for before, after in itertools.pairwise(moments)]
    return {
        **dict(zip(("start_seconds", "upload_seconds", "analysis_seconds"), lasted, strict=True)),
        "inputs": [file.to_dict() for file in (*dataset.files, dataset.mapping) if file],
        "unused_files": [*books.unused, *books.left],
    }


async def _written(
    supervisor: Supervisor, client: PeritoClient, status: Status, out: Path, facts: dict[str, Any], lang: Language
) -> Finished:
    answer = await client.analysis(status.id)
    reported = True
    try:
        await client.export(status.id, out / REPORT_JSON, "json")
        await client.export(status.id, out / REPORT_HTML, "html", lang)
    except Refused as error:
        if error.reason != "REPORT_MISSING":
            raise
        reported = False  # the analysis failed before there was anything to report; its status says why
    tenant = await _tenant(supervisor)
    facts["tables"] = await fetch_tables(supervisor.channel, supervisor.store, tenant, str(status.id), out)
    write_run(out, status, answer.summaries, facts)
    return Finished(status, reported)


async def _fetch_mapping(client: PeritoClient, status: Status, out: Path) -> dict[str, Any]:
    """Writes the mapping that was proposed; says what it is, nothing where reading failed before there was one."""
    try:
        content = await client.mapping(status.id)
    except Refused as error:
        if error.reason != "MAPPING_MISSING":
            raise
        return {}
    (out / DEFAULT_MAPPING).write_bytes(content)
    return {"mapping": DEFAULT_MAPPING, "sha256": hashlib.sha256(content).hexdigest()}


async def _tenant(supervisor: Supervisor) -> str:
    async with call_errors():
        known = await AccessServiceStub(supervisor.channel).Authenticate(
            AuthenticateRequest(api_key=str(supervisor.first_key)), timeout=10
        )
    return known.tenant_id


def prepare_out(out: Path, books: Books) -> None:
    """Makes the folder for results and removes an earlier report.

    Raises Precondition OUT_UNUSABLE, MAPPING_EXISTS where a proposal would be written over what a person corrected.
    """
    kept = out / DEFAULT_MAPPING
    given = books.mapping is not None and kept.exists() and kept.samefile(books.mapping)
    untouched = kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == proposed_sha(out)
    if books.mapping is None and kept.is_file() and not untouched:
        raise Precondition(
            "MAPPING_EXISTS",
            f"{kept} was changed since it was proposed. Name it with --mapping, or another folder with --out.",
            {"file": str(kept)},
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        if untouched and not given:
            kept.unlink()  # it would pass for the mapping of a run that had another one
        for name in (REPORT_JSON, REPORT_HTML):
            (out / name).unlink(missing_ok=True)  # an old report beside a new failure would be read as its result
    except OSError as error:
        raise Precondition(
            "OUT_UNUSABLE", f"Cannot write to {out} ({error.strerror}). Name another folder with --out."
        ) from error


@asynccontextmanager
async def temporary_directory() -> AsyncGenerator[Path, None]:
    """A data directory for one analysis, removed afterwards; those that killed ones left are removed before."""
    account = service_account()
    base = Path(tempfile.gettempdir())
    if account and closed_parent(base / _PREFIX, account.uid, account.gid) is not None:
        base = _ROOTS_OWN  # root's private TMPDIR is closed to PostgreSQL, and stays so
        make_folders(base, 0o711)
    _sweep(base)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sweep(base: Path) -> None:
    for left in base.glob(_PREFIX + "*"):
        with contextlib.suppress(FileNotFoundError):  # another command sweeps too
            if _is_abandoned(left):
                for entry in left.iterdir():
                    remove_socket_folder(entry)  # sockets lie elsewhere, by a link that goes with this folder
                shutil.rmtree(left, ignore_errors=True)


def _is_abandoned(left: Path) -> bool:
    found = left.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        return False  # other users' folders are closed to us: not even looked into
    if is_held(left / "lock") or time.time() - found.st_mtime <= _ABANDONED_SECONDS:
        return False
    server = postmaster(left / "postgres")
    return server is None or not is_postgres(server[0])
