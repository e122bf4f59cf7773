"""The record of a trial that passed, `docs/trials/NAME.json`: its figures, and what they are true of."""

import json
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from tests.trials.harness.sources import ROOT

FOLDER = ROOT / "docs" / "trials"
LONGEST = 45 * 60
"""Seconds a trial may take."""


class Record(BaseModel):
    """What is written of a trial. `seconds` is its duration; `files`: the sources with the start of their SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    commit: str = Field(pattern=r"^[0-9a-f]{12}( with changes)?$")
    date: AwareDatetime
    seed: int
    seconds: float = Field(ge=0, le=LONGEST)
    machine: str
    figures: dict[str, JsonValue] = Field(min_length=1)
    sources: list[str] = Field(min_length=1)
    sources_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    files: dict[str, str] = Field(min_length=1)

    def origin(self) -> str:
        """One sentence on where its figures come from."""
        return (
            f"Trial `{self.name}` of {self.date:%Y-%m-%d} at commit {self.commit}: {self.machine}; seed {self.seed}, "
            f"{self.seconds:,.0f} s."
        )


def place(name: str, folder: Path = FOLDER) -> Path:
    """Where the record of a trial stands."""
    return folder / f"{name}.json"


def load(name: str, folder: Path = FOLDER) -> Record | None:
    """The record, or None where the trial has never passed. A record that is none raises ValueError with its place."""
    path = place(name, folder)
    if not path.exists():
        return None
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} is no record of a trial; run it again: {error}") from error


def save(record: Record, folder: Path = FOLDER) -> Path:
    """Writes the record and returns its place."""
    path = place(record.name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path
