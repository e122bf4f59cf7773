-- Rules of a tenant's own: their texts, version by version, and those that analyses were accepted with.

-- `version` is the one that is run where it is enabled.
CREATE TABLE own_rules (
  tenant_id uuid NOT NULL REFERENCES tenants,
  rule_id text NOT NULL CHECK (rule_id ~ '^U-[0-9]{3,4}$'),
  enabled boolean NOT NULL,
  version int NOT NULL CHECK (version > 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, rule_id)
);

-- `facts` is what the check read in the text; `made_by` the key that sent it. A version is written once.
CREATE TABLE own_rule_versions (
  tenant_id uuid NOT NULL,
  rule_id text NOT NULL,
  version int NOT NULL,
  text text NOT NULL CHECK (octet_length(text) BETWEEN 1 AND 65536),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  facts jsonb NOT NULL,
  made_by text NOT NULL CHECK (length(made_by) <= 200),
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, rule_id, version),
  FOREIGN KEY (tenant_id, rule_id) REFERENCES own_rules ON DELETE CASCADE
);

-- Rules as analyses were accepted with them: the same rules are one row, which goes with the last analysis that has it.
-- `digest` is over ids and texts, `rules` a list of {name, text} by name.
CREATE TABLE rule_packs (
  tenant_id uuid NOT NULL REFERENCES tenants,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  rules jsonb NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, digest)
);
ALTER TABLE analyses ADD COLUMN rule_pack bytea;
ALTER TABLE analyses ADD FOREIGN KEY (tenant_id, rule_pack) REFERENCES rule_packs;
CREATE INDEX analyses_by_rule_pack ON analyses (tenant_id, rule_pack) WHERE rule_pack IS NOT NULL;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['own_rules', 'own_rule_versions', 'rule_packs'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO perito_owner, perito_app
      USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE (enabled, version, updated_at) ON own_rules TO perito_app;
GRANT SELECT, INSERT, DELETE ON own_rule_versions TO perito_app;
GRANT SELECT ON rule_packs TO perito_app;

-- Whoever makes or changes a rule takes this first, so that two at once do not both find room.
CREATE FUNCTION lock_own_rules(p_tenant uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(p_tenant::text, 16))
$$;

-- With its versions, and the idempotency key that made it. As the owner, whom row-level security binds as well.
CREATE FUNCTION delete_own_rule(p_tenant uuid, p_rule text, p_resource uuid)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  DELETE FROM idempotency i WHERE i.tenant_id = p_tenant AND i.operation = 'rule' AND i.resource_id = p_resource;
  DELETE FROM own_rules r WHERE r.tenant_id = p_tenant AND r.rule_id = p_rule;
  RETURN FOUND;
END $$;

-- The rules that a new analysis runs, by id. Asked with each one that is accepted.
CREATE FUNCTION read_enabled_rules(p_tenant uuid)
RETURNS TABLE (rule_id text, version int, sha256 bytea, phase text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT r.rule_id, r.version, v.sha256, v.facts->>'phase'
    FROM own_rules r JOIN own_rule_versions v USING (tenant_id, rule_id, version)
    WHERE r.tenant_id = p_tenant AND r.enabled ORDER BY r.rule_id COLLATE "C";
END $$;

-- Keeps versions of rules as one pack, or finds them kept, and holds it to the end of the transaction: whoever would
-- delete it waits. False where a rule has been deleted since it was read.
CREATE FUNCTION keep_rule_pack(p_tenant uuid, p_digest bytea, p_rules text[], p_versions int[])
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE held jsonb;
BEGIN
  LOOP
    PERFORM FROM rule_packs p WHERE p.tenant_id = p_tenant AND p.digest = p_digest FOR KEY SHARE;
    IF FOUND THEN
      RETURN true;
    END IF;
    SELECT jsonb_agg(jsonb_build_object('name', v.rule_id || '.sql', 'text', v.text) ORDER BY v.rule_id COLLATE "C")
      INTO held FROM unnest(p_rules, p_versions) AS w (rule_id, version)
      JOIN own_rule_versions v ON v.tenant_id = p_tenant AND v.rule_id = w.rule_id AND v.version = w.version;
    IF jsonb_array_length(held) IS DISTINCT FROM cardinality(p_rules) THEN
      RETURN false;
    END IF;
    INSERT INTO rule_packs (tenant_id, digest, rules) VALUES (p_tenant, p_digest, held) ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

CREATE FUNCTION read_rule_pack(p_tenant uuid, p_digest bytea)
RETURNS TABLE (rules text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY SELECT p.rules::text FROM rule_packs p WHERE p.tenant_id = p_tenant AND p.digest = p_digest;
END $$;

-- After an analysis that had it is gone.
CREATE FUNCTION delete_unused_rule_pack(p_tenant uuid, p_digest bytea)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  -- A submission that has it holds the row until it commits; the next statement sees what it did.
  PERFORM FROM rule_packs p WHERE p.tenant_id = p_tenant AND p.digest = p_digest FOR UPDATE;
  DELETE FROM rule_packs p WHERE p.tenant_id = p_tenant AND p.digest = p_digest
     AND NOT EXISTS (SELECT FROM analyses a WHERE a.tenant_id = p_tenant AND a.rule_pack = p_digest);
END $$;

-- As before. The rules that it was accepted with go too, where no other analysis has them.
CREATE OR REPLACE FUNCTION delete_analysis(p_tenant uuid, p_analysis uuid)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE
  was text;
  books uuid;
  pack bytea;
BEGIN
  SELECT a.status, a.dataset_id, a.rule_pack INTO was, books, pack FROM analyses a
   WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis FOR UPDATE;
  IF was IS NULL OR was IN ('pending', 'running') THEN
    RETURN was;
  END IF;
  DELETE FROM dispositions d WHERE d.tenant_id = p_tenant
     AND (d.analysis_id = p_analysis OR EXISTS (SELECT FROM findings f WHERE f.tenant_id = p_tenant
                                                   AND f.fingerprint = d.fingerprint AND f.analysis_id = p_analysis))
     AND NOT EXISTS (SELECT FROM findings f WHERE f.tenant_id = p_tenant AND f.fingerprint = d.fingerprint
                        AND f.analysis_id <> p_analysis);
  DELETE FROM finding_counts c WHERE c.tenant_id = p_tenant AND c.analysis_id = p_analysis;
  DELETE FROM phase_results p WHERE p.tenant_id = p_tenant AND p.analysis_id = p_analysis;
  DELETE FROM phase_runs r WHERE r.tenant_id = p_tenant AND r.analysis_id = p_analysis;
  DELETE FROM findings f WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis;
  DELETE FROM events e WHERE e.tenant_id = p_tenant AND e.analysis_id = p_analysis;
  UPDATE analyses a SET rerun_of = NULL WHERE a.tenant_id = p_tenant AND a.rerun_of = p_analysis;
  DELETE FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
  DELETE FROM idempotency i WHERE i.tenant_id = p_tenant AND i.resource_id = p_analysis;
  INSERT INTO deletions (tenant_id, kind, resource_id) VALUES (p_tenant, 'analyses', p_analysis)
    ON CONFLICT (tenant_id, kind, resource_id) DO UPDATE SET done_at = NULL, next_at = clock_timestamp();
  PERFORM delete_unused_dataset(p_tenant, books, true);
  IF pack IS NOT NULL THEN
    PERFORM delete_unused_rule_pack(p_tenant, pack);
  END IF;
  RETURN was;
END $$;

REVOKE ALL ON FUNCTION lock_own_rules, delete_own_rule, read_enabled_rules, keep_rule_pack, read_rule_pack,
  delete_unused_rule_pack FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_own_rules, delete_own_rule, read_enabled_rules, keep_rule_pack, read_rule_pack
  TO perito_app;
