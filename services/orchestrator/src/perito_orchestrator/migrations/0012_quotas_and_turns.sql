-- What a tenant may have and has, analyses that wait until one of its others ends, and whose turn it is.

-- NULL is the default of the deployment, 0 is no bound.
ALTER TABLE tenants
  ADD COLUMN quota_analyses bigint CHECK (quota_analyses >= 0),
  ADD COLUMN quota_running bigint CHECK (quota_running >= 0),
  ADD COLUMN quota_bytes bigint CHECK (quota_bytes >= 0),
  ADD COLUMN quota_datasets bigint CHECK (quota_datasets >= 0);

-- Bytes of files and mapping, and of what a phase left. Results from before this column count as nothing.
ALTER TABLE datasets ADD COLUMN bytes bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0);
ALTER TABLE phase_results ADD COLUMN bytes bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0);

-- Kept by triggers. Its row is the last lock that a transaction takes before the audit chain: an admission is decided
-- under it.
CREATE TABLE tenant_usage (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  datasets bigint NOT NULL DEFAULT 0,
  dataset_bytes bigint NOT NULL DEFAULT 0,
  result_bytes bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Analyses that were accepted and have nothing queued yet, because as many as may of their tenant run.
CREATE TABLE held_analyses (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  held_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, analysis_id),
  FOREIGN KEY (tenant_id, analysis_id) REFERENCES analyses
);
CREATE INDEX held_analyses_by_time ON held_analyses (tenant_id, held_at, analysis_id);

-- When a run of the phase was last given to somebody for the tenant.
CREATE TABLE turns (
  tenant_id uuid NOT NULL REFERENCES tenants,
  phase text NOT NULL,
  served_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, phase)
) WITH (fillfactor = 50);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenant_usage', 'held_analyses', 'turns'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO perito_owner, perito_app
      USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
  END LOOP;
END $$;
GRANT SELECT ON tenant_usage TO perito_app;
GRANT SELECT, INSERT ON held_analyses TO perito_app;
GRANT SELECT, INSERT, UPDATE (served_at) ON turns TO perito_app;
CREATE POLICY turn ON turns FOR SELECT TO perito_system USING (true);
GRANT SELECT ON turns TO perito_system;
CREATE POLICY release ON held_analyses FOR SELECT TO perito_system USING (true);
GRANT SELECT (tenant_id) ON held_analyses TO perito_system;

-- The trace that a run belongs to: whoever claims it may have been woken by another one's message.
ALTER TABLE phase_runs ADD COLUMN trace jsonb NOT NULL DEFAULT '{}';
GRANT UPDATE (trace) ON phase_runs TO perito_app;

-- The first run of a tenant, and the next tenant, are found without looking at the others. No column that a heartbeat
-- writes is in it.
CREATE INDEX phase_runs_queued ON phase_runs (phase, tenant_id, next_at, analysis_id) WHERE state = 'queued';
CREATE INDEX analyses_open ON analyses (tenant_id, analysis_id) WHERE ended_at IS NULL;

-- What is there already, of every tenant: see 0005.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE datasets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE dataset_files NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tenant_usage NO FORCE ROW LEVEL SECURITY;
UPDATE datasets d SET bytes = coalesce(d.mapping_bytes, 0) + (
  SELECT coalesce(sum(f.bytes), 0) FROM dataset_files f WHERE f.tenant_id = d.tenant_id AND f.dataset_id = d.dataset_id);
INSERT INTO tenant_usage (tenant_id, datasets, dataset_bytes)
  SELECT t.tenant_id, count(d.dataset_id), coalesce(sum(d.bytes), 0)
  FROM tenants t LEFT JOIN datasets d USING (tenant_id) GROUP BY t.tenant_id;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE datasets FORCE ROW LEVEL SECURITY;
ALTER TABLE dataset_files FORCE ROW LEVEL SECURITY;
ALTER TABLE tenant_usage FORCE ROW LEVEL SECURITY;

CREATE FUNCTION add_usage(p_tenant uuid, p_datasets bigint, p_dataset_bytes bigint, p_result_bytes bigint)
RETURNS void LANGUAGE sql AS $$
  SELECT set_config('app.tenant', p_tenant::text, true);  -- as it is, unless a superuser plants rows
  INSERT INTO tenant_usage AS u (tenant_id, datasets, dataset_bytes, result_bytes)
    VALUES (p_tenant, p_datasets, p_dataset_bytes, p_result_bytes)
    ON CONFLICT (tenant_id) DO UPDATE SET datasets = u.datasets + p_datasets,
      dataset_bytes = u.dataset_bytes + p_dataset_bytes, result_bytes = u.result_bytes + p_result_bytes
