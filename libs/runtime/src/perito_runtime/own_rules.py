"""Runs a tenant's own rules before the phase's: each is a job of its own, and none can spoil another's or the phase's.

The pack may be hostile. So it is checked again whatever was said when it was kept, in a compute child; each rule that
is let through has a time and a child's memory for itself, and a kill costs that rule only; and the phase's own work is
then done by a child that has seen none of it.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from perito.phase.v1 import phase_pb2
from perito_kernel.errors import Internal, Invalid, PeritoError, Precondition
from perito_kernel.phases import InputFile, Job, Phase, RuleOutcome, RuleStatus, UpstreamResult
from perito_kernel.rule_packs import MOST_RULES, RuleText, header_word, read_pack

from perito_runtime.compute import ComputePool, Slot
from perito_runtime.compute_folder import Room
from perito_runtime.logs import logger
from perito_runtime.object_store import canonical_id

_CHECK_SECONDS, _CHECK_ALONE_SECONDS = 30.0, 10.0
"""For the check of 50 rules, and of one where that of all did not come to its end."""

_ANSWER_SECONDS = 1.0
_LEFT_FOR_THE_PHASE = 0.5
_CHECKED = "checked.json"
_MOST_REASON = 500
_log = logger("own_rules")
Entry = Mapping[str, Any]
"""What a check says of one rule, in JSON's types: the fields of the contract's `CheckedRule`."""

Heard = Callable[[float, str], None]

_SENTENCES = {
    "COMPUTE_TIME_EXCEEDED": (
        "stopped at its limit of {seconds:.0f} seconds: have it read or join less",
        "detenida en su límite de {seconds:.0f} segundos: que lea o combine menos",
    ),
    "COMPUTE_MEMORY_EXCEEDED": (
        "stopped at its limit of memory: have it read, join or collect less",
        "detenida en su límite de memoria: que lea, combine o reúna menos",
    ),
    "COMPUTE_CRASHED": (
        "the process that ran it died: write it in another way",
        "el proceso que la ejecutaba murió: escríbala de otra forma",
    ),
}
_NO_TIME = (
    "not run: the time for own rules was over; make them faster, or have fewer",
    "no se ejecutó: se acabó el tiempo de las reglas propias; hágalas más rápidas o tenga menos",
)


@dataclass(frozen=True)
class OwnRuleLimits:
    """`all_seconds` for the rules of one run of a phase together, `rule_seconds` for each; the memory of each is that
    of a compute child."""

    all_seconds: float = 300.0
    rule_seconds: float = 60.0


async def run_own_rules(
    phase: Phase, slot: Slot, job: Job, pack: bytes, limits: OwnRuleLimits, seconds: float, heard: Heard
) -> list[UpstreamResult]:
    """What the phase's rules of a pack left, by name of file: one entry each, whatever became of it.

    `job` is the phase's; `seconds` are what is left for all of it. Raises `Invalid` RULE_PACK_INVALID.
    """
    now = asyncio.get_running_loop().time
    until = now() + min(limits.all_seconds, _LEFT_FOR_THE_PHASE * seconds)
    texts = await asyncio.to_thread(read_pack, pack)
    if not texts:
        return []
    try:
        heard(0.0, "checking own rules")
        entries = await check_rules(phase, slot, job, texts, until - now())
        found: list[UpstreamResult] = []
        for place, (text, entry) in enumerate(zip(texts, entries, strict=True)):
            if entry["phase"] != phase.name:
                continue
            heard(place / len(texts), f"own rule {entry['id']}")
            alone = min(limits.rule_seconds, until - now())
            found.append(await _run(phase, slot, job, text, entry, place, alone))
        return found
    finally:
        slot.replace_child()


def rules_to_check(phase: Phase, request: phase_pb2.CheckRulesRequest, tenant: str) -> list[RuleText]:
    """The rules of a request. Raises `Invalid` where it is another tenant's or too long, `Precondition`
    RULES_NOT_CHECKED."""
    if canonical_id(request.tenant_id) != tenant:
        raise Invalid("TENANT_MISMATCH", "The request is of another tenant than its metadata says.")
    if not phase.checks:
        raise Precondition("RULES_NOT_CHECKED", f"Phase {phase.name} checks no rules: ask one that says it does.")
    if len(request.rules) > MOST_RULES:
        raise Invalid("RULES_TOO_MANY", f"At most {MOST_RULES} rules are checked at once: send fewer.")
    return [RuleText(rule.name, rule.text) for rule in request.rules]


async def checked_rules(
    phase: Phase, slot: Slot, pool: ComputePool, texts: Sequence[RuleText], seconds: float
) -> list[dict[str, Any]]:
    """What is to be said of each rule, as `check_rules` does, for whoever has no job of a phase."""
    job = Job(
        phase=phase.name,
        rules="",
        files=(),
        mapping="",
        upstream=(),
        params={},
        out=str(slot.out),
        scratch=str(slot.scratch),
        threads=1,
        memory_bytes=pool.job_memory_bytes,
    )
    return await check_rules(phase, slot, job, texts, seconds - _ANSWER_SECONDS) if texts else []


async def check_rules(
    phase: Phase, slot: Slot, job: Job, texts: Sequence[RuleText], seconds: float
) -> list[dict[str, Any]]:
    """One entry for each text, in their order; each has `name`, `id`, `phase` and `problems`. Where the check of all
    does not come to its end, each is checked alone, so that the one that is to blame is told."""
    now = asyncio.get_running_loop().time
    until = now() + seconds
    most = min(until, now() + min(_CHECK_SECONDS, _CHECK_ALONE_SECONDS + len(texts)))
    together = await _checked(phase, slot, job, list(enumerate(texts)), "check", most)
    if together is not None:
        return _told_apart(together)
    entries: list[dict[str, Any]] = []
    for place, text in enumerate(texts):
        most = min(until, now() + _CHECK_ALONE_SECONDS)
        alone = await _checked(phase, slot, job, [(place, text)], f"check-{place}", most)
        entries += alone or [_unchecked(text)]
    return _told_apart(entries)


async def _checked(
    phase: Phase, slot: Slot, job: Job, texts: Sequence[tuple[int, RuleText]], name: str, until: float
) -> list[dict[str, Any]] | None:
    room = await asyncio.to_thread(Room.made, slot.folder / name)
    files = [await asyncio.to_thread(_file, slot, place, text) for place, text in texts]
    asked = replace(job, files=files, upstream=(), mapping="", out=str(room.out), scratch=str(room.scratch))
    left = until - asyncio.get_running_loop().time()
    try:
        await slot.run(phase.checks, asked, _nothing, max(left, 0.0))
        entries = await asyncio.to_thread(_read_checked, room.out)
    except PeritoError as error:
        _log.warning("own rules were not checked to the end", rules=len(texts), reason=error.reason)
        return None
    if len(entries) != len(texts):
        raise Internal("RULES_UNCHECKED", "The check of own rules left another number of rules than it was given.")
    return entries


async def _run(
    phase: Phase, slot: Slot, job: Job, text: RuleText, entry: Entry, place: int, seconds: float
) -> UpstreamResult:
    said = Path(entry["said"]) if entry.get("said") else None
    artifacts = {"rule.json": str(said)} if said else {}
    problems = cast("Sequence[Mapping[str, Any]]", entry["problems"])
    if problems:
        first = problems[0]
        english = f"refused: line {first['line']}, column {first['column']}: {first['message']}"
        spanish = f"rechazada: línea {first['line']}, columna {first['column']}: {first['message']}"
        return _left(text, artifacts, _errored(entry, english, spanish))
    if seconds <= 0:
        return _left(text, artifacts, _errored(entry, *_NO_TIME))
    room = await asyncio.to_thread(Room.made, slot.folder / f"own-{place}")
    file = await asyncio.to_thread(_file, slot, place, text)
    asked = replace(job, files=[file], mapping="", out=str(room.out), scratch=str(room.scratch))
    try:
        outcome = await slot.run(phase.own_rules, asked, _nothing, seconds)
    except PeritoError as error:
        _log.warning("own rule was not run to its end", rule=entry["id"], reason=error.reason)
        english, spanish = _SENTENCES.get(error.reason, (error.message, error.message))
        values = {"seconds": seconds} if error.reason in _SENTENCES else {}
        told = (english.format(**values), spanish.format(**values)) if values else (english, spanish)
        return _left(text, artifacts, _errored(entry, *told))
    artifacts |= {file.name: str(room.out / file.name) for file in outcome.artifacts}
    (account,) = outcome.rules
    return _left(text, artifacts, account)


def _left(text: RuleText, artifacts: Mapping[str, str], account: RuleOutcome) -> UpstreamResult:
    short = replace(account, reason=account.reason[:_MOST_REASON], reason_es=account.reason_es[:_MOST_REASON])
    return UpstreamResult(text.name, account.rule_version, artifacts, [short])


def _errored(entry: Entry, reason: str, reason_es: str) -> RuleOutcome:
    version = str(entry.get("version") or "0")
    return RuleOutcome(str(entry["id"]), version, RuleStatus.ERRORED, reason=reason, reason_es=reason_es)


def _unchecked(text: RuleText) -> dict[str, Any]:
    told = "its check did not come to its end within its limits: write it shorter"
    problem = {"line": 1, "column": 1, "reason": "RULE_CHECK_FAILED", "message": told}
    return {"name": text.name, "id": header_word(text.text, "id"), "phase": header_word(text.text, "phase"),
            "problems": [problem]}  # fmt: skip


def _told_apart(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No two have one id, and none has that of a rule of the catalogue: what cannot be known by its id is known by its
    file's name."""
    taken: set[str] = set()
    for entry in entries:
        told = str(entry.get("id") or "")
        entry["id"] = told if told.startswith("U-") and told not in taken else str(entry["name"])
        entry["phase"] = entry.get("phase") or "consistency"
        taken.add(entry["id"])
    return entries


def _read_checked(out: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((out / _CHECKED).read_bytes())
    for place, entry in enumerate(entries):
        said = out / f"said-{place}.json"
        if said.is_file():
            entry["said"] = str(said)
    return entries


def _file(slot: Slot, place: int, text: RuleText) -> InputFile:
    path, content = slot.inputs / f"own-rule-{place}.sql", text.text.encode("utf-8", "replace")
    path.write_bytes(content)
    return InputFile(text.name, str(path), "", len(content))


def _nothing(_share: float, _step: str) -> None:
    """How far a rule has come is not told: the next one's name is."""
