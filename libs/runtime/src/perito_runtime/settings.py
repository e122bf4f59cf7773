"""Settings of a process, from the environment. A wrong one is answered with its name and what is wrong.

docs/settings.md and `--help` of every process are written from these classes and their subclasses.
"""

import difflib
import os
import tempfile
import textwrap
from pathlib import Path
from typing import Literal, Self, TypeVar

from perito_kernel.errors import Invalid
from pydantic import ByteSize, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from perito_runtime import failpoints
from perito_runtime.object_stores import CachedStoreSettings
from perito_runtime.secret_texts import LEAST_CHARACTERS, weakness
from perito_runtime.tls import TlsFiles

Settings = TypeVar("Settings", bound=BaseSettings)
BEAT_SECONDS = 2.0
MOST_DRAIN_SECONDS = 600.0
"""Longer than any platform waits for a process that was told to leave."""


class ServiceSettings(BaseSettings):
    """What every process has. Each field is read from `PERITO_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="PERITO_", extra="ignore", frozen=True)

    listen: str = Field(
        description="Where to listen: 0.0.0.0:50051 with certificates; without, unix:/path or loopback only"
    )
    tls_certificate: Path | None = Field(
        default=None, description="This process's certificate (PEM), read again when it changes"
    )
    tls_key: Path | None = Field(default=None, description="The key of that certificate (PEM)")
    tls_authority: Path | None = Field(
        default=None, description="Certificates of the authority (PEM) by which others are known"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    drain_seconds: float = Field(
        default=30.0,
        ge=0,
        le=MOST_DRAIN_SECONDS,
        description="How long running work may go on after SIGTERM, at most 600; the rest is given back",
    )
    health_socket: Path | None = Field(
        default=None, description="Unix socket that answers health checks of this machine (deploy/health.py)"
    )
    notice_seconds: float = Field(
        default=0.0,
        ge=0,
        description="How long after SIGTERM everything is still accepted while health says not ready, so that whoever"
        " balances load hears of it first",
    )

    @model_validator(mode="after")
    def _all_files_or_none(self) -> Self:
        if len({self.tls_certificate is None, self.tls_key is None, self.tls_authority is None}) > 1:
            raise ValueError("PERITO_TLS_CERTIFICATE, PERITO_TLS_KEY and PERITO_TLS_AUTHORITY: set all three or none")
        return self

    def tls(self) -> TlsFiles | None:
        """The process's certificates; None where it has none."""
        if self.tls_certificate is None or self.tls_key is None or self.tls_authority is None:
            return None
        return TlsFiles(self.tls_certificate, self.tls_key, self.tls_authority)


class PhaseSettings(CachedStoreSettings, ServiceSettings):
    """What a phase has beside that."""

    work_dir: Path = Field(default=Path(tempfile.gettempdir()), description="Folder for the folders of jobs")
    compute_slots: int = Field(default=2, ge=1, le=64, description="Jobs at once")
    compute_memory: ByteSize = Field(default=ByteSize(2 * 1024**3), description="Budget of all jobs, such as 2GiB")
    compute_threads: int = Field(default=0, ge=0, le=256, description="Threads of a job; 0: all cores")
    compute_recycle_after: int = Field(default=20, ge=1, description="Jobs after which a child is replaced")
    beat_seconds: float = Field(
        default=BEAT_SECONDS,
        gt=0,
        description="How often work repeats its progress: at most half of the orchestrator's PERITO_LEASE_SECONDS,"
        " after which silence counts as death",
    )
    own_rules_seconds: float = Field(
        default=300.0, gt=0, description="How long a tenant's own rules may take in one run of the phase, together"
    )
    own_rule_seconds: float = Field(default=60.0, gt=0, description="How long each of them may take")
    reflection: bool = Field(default=True, description="Whether it tells gRPC clients what it serves")
    pseudonym_secret_file: Path | None = Field(
        default=None,
        description="File with the secret of which keys of pseudonyms are made; validation needs it",
    )


def read_settings(kind: type[Settings]) -> Settings:
    """Reads settings from the environment. Raises `Invalid` SETTINGS_INVALID naming each variable and its fault."""
    try:
        return kind()
    except ValidationError as error:
        faults = [_fault(kind, e["type"], e["loc"], e["msg"]) for e in error.errors()]
        raise Invalid("SETTINGS_INVALID", "Cannot start. " + "; ".join(faults) + ".") from None


def _fault(kind: type[BaseSettings], what: str, where: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ")
    if not where:
        return said
    name = str(where[0])
    meaning = kind.model_fields[name].description if what == "missing" else said
    return f"{variable(kind, name)}: {'is required. ' if what == 'missing' else ''}{meaning}"


def unknown_variables(kind: type[BaseSettings]) -> dict[str, str]:
    """Variables that begin as settings do and are none of them, each with the nearest that is ("" where none is)."""
    prefix = kind.model_config.get("env_prefix", "").upper()
    known = {variable(kind, name) for name in kind.model_fields} | {failpoints.LIST, failpoints.DIRECTORY}
    strange = sorted(name for name in os.environ if name.startswith(prefix) and name not in known)
    return {name: next(iter(difflib.get_close_matches(name, known, 1, 0.8)), "") for name in strange}


def manual(module: str, kind: type[BaseSettings]) -> str:
    """How to run a process with these settings: each variable with what it means and what it is where left out."""
    lines = [f"python -m {module}", "", "Everything is set by the environment:", ""]
    for name, field in kind.model_fields.items():
        lines.append(f"  {variable(kind, name)} ({default_text(field)})")
        lines.extend(textwrap.wrap(field.description or "", 100, initial_indent="      ", subsequent_indent="      "))
    return "\n".join([*lines, "", "Of a process that runs: --probe live|ready|started. All: docs/settings.md", ""])


def variable(kind: type[BaseSettings], name: str) -> str:
    """The environment variable of a field."""
    return f"{kind.model_config.get('env_prefix', '')}{name}".upper()


def default_text(field: FieldInfo) -> str:
    """What a setting is where it is left out: `required`, `none`, or its value as one would write it."""
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value == Path(tempfile.gettempdir()):
        return "the system's temporary folder"
    return (
        value.human_readable()
        if isinstance(value, ByteSize)
        else f"{value:g}"
        if isinstance(value, float)
        else f"{value}"
    )


def read_secret(path: Path | None, variable: str) -> str:
    """The text of a file that holds a secret of at least 32 characters. Raises `Invalid` SETTINGS_INVALID."""
    if path is None:
        least = f"a secret of {LEAST_CHARACTERS} characters or more"
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: name a file with {least}.")
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: {path} cannot be read as text.") from error
    if fault := weakness(secret):
        advice = "draw one, as with `openssl rand -base64 32`"
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: the secret in {path} {fault}: {advice}.")
    return secret