$$;

-- As the owner, so that nobody else writes the figures.
CREATE FUNCTION note_dataset() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM add_usage(NEW.tenant_id, 1, NEW.bytes, 0);
  ELSE
    PERFORM add_usage(OLD.tenant_id, -1, -OLD.bytes, 0);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION note_result() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM add_usage(NEW.tenant_id, 0, 0, NEW.bytes);
  ELSE
    PERFORM add_usage(OLD.tenant_id, 0, 0, -OLD.bytes);
  END IF;
  RETURN NULL;
END $$;

-- At the end of the transaction: a row that many transactions of a tenant want is locked for the shortest time, and
-- after every other lock, so that no two wait for each other.
CREATE CONSTRAINT TRIGGER note_usage AFTER INSERT OR DELETE ON datasets
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_dataset();
CREATE CONSTRAINT TRIGGER note_usage AFTER INSERT OR DELETE ON phase_results
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_result();

-- What the tenant has and may have. `app.quota_*` are the defaults, which the orchestrator's connections bring.
CREATE FUNCTION usage_of(p_tenant uuid)
RETURNS TABLE (datasets bigint, dataset_bytes bigint, result_bytes bigint, unended bigint, waiting bigint,
               most_analyses bigint, most_running bigint, most_bytes bigint, most_datasets bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT coalesce(u.datasets, 0), coalesce(u.dataset_bytes, 0), coalesce(u.result_bytes, 0),
           (SELECT count(*) FROM analyses a WHERE a.tenant_id = p_tenant AND a.ended_at IS NULL),
           (SELECT count(*) FROM held_analyses h WHERE h.tenant_id = p_tenant),
           coalesce(t.quota_analyses, nullif(current_setting('app.quota_analyses', true), '')::bigint, 0),
           coalesce(t.quota_running, nullif(current_setting('app.quota_running', true), '')::bigint, 0),
           coalesce(t.quota_bytes, nullif(current_setting('app.quota_bytes', true), '')::bigint, 0),
           coalesce(t.quota_datasets, nullif(current_setting('app.quota_datasets', true), '')::bigint, 0)
    FROM tenants t LEFT JOIN tenant_usage u USING (tenant_id) WHERE t.tenant_id = p_tenant;
END $$;

-- Whoever admits something, or lets something begin, does it one after the other for a tenant. What the transaction has
-- inserted so far is in the figures then.
CREATE FUNCTION lock_usage(p_tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  PERFORM FROM tenant_usage u WHERE u.tenant_id = p_tenant FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO tenant_usage (tenant_id) VALUES (p_tenant) ON CONFLICT DO NOTHING;
    PERFORM FROM tenant_usage u WHERE u.tenant_id = p_tenant FOR NO KEY UPDATE;
  END IF;
END $$;

-- Takes from those that are held, oldest first, as many as there is room for, with their plans. One that somebody is
-- about to cancel is passed over.
CREATE FUNCTION release_held(p_tenant uuid, p_most bigint)
RETURNS TABLE (analysis_id uuid, plan text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE room bigint;
BEGIN
  IF p_tenant IS DISTINCT FROM nullif(current_setting('app.tenant', true), '')::uuid THEN
    RETURN;  -- of another tenant there is nothing to see
  END IF;
  PERFORM lock_usage(p_tenant);
  SELECT CASE u.most_running WHEN 0 THEN p_most ELSE least(p_most, greatest(0, u.most_running - (u.unended - u.waiting))) END
    INTO room FROM usage_of(p_tenant) AS u;
  RETURN QUERY
    WITH next AS (
      SELECT h.analysis_id FROM held_analyses h WHERE h.tenant_id = p_tenant
      ORDER BY h.held_at, h.analysis_id LIMIT room FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM held_analyses h USING next WHERE h.tenant_id = p_tenant AND h.analysis_id = next.analysis_id
      RETURNING h.analysis_id
    )
    SELECT a.analysis_id, a.plan::text FROM analyses a JOIN gone USING (analysis_id) WHERE a.tenant_id = p_tenant;
END $$;

-- Whoever cancels an analysis takes it from those that are held before he locks it, as whoever lets it begin does.
CREATE FUNCTION forget_held(p_tenant uuid, p_analysis uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
  DELETE FROM held_analyses h WHERE h.tenant_id = p_tenant AND h.analysis_id = p_analysis
$$;

REVOKE ALL ON FUNCTION add_usage, note_dataset, note_result, usage_of, lock_usage, release_held, forget_held FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_of, lock_usage, release_held, forget_held TO perito_app;
