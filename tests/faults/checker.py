"""Invariants that hold whatever was broken: I1 to I10. Each function answers what does not hold, in words.

| | |
|---|---|
| I1 | every accepted analysis ends as it may, and is partial exactly where a phase failed |
| I2 | one result for each phase that completed, the same as undisturbed, with all the findings that it counts |
| I3 | events are numbered without gap, and a client that reconnects sees each of them once |
| I4 | nothing waits to be sent or worked at, and no message is dead that should not be |
| I5 | no attempt is spent beyond those there are, and none by a drain |
| I6 | no lease outlives its holder |
| I7 | every object that is referred to is there, and none is there that nobody refers to |
| I8 | every message to a webhook arrives, once or oftener, with the same body each time |
| I9 | no process grows beyond its bound |
| I10 | no answer is an error that was not announced |

The database is read as its superuser, past row-level security.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from perito.phase.v1.phase_pb2 import PhaseResult
from perito_orchestrator.roles import SCHEMA, Connection

from tests.faults.observer import Answer

WHOLE = frozenset({"completed"})


@dataclass(frozen=True)
class Accepted:
    """An analysis that was accepted. `digests`: its phases and what each answers undisturbed; `ends`: how it may end;
    `failing`: phases that give no result because of the fault (None: any); `attempts`: the most that a phase may spend.
    """

    analysis: UUID
    digests: Mapping[str, str]
    ends: frozenset[str] = WHOLE
    failing: frozenset[str] | None = frozenset()
    attempts: int = 3


@dataclass(frozen=True)
class Limits:
    """`lease_seconds` as the orchestrators have it; `dead`: dead letters that the fault makes."""

    lease_seconds: float = 2.0
    dead: int = 0
    allowed: frozenset[tuple[int, str]] = field(default_factory=frozenset[tuple[int, str]])
    """Status and reason of errors that the fault announces."""


KILLED = frozenset({(503, "SERVICE_UNAVAILABLE")})
"""What a request is answered that was with an orchestrator when it died: nothing is known of it, so ask again."""


async def connect(dsn: str) -> Connection:
    """A connection that sees every tenant's rows; `dsn` is the superuser's."""
    return await asyncpg.connect(dsn, server_settings={"search_path": SCHEMA})


async def analysis_faults(connection: Connection, accepted: Accepted) -> list[str]:
    """I1, I2, I3, I5 of one analysis as the database has it."""
    key = accepted.analysis
    row = await connection.fetchrow("SELECT * FROM analyses WHERE analysis_id = $1", key)
    if row is None:
        return [f"I1: {key} was accepted, and no such analysis is kept"]
    runs = await connection.fetch("SELECT * FROM phase_runs WHERE analysis_id = $1 ORDER BY place", key)
    found = [
        *_end(row, runs, accepted),
        *await _results(connection, row, runs, accepted),
        *await _events(connection, key, str(row["status"])),
        *(
            f"I5: phase {run['phase']} spent {run['attempt']} attempts, and {accepted.attempts} are the most"
            for run in runs
            if run["attempt"] > accepted.attempts
        ),
    ]
    return [f"{text} (analysis {key})" for text in found]


def _end(row: asyncpg.Record, runs: Sequence[asyncpg.Record], accepted: Accepted) -> Iterable[str]:
    status = str(row["status"])
    if status not in accepted.ends:
        states = ", ".join(f"{run['phase']} {run['state']}" for run in runs)
        yield f"I1: it is {status} and should be {' or '.join(sorted(accepted.ends))}: {states}"
    failed = {str(run["phase"]) for run in runs if run["state"] in {"failed", "skipped"}}
    if status == "completed" and row["partial"] != bool(failed):
        yield f"I1: it says {'partial' if row['partial'] else 'whole'}, and {len(failed)} phases failed"
    if accepted.failing is not None and failed != set(accepted.failing):
        reasons = {str(run["phase"]): run["failure"] for run in runs if run["phase"] in failed}
        yield f"I1: phases {sorted(failed)} failed, and {sorted(accepted.failing)} should have: {reasons}"


async def _results(
    connection: Connection, row: asyncpg.Record, runs: Sequence[asyncpg.Record], accepted: Accepted
) -> list[str]:
    key, broken = accepted.analysis, list[str]()
    results = await connection.fetch("SELECT phase, content_digest FROM phase_results WHERE analysis_id = $1", key)
    counted = Counter(str(result["phase"]) for result in results)
    completed = {str(run["phase"]) for run in runs if run["state"] == "completed"}
    for phase in sorted(completed | counted.keys()):
        if counted[phase] != int(phase in completed):
            broken.append(
                f"I2: phase {phase} has {counted[phase]} results and is{'' if phase in completed else ' not'} completed"
            )
    for result in results:
        if result["content_digest"] != accepted.digests.get(result["phase"]):
            broken.append(f"I2: phase {result['phase']} answered something else than undisturbed")
    missing = accepted.digests.keys() - completed - (accepted.failing or frozenset())
    if row["status"] == "completed" and accepted.failing is not None and missing:
        broken.append(f"I2: {sorted(missing)} gave no result")
    uneven = await connection.fetch(
        "SELECT phase, coalesce(sum(kept), 0) AS kept, (SELECT count(*) FROM findings f WHERE f.analysis_id = $1"
        " AND f.phase = c.phase) AS stored FROM finding_counts c WHERE analysis_id = $1 GROUP BY phase",
        key,
    )
    broken += [
        f"I2: phase {each['phase']} counts {each['kept']} findings and {each['stored']} are stored"
        for each in uneven
        if each["kept"] != each["stored"]
    ]
    return broken


async def _events(connection: Connection, key: UUID, status: str) -> list[str]:
    rows = await connection.fetch("SELECT sequence, type, data FROM events WHERE analysis_id = $1 ORDER BY 1", key)
    numbers, types = [int(row["sequence"]) for row in rows], [str(row["type"]) for row in rows]
    broken: list[str] = []
    if numbers != list(range(1, len(numbers) + 1)):
        broken.append(f"I3: events are numbered {numbers}")
    ends = [name for name in types if name in {"analysis.completed", "analysis.failed", "analysis.cancelled"}]
    if ends != ([] if status in {"pending", "running"} else [f"analysis.{status}"]) or (ends and types[-1] != ends[0]):
        broken.append(f"I3: it is {status}, and its events say {types}")
    done = Counter(str(row["data"]) for row in rows if row["type"] == "phase.completed")
    broken += [f"I3: told {times} times: {data}" for data, times in done.items() if times > 1]
    return broken


async def left_over(connection: Connection, limits: Limits) -> list[str]:
    """I4 and I6, of the whole database: what is left when every analysis has ended."""
    outbox = await connection.fetchval("SELECT count(*) FROM outbox")
    held = await connection.fetch("SELECT analysis_id, phase, lease_owner FROM phase_runs WHERE state = 'leased'")
    late = await connection.fetchval(
        "SELECT count(*) FROM phase_runs WHERE state = 'leased'"
        " AND lease_until < clock_timestamp() - make_interval(secs => $1)",
        limits.lease_seconds,
    )
    broken = [f"I4: {outbox} messages wait in the outbox"] if outbox else []
    broken += [f"I6: {each['lease_owner']} holds {each['phase']} of {each['analysis_id']}" for each in held]
    return [*broken, f"I6: {late} leases ran out longer ago than they last"] if late else broken


def queue_faults(waiting: Mapping[str, int], dead: int, limits: Limits) -> list[str]:
    """I4, of the broker: messages waiting by queue, and dead ones."""
    broken = [f"I4: {number} messages wait in queue {queue}" for queue, number in waiting.items() if number]
    return broken if dead == limits.dead else [*broken, f"I4: {dead} messages are dead, and {limits.dead} should be"]


async def object_faults(connection: Connection, objects: Mapping[str, int]) -> list[str]:
    """I7. `objects`: what the store holds, key and bytes."""
    referred = {
        str(row["object_key"]): int(row["bytes"])
        for row in await connection.fetch(
            "SELECT object_key, bytes FROM dataset_files UNION ALL"
            " SELECT mapping_key, mapping_bytes FROM datasets WHERE mapping_key <> ''"
        )
    }
    for row in await connection.fetch("SELECT result FROM phase_results"):
        for artifact in PhaseResult.FromString(row["result"]).artifacts:
            referred[artifact.object.key] = artifact.object.bytes
    missing = sorted(key for key in referred if key not in objects)
    cut = sorted(key for key, size in referred.items() if objects.get(key, size) != size)
    orphans = sorted(objects.keys() - referred.keys())
    broken = [f"I7: {len(missing)} objects are referred to and missing, such as {missing[0]}"] if missing else []
    broken += [f"I7: {len(cut)} objects have another length, such as {cut[0]}"] if cut else []
    return [*broken, f"I7: nobody refers to {len(orphans)} objects, such as {orphans[0]}"] if orphans else broken


async def webhook_faults(connection: Connection, received: Mapping[str, AbstractSet[bytes]]) -> list[str]:
    """I8. `received`: the bodies that came under each message's id, at all receivers of webhooks that are enabled.

    Every event that a webhook listens to has its delivery, and each delivery has arrived, as it is stored.
    """
    unwritten = await connection.fetchval(
        "SELECT count(*) FROM events e JOIN webhooks w ON w.tenant_id = e.tenant_id AND w.enabled"
        " AND e.type = ANY (w.event_types) AND e.occurred_at > w.created_at WHERE NOT EXISTS"
        " (SELECT FROM webhook_deliveries d WHERE d.tenant_id = w.tenant_id AND d.webhook_id = w.webhook_id"
        "  AND d.analysis_id = e.analysis_id AND convert_from(d.body, 'UTF8')::jsonb #> '{data,sequence}'"
        "  = to_jsonb(e.sequence))"
    )
    broken = [f"I8: {unwritten} events have no delivery to a webhook that listens"] if unwritten else []
    sent: dict[str, bytes] = {}
    for row in await connection.fetch(
        "SELECT d.message_id, d.body, d.state FROM webhook_deliveries d JOIN webhooks w USING (tenant_id, webhook_id)"
        " WHERE w.enabled"
    ):
        message = f"msg_{row['message_id'].hex}"
        sent[message] = row["body"]
        if row["state"] != "delivered":
            broken.append(f"I8: {message} is {row['state']}")
        if not received.get(message):
            broken.append(f"I8: {message} never arrived")
    for message, bodies in received.items():
        if message not in sent:
            broken.append(f"I8: {message} arrived, and no delivery is of that id")
        elif bodies != {sent[message]}:
            broken.append(f"I8: {message} arrived with {len(bodies)} bodies, or with another one than is stored")
    return broken


def stream_faults(kept: Sequence[int], seen: Sequence[int]) -> list[str]:
    """I3, of a client: numbers of the events that are kept, and of those that came, over all its connections."""
    return [] if list(kept) == list(seen) else [f"I3: events {list(kept)} are kept and {list(seen)} were seen"]


def memory_faults(largest: Mapping[str, int], limit: int) -> list[str]:
    """I9. Most bytes that each process had resident."""
    return [f"I9: {name} had {size >> 20} MiB, over {limit >> 20}" for name, size in largest.items() if size > limit]


def answer_faults(answers: Iterable[Answer], limits: Limits) -> list[str]:
    """I10. A 503 must say when to come again, too."""
    broken: list[str] = []
    for answer in answers:
        if answer.status >= 500 and (answer.status, answer.reason) not in limits.allowed:
            broken.append(f"I10: {answer.method} {answer.path} was answered {answer.status} {answer.reason}")
        if answer.status == 503 and not answer.retry_after:
            broken.append(f"I10: {answer.method} {answer.path} was answered 503 without Retry-After")
    return broken
