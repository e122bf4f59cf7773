"""Settings of a phase process, from the environment. A wrong one is answered with its name and what is wrong."""

import tempfile
from pathlib import Path
from typing import Literal, TypeVar

from perito_kernel.errors import Invalid
from pydantic import ByteSize, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Settings = TypeVar("Settings", bound=BaseSettings)
_LEAST_SECRET = 32


class PhaseSettings(BaseSettings):
    """Each field is read from `PERITO_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="PERITO_", extra="ignore", frozen=True)

    listen: str = Field(description="Where to listen: unix:/path or 127.0.0.1:50051")
    objects: Path = Field(description="Folder of the object store")
    work_dir: Path = Field(default=Path(tempfile.gettempdir()), description="Folder for the folders of jobs")
    compute_slots: int = Field(default=2, ge=1, le=64, description="Jobs at once")
    compute_memory: ByteSize = Field(default=ByteSize(2 * 1024**3), description="Budget of all jobs, such as 2GiB")
    compute_threads: int = Field(default=0, ge=0, le=256, description="Threads of a job; 0: all cores")
    compute_recycle_after: int = Field(default=20, ge=1, description="Jobs after which a child is replaced")
    drain_seconds: float = Field(default=30.0, ge=0, description="How long running calls may go on after SIGTERM")
    pseudonym_secret_file: Path | None = Field(
        default=None,
        description="File with the secret of which keys of pseudonyms are made; validation needs it",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")


def read_settings(kind: type[Settings]) -> Settings:
    """Reads settings from the environment. Raises `Invalid` SETTINGS_INVALID naming each variable and its fault."""
    try:
        return kind()
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        faults = [f"{prefix}{'.'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors()]
        raise Invalid("SETTINGS_INVALID", "Cannot start. " + "; ".join(faults)) from None


def read_secret(path: Path | None, variable: str) -> str:
    """The text of a file that holds a secret of at least 32 characters. Raises `Invalid` SETTINGS_INVALID."""
    least = f"a secret of {_LEAST_SECRET} characters or more"
    if path is None:
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: name a file with {least}.")
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: {path} cannot be read as text.") from error
    if len(secret) < _LEAST_SECRET:
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: {path} must hold {least}, not {len(secret)}.")
    return secret
