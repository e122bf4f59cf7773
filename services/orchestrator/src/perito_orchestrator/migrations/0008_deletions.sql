-- Analyses and datasets are deleted: their rows in one transaction, their objects afterwards, whatever dies in between.

-- Whether a dataset came with an analysis, and goes with the last one that uses it. Those from before this column, and
-- those that were uploaded by themselves, stay until retention.
ALTER TABLE datasets ADD COLUMN brought boolean NOT NULL DEFAULT false;
CREATE INDEX datasets_by_time ON datasets (tenant_id, created_at);
CREATE INDEX idempotency_by_resource ON idempotency (tenant_id, resource_id);

-- Whose objects must go. A row outlives the work by a week: a dataset that is named here is never registered again,
-- however late whoever uploaded it wakes up.
CREATE TABLE deletions (
  tenant_id uuid NOT NULL REFERENCES tenants,
  kind text NOT NULL CHECK (kind IN ('analyses', 'datasets')),
  resource_id uuid NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries int NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  done_at timestamptz,
  PRIMARY KEY (tenant_id, kind, resource_id)
);
CREATE INDEX deletions_due ON deletions (next_at) WHERE done_at IS NULL;
CREATE INDEX deletions_done ON deletions (done_at);
ALTER TABLE deletions ENABLE ROW LEVEL SECURITY;
ALTER TABLE deletions FORCE ROW LEVEL SECURITY;
REVOKE ALL ON deletions FROM PUBLIC;
CREATE POLICY tenant ON deletions TO perito_owner, perito_app
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY work ON deletions TO perito_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (next_at, done_at) ON deletions TO perito_app;
GRANT SELECT, DELETE, UPDATE (tries, next_at, done_at) ON deletions TO perito_system;

-- Whose rows there are to look at. What a tenant has, perito_system still does not see.
CREATE POLICY sweep ON tenants FOR SELECT TO perito_system USING (true);
GRANT SELECT (tenant_id) ON tenants TO perito_system;

-- Whoever deletes a dataset, and whoever registers one, takes this first, to the end of the transaction.
CREATE FUNCTION lock_dataset(p_dataset uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(p_dataset::text, 9))
$$;

-- perito_app deletes through these alone: nothing of an analysis that has not ended, no dataset that is used. They run as
-- the owner, whom row-level security binds to app.tenant as well.
CREATE FUNCTION delete_unused_dataset(p_tenant uuid, p_dataset uuid, p_brought boolean)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  PERFORM lock_dataset(p_dataset);
  -- A submission that names the dataset shares its row until it commits; the next statement sees what it did.
  PERFORM FROM datasets d WHERE d.tenant_id = p_tenant AND d.dataset_id = p_dataset AND d.brought >= p_brought FOR UPDATE;
  IF NOT FOUND OR EXISTS (SELECT FROM analyses a WHERE a.tenant_id = p_tenant AND a.dataset_id = p_dataset) THEN
    RETURN false;
  END IF;
  DELETE FROM dataset_files f WHERE f.tenant_id = p_tenant AND f.dataset_id = p_dataset;
  DELETE FROM datasets d WHERE d.tenant_id = p_tenant AND d.dataset_id = p_dataset;
  DELETE FROM idempotency i WHERE i.tenant_id = p_tenant AND i.resource_id = p_dataset;
  INSERT INTO deletions (tenant_id, kind, resource_id) VALUES (p_tenant, 'datasets', p_dataset)
    ON CONFLICT (tenant_id, kind, resource_id) DO UPDATE SET done_at = NULL, next_at = clock_timestamp();
  RETURN true;
END $$;

-- The status that it had, NULL where there is no such analysis. One that has not ended stays as it is.
CREATE FUNCTION delete_analysis(p_tenant uuid, p_analysis uuid)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE
  was text;
  books uuid;
BEGIN
  SELECT a.status, a.dataset_id INTO was, books FROM analyses a
   WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis FOR UPDATE;
  IF was IS NULL OR was IN ('pending', 'running') THEN
    RETURN was;
  END IF;
  DELETE FROM finding_counts c WHERE c.tenant_id = p_tenant AND c.analysis_id = p_analysis;
  DELETE FROM phase_results p WHERE p.tenant_id = p_tenant AND p.analysis_id = p_analysis;
  DELETE FROM phase_runs r WHERE r.tenant_id = p_tenant AND r.analysis_id = p_analysis;
  DELETE FROM findings f WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis;
  DELETE FROM events e WHERE e.tenant_id = p_tenant AND e.analysis_id = p_analysis;
  DELETE FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
  DELETE FROM idempotency i WHERE i.tenant_id = p_tenant AND i.resource_id = p_analysis;
  INSERT INTO deletions (tenant_id, kind, resource_id) VALUES (p_tenant, 'analyses', p_analysis)
    ON CONFLICT (tenant_id, kind, resource_id) DO UPDATE SET done_at = NULL, next_at = clock_timestamp();
  PERFORM delete_unused_dataset(p_tenant, books, true);
  RETURN was;
END $$;

REVOKE ALL ON FUNCTION lock_dataset, delete_unused_dataset, delete_analysis FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_dataset, delete_unused_dataset, delete_analysis TO perito_app;
