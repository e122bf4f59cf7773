-- Since when a phase run has found its phase or the object store away, NULL where it has not. Patience counts from here
-- and not from when the run was queued: work that waited its turn for long has as much of it as any other.
ALTER TABLE phase_runs ADD COLUMN away_since timestamptz;
GRANT UPDATE (away_since) ON phase_runs TO perito_app;
