"""The plan of an analysis and its state machine: pure functions over names, no clock, no database, no phase by name.

A plan is frozen at submit: the phases asked for and what they require, in an order that respects their dependencies,
with the versions and catalogue digests of that moment. From then on only states change:

    waiting -> queued -> leased -> completed | failed        waiting -> skipped
                 ^----------' (given back, retried, lease expired)
    waiting | queued | leased -> cancelled

- A phase is queued when every phase of `requires` has completed and every phase of `after` has ended somehow. A phase
  of `after` that is not in the plan is not waited for.
- A phase is skipped when one that it requires failed or was skipped.
- The analysis ends when every phase has. Then it *failed* if none of the phases that were asked for and do work of
  their own completed; otherwise it *completed*, `partial` if anything failed or was skipped. A phase that has only
  `after` reads what others found: it runs whatever happened, so that it ran says nothing about the books. It decides
  only where nothing else was asked for.
- Whoever cancels an analysis ends it: what has not ended is cancelled with it, and nothing follows from that.
"""

import heapq
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from perito_kernel.errors import Invalid, Precondition


class State(Enum):
    """Where a phase of an analysis stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    LEASED = "leased"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """No further change."""
        return self not in (State.WAITING, State.QUEUED, State.LEASED)


@dataclass(frozen=True)
class PhaseInfo:
    """A phase as it described itself. `rule_ids` is empty in plans of versions that did not ask for them."""

    name: str
    ordinal: int
    version: str
    requires: tuple[str, ...]
    after: tuple[str, ...]
    catalogue_digest: str
    rule_ids: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def known_rules(self) -> tuple[str, ...]:
        """Ids of which it may have findings."""
        return self.rule_ids


@dataclass(frozen=True)
class PlannedPhase(PhaseInfo):
    """A phase of a plan; `asked` is False where it is there only because another requires it. `own_rules` are the
    tenant's own that it runs.
    """

    asked: bool
    own_rules: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def known_rules(self) -> tuple[str, ...]:
        """Those of its catalogue, and the tenant's own that it runs."""
        return self.rule_ids + self.own_rules


@dataclass(frozen=True)
class Plan:
    """Phases in an order in which they could run one by one."""

    phases: tuple[PlannedPhase, ...]

    def phase(self, name: str) -> PlannedPhase:
        """The phase of this name; KeyError if it is not in the plan."""
        return {p.name: p for p in self.phases}[name]


@dataclass(frozen=True)
class Changes:
    """What follows from the states: phases to queue and phases to skip, in the order of the plan."""

    queue: tuple[str, ...]
    skip: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """How an analysis ended. `culprit` is the first failed phase in the order of the plan, "" if none failed."""

    failed: bool
    partial: bool
    culprit: str


def check_registry(infos: Sequence[PhaseInfo]) -> None:
    """Raises Precondition PHASES_INCONSISTENT where no plan could be made: double names, unknown names, circles."""
    names = [i.name for i in infos]
    if len(set(names)) != len(names) or len({i.ordinal for i in infos}) != len(infos):
        raise _inconsistent("two phases have the same name or number")
    for info in infos:
        unknown = sorted(set(info.requires + info.after) - set(names))
        if unknown:
            raise _inconsistent(f"{info.name} depends on {', '.join(unknown)}, which nobody serves")
    if len(_ordered({i.name: i for i in infos})) != len(infos):
        raise _inconsistent("phases wait for each other in a circle")


def freeze(
    infos: Sequence[PhaseInfo], ordinals: Sequence[int], own_rules: Mapping[str, tuple[str, ...]] | None = None
) -> Plan:
    """Plan of the phases asked for by number (none: all) and of everything they require; `own_rules` by phase.

    Raises Invalid PHASE_UNKNOWN for a number that no phase has.
    """
    by_name = {i.name: i for i in infos}
    by_ordinal = {i.ordinal: i.name for i in infos}
    unknown = sorted(set(ordinals) - set(by_ordinal))
    if unknown:
        known = ", ".join(f"{n} ({by_ordinal[n]})" for n in sorted(by_ordinal))
        raise Invalid(
            "PHASE_UNKNOWN",
            f"There is no phase {unknown[0]}. Choose among {known}, or leave phases out to run them all.",
            {"phase": unknown[0]},
        )
    asked = {by_ordinal[n] for n in ordinals} if ordinals else set(by_name)
    chosen: dict[str, PhaseInfo] = {}
    todo = sorted(asked)
    while todo:
        info = by_name[todo.pop()]
        if info.name not in chosen:
            chosen[info.name] = info
            todo.extend(info.requires)
    own = own_rules or {}
    ordered = _ordered(chosen)
    return Plan(tuple(PlannedPhase(**asdict(i), asked=i.name in asked, own_rules=own.get(i.name, ())) for i in ordered))


