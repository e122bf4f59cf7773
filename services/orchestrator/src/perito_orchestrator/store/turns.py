"""Whose turn it is: the run of a phase that is to be claimed next, of all tenants.

A tenant of whose runs fewer are leased comes first, then the one that was served longer ago, then the run that is due
for longer. So tenants take turns however many runs one of them has queued, and with one seat in all as well. What is
read grows with the tenants that wait and with the leases there are, not with the queue: the first queued run of each
tenant is found by its index, and so is the next tenant.
"""

from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Task

# Whether a run is due is asked of the first one alone: further ones are due later. A lease that ran out is claimed as
# if it were queued, one without an attempt left when its holder has had the time to say that he lives (`runs.claim`).
NEXT = """
WITH RECURSIVE waiting AS (
  (SELECT r.tenant_id FROM phase_runs r WHERE r.state = 'queued' AND r.phase = $1 ORDER BY r.tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.tenant_id FROM phase_runs r
          WHERE r.state = 'queued' AND r.phase = $1 AND r.tenant_id > w.tenant_id ORDER BY r.tenant_id LIMIT 1)
  FROM waiting w WHERE w.tenant_id IS NOT NULL
), leased AS MATERIALIZED (
  SELECT r.tenant_id, r.analysis_id, r.attempt, r.lease_until, r.lease_until < clock_timestamp() AS ran_out
  FROM phase_runs r WHERE r.state = 'leased' AND r.phase = $1
), due AS (
  SELECT first.tenant_id, first.analysis_id, first.next_at AS since
  FROM waiting w CROSS JOIN LATERAL (
    SELECT r.tenant_id, r.analysis_id, r.next_at FROM phase_runs r
    WHERE r.state = 'queued' AND r.phase = $1 AND r.tenant_id = w.tenant_id
    ORDER BY r.next_at, r.analysis_id LIMIT 1) AS first
  WHERE first.next_at <= clock_timestamp()
  UNION ALL
  SELECT l.tenant_id, l.analysis_id, l.lease_until FROM leased l
  WHERE l.ran_out AND (l.attempt < $2 OR l.lease_until < clock_timestamp() - make_interval(secs => $3))
), held AS (
  SELECT l.tenant_id, count(*) AS runs FROM leased l WHERE NOT l.ran_out GROUP BY l.tenant_id
)
SELECT d.tenant_id, d.analysis_id
FROM due d LEFT JOIN held h ON h.tenant_id = d.tenant_id
  LEFT JOIN turns t ON t.tenant_id = d.tenant_id AND t.phase = $1
ORDER BY coalesce(h.runs, 0), t.served_at NULLS FIRST, d.since, d.analysis_id LIMIT 1
"""


async def next_due(system: Database, phase: str, ttl_seconds: float, max_attempts: int) -> Task | None:
    """The run whose turn it is, None where none is due. As perito_system; somebody may claim it in between."""
    rows = await system.fetch(NEXT, phase, max_attempts, ttl_seconds)
    return Task(rows[0]["tenant_id"], rows[0]["analysis_id"], phase) if rows else None
