"""What a phase is, and the contract between its serving process and the compute child that does its work.

A phase service is one `Phase` value; everything else about serving it is the same for all five and lives in
`perito_runtime.phase_service`. The compute function named by `Phase.compute` runs in a child process with a job folder
of its own. It sees local files only: the runtime brings objects in and carries results out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Phase:
    """A phase, in one value.

    `rules` is the import path of the package that holds its SQL files ("" where it has none); `compute` is
    `package.module:function`, a `Compute`; `propose` another one, for the phase that reads files and can say beforehand
    how it would ("" for the others); `describe` a `Describe` of its rules. `requires` are phases whose result it cannot
    do without, `after` phases it waits for but can do without. `personal`: it reads people's keys as they stand, and is
    given the tenant's key of pseudonyms. `preload` is what its compute children import, or call, while they wait (see
    `ComputePool`). `checks` is a `Compute` that says what is wrong with tenants' own rules, `own_rules` one that runs
    such a rule, for the phases that do ("" for the others).
    """

    name: str
    ordinal: int
    version: str
    compute: str
    rules: str = ""
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    personal: bool = False
    propose: str = ""
    describe: str = ""
    preload: tuple[str, ...] = ()
    checks: str = ""
    own_rules: str = ""


class RuleStatus(Enum):
    """What became of a rule in one run."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    ERRORED = "errored"


@dataclass(frozen=True)
class RuleOutcome:
    """One rule's account. evaluated = failed + unknown + passed, counted in `unit` (rows, keys, ...).

    `reason` and `reason_es` say in both languages why a rule is not applicable, errored or only partly tested.
    `facts` are totals that the rule computed beside its findings (decimal strings): what an accountant would put under
    the list. `severities` counts the findings by severity (its word), where there are any.
    """

    rule_id: str
    rule_version: str
    status: RuleStatus
    unit: str = "rows"
    evaluated: int = 0
    failed: int = 0
    unknown: int = 0
    findings: int = 0
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    reason_es: str = ""
    severities: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class InputFile:
    """A file of the dataset: the client's name for it and the local copy's path."""

    name: str
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class UpstreamResult:
    """An earlier phase's artefacts (name to local path) and outcomes, or the reason why there are none."""

    phase: str
    version: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict[str, str])
    rules: Sequence[RuleOutcome] = ()
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    missing_reason: str = ""
    missing_reason_es: str = ""


@dataclass(frozen=True)
class Job:
    """What a compute function gets. `scratch` is for spilling and is removed; `out` holds what becomes artefacts.
    `pseudonym_key` is the tenant's (hexadecimal), for phases that read people's keys; it is never printed. `own` is
    what each of the tenant's own rules left, one after another: artefacts and outcome, as of an earlier phase."""

    phase: str
    rules: str
    files: Sequence[InputFile]
    mapping: str
    upstream: Sequence[UpstreamResult]
    params: Mapping[str, Any]
    out: str
    scratch: str
    threads: int
    memory_bytes: int
    pseudonym_key: str = field(default="", repr=False)
    own: Sequence[UpstreamResult] = ()

    def artifact(self, phase: str, name: str) -> Path | None:
        """Local path of an upstream artefact, or None where the phase is missing or wrote no such file."""
        for result in self.upstream:
            if result.phase == phase and name in result.artifacts:
                return Path(result.artifacts[name])
        return None


@dataclass(frozen=True)
class OutputFile:
    """A file in `Job.out` that becomes an artefact."""

    name: str
    media_type: str
    rows: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a compute function answers."""

    content_digest: str
    artifacts: Sequence[OutputFile]
    rules: Sequence[RuleOutcome] = ()
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    as_of: str = ""


Describe = Callable[[str], Sequence[Mapping[str, Any]]]
"""What the rules of a package say of themselves, in order of id: the members of `RuleDescription` of the contract,
texts as objects with `en` and `es`. Runs in the serving process, so it imports no engine.
"""

Report = Callable[[float, str], None]
"""Progress: fraction 0 to 1 and a few words. Cheap; call it as often as is useful."""

Compute = Callable[[Job, Report], Outcome]
"""A phase's work. Raises `PeritoError` for bad input; anything else is our fault and is retried."""


def job_to_json(job: Job) -> str:
    """Encodes a job for the pipe to the compute child."""
    return json.dumps(asdict(job), default=_enum_value)


def job_from_json(text: str) -> Job:
    """Inverse of `job_to_json`."""
    raw = json.loads(text)
    raw["files"] = [InputFile(**f) for f in raw["files"]]
    for name in ("upstream", "own"):
        for result in raw[name]:
            result["rules"] = _rules(result["rules"])
        raw[name] = [UpstreamResult(**u) for u in raw[name]]
    return Job(**raw)


def outcome_to_json(outcome: Outcome) -> str:
    """Encodes an outcome for the pipe from the compute child."""
    return json.dumps(asdict(outcome), default=_enum_value)


def outcome_from_json(text: str) -> Outcome:
    """Inverse of `outcome_to_json`."""
    raw = json.loads(text)
    raw["artifacts"] = [OutputFile(**a) for a in raw["artifacts"]]
    raw["rules"] = _rules(raw["rules"])
    return Outcome(**raw)


def _rules(raw: Sequence[dict[str, Any]]) -> list[RuleOutcome]:
    for rule in raw:
        rule["status"] = RuleStatus(rule["status"])
    return [RuleOutcome(**rule) for rule in raw]


def _enum_value(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"{type(value).__name__} has no place in a job")