def follow(plan: Plan, states: Mapping[str, State]) -> Changes:
    """What becomes of the waiting phases; repeated application changes nothing more once the changes are made."""
    now = dict(states)
    queue: list[str] = []
    skip: list[str] = []
    for phase in plan.phases:
        if now[phase.name] is not State.WAITING:
            continue
        required = [now[name] for name in phase.requires]
        awaited = [now[name] for name in phase.after if name in now]
        if any(state in (State.FAILED, State.SKIPPED) for state in required):
            now[phase.name] = State.SKIPPED
            skip.append(phase.name)
        elif all(state is State.COMPLETED for state in required) and all(state.ended for state in awaited):
            now[phase.name] = State.QUEUED
            queue.append(phase.name)
    return Changes(tuple(queue), tuple(skip))


def verdict(plan: Plan, states: Mapping[str, State]) -> Verdict | None:
    """How the analysis ended, or None while a phase has not."""
    if not all(states[p.name].ended for p in plan.phases):
        return None
    asked = [p for p in plan.phases if p.asked]
    working = [p for p in asked if p.requires or not p.after] or asked
    failed = not any(states[p.name] is State.COMPLETED for p in working)
    broken = [p.name for p in plan.phases if states[p.name] is not State.COMPLETED]
    culprits = [name for name in broken if states[name] is State.FAILED]
    return Verdict(failed, bool(broken) and not failed, culprits[0] if culprits else "")


def progress(fractions: Iterable[tuple[State, float]], *, ended: bool) -> int:
    """0 to 100 for the whole analysis: the mean over its phases, 100 only when it has ended by itself.

    It never falls because no phase's fraction does, and a phase that has ended counts as done. A cancelled one counts
    for what it had done.
    """
    shares = [
        1.0 if state.ended and state is not State.CANCELLED else min(max(fraction, 0.0), 1.0)
        for state, fraction in fractions
    ]
    return 100 if ended else min(99, int(100 * sum(shares) / max(1, len(shares))))


def plan_to_json(plan: Plan) -> str:
    """Form in which a plan is stored."""
    return json.dumps({"phases": [asdict(p) for p in plan.phases]}, sort_keys=True)


def plan_from_json(text: str) -> Plan:
    """Inverse of `plan_to_json`."""
    raw: Any = json.loads(text)["phases"]
    for phase in raw:
        phase["requires"] = tuple(phase["requires"])
        phase["after"] = tuple(phase["after"])
        phase["rule_ids"] = tuple(phase.get("rule_ids", ()))
        phase["own_rules"] = tuple(phase.get("own_rules", ()))
    return Plan(tuple(PlannedPhase(**phase) for phase in raw))


def _ordered(chosen: Mapping[str, PhaseInfo]) -> list[PhaseInfo]:
    """Dependencies first, lower numbers first among equals; shorter than `chosen` where there is a circle."""
    before = {name: {d for d in info.requires + info.after if d in chosen} for name, info in chosen.items()}
    ready = [(chosen[name].ordinal, name) for name, waits in before.items() if not waits]
    heapq.heapify(ready)
    order: list[PhaseInfo] = []
    while ready:
        _, name = heapq.heappop(ready)
        order.append(chosen[name])
        for other, waits in before.items():
            if name in waits:
                waits.remove(name)
                if not waits:
                    heapq.heappush(ready, (chosen[other].ordinal, other))
    return order


def _inconsistent(what: str) -> Precondition:
    return Precondition(
        "PHASES_INCONSISTENT",
        f"The phase services do not fit together: {what}. Check that every phase is deployed once and in one version.",
    )
