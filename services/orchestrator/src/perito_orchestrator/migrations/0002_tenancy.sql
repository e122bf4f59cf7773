-- Row-level security, forced, so that it binds the owner too. Without app.tenant a row is nobody's and stays unseen.
-- perito_system sees no tenant's data: it has the outbox, the open phase runs and the key table, and nothing else.

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'api_keys', 'datasets', 'dataset_files', 'analyses', 'phase_runs',
                              'phase_results', 'findings', 'events', 'outbox', 'idempotency'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO perito_owner, perito_app
      USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
  END LOOP;
END $$;

CREATE POLICY relay ON outbox TO perito_system USING (true) WITH CHECK (true);
CREATE POLICY reconcile ON phase_runs TO perito_system USING (state IN ('queued', 'leased'));
CREATE POLICY lookup ON api_keys FOR SELECT TO perito_system USING (true);

REVOKE ALL ON SCHEMA perito FROM PUBLIC;
GRANT USAGE ON SCHEMA perito TO perito_app, perito_system;

GRANT SELECT, INSERT ON datasets, dataset_files, analyses, phase_runs, phase_results, findings, events, idempotency
  TO perito_app;
GRANT SELECT ON tenants TO perito_app;
GRANT INSERT ON outbox TO perito_app;
GRANT UPDATE (status, partial, sequence, ended_at, failure) ON analyses TO perito_app;
GRANT UPDATE (state, attempt, fence, lease_owner, lease_until, queued_at, next_at, woken_at, fraction, step, started_at,
              ended_at, failure) ON phase_runs TO perito_app;

GRANT SELECT, DELETE, UPDATE (tries, next_at) ON outbox TO perito_system;
GRANT SELECT (tenant_id, analysis_id, phase, state, attempt, voids, lease_owner, lease_until, next_at, woken_at),
      UPDATE (attempt, voids, lease_until, woken_at) ON phase_runs TO perito_system;
GRANT SELECT ON api_keys TO perito_system;
