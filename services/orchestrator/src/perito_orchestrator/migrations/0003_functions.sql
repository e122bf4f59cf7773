-- Hot reads, and one write: one call that names the tenant and selects, which costs half of a transaction with its own
-- SET. They run with the rights of the caller; the setting lasts until the caller's transaction ends.

CREATE FUNCTION read_analysis(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (analysis_id uuid, dataset_id uuid, name text, plan text, params text, status text, partial boolean,
               sequence bigint, submitted_at timestamptz, ended_at timestamptz, failure text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.analysis_id, a.dataset_id, a.name, a.plan::text, a.params::text, a.status, a.partial, a.sequence,
           a.submitted_at, a.ended_at, a.failure::text
    FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
END $$;

CREATE FUNCTION read_phase_runs(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (phase text, ordinal int, state text, attempt int, fraction double precision, step text,
               started_at timestamptz, ended_at timestamptz, failure text, result bytea)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT r.phase, r.ordinal, r.state, r.attempt, r.fraction, r.step, r.started_at, r.ended_at, r.failure::text,
           p.result
    FROM phase_runs r LEFT JOIN phase_results p USING (tenant_id, analysis_id, phase)
    WHERE r.tenant_id = p_tenant AND r.analysis_id = p_analysis ORDER BY r.place;
END $$;

CREATE FUNCTION read_events(p_tenant uuid, p_analysis uuid, p_after bigint, p_limit int)
RETURNS TABLE (sequence bigint, type text, occurred_at timestamptz, data text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT e.sequence, e.type, e.occurred_at, e.data::text FROM events e
    WHERE e.tenant_id = p_tenant AND e.analysis_id = p_analysis AND e.sequence > p_after
    ORDER BY e.sequence LIMIT p_limit;
END $$;

CREATE FUNCTION read_findings(p_tenant uuid, p_analysis uuid, p_limit int, p_priority numeric, p_severity int,
                              p_fingerprint text, p_phase text)
RETURNS TABLE (fingerprint text, rule_id text, rule_version text, phase text, severity int, confidence numeric,
               impact numeric, currency text, identity text, period_start text, period_end text, title_en text,
               title_es text, measures text, row_count bigint, priority numeric)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.fingerprint, f.rule_id, f.rule_version, f.phase, f.severity, f.confidence, f.impact, f.currency,
           f.identity::text, f.period_start, f.period_end, f.title_en, f.title_es, f.measures::text, f.row_count,
           f.priority
    FROM findings f
    WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis
      AND (p_priority IS NULL OR (f.priority, f.severity) < (p_priority, p_severity)
           OR ((f.priority, f.severity) = (p_priority, p_severity) AND (f.fingerprint, f.phase) > (p_fingerprint, p_phase)))
    ORDER BY f.priority DESC, f.severity DESC, f.fingerprint, f.phase
    LIMIT p_limit;
END $$;

CREATE FUNCTION read_totals(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (known boolean, findings bigint, capped boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT EXISTS (SELECT FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis),
           coalesce(sum(p.findings), 0)::bigint, coalesce(bool_or(p.capped), false)
    FROM phase_results p WHERE p.tenant_id = p_tenant AND p.analysis_id = p_analysis;
END $$;

-- The mapping comes first, at place -1, and has the time; the files follow.
CREATE FUNCTION read_dataset(p_tenant uuid, p_dataset uuid)
RETURNS TABLE (place int, name text, object_key text, sha256 text, bytes bigint, media_type text,
               created_at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT -1, '', d.mapping_key, d.mapping_sha256, d.mapping_bytes, d.mapping_media_type, d.created_at
    FROM datasets d WHERE d.tenant_id = p_tenant AND d.dataset_id = p_dataset
    UNION ALL
    SELECT f.place, f.name, f.object_key, f.sha256, f.bytes, f.media_type, NULL
    FROM dataset_files f WHERE f.tenant_id = p_tenant AND f.dataset_id = p_dataset
    ORDER BY 1;
END $$;

CREATE FUNCTION find_key(p_key text)
RETURNS TABLE (tenant_id uuid, secret_sha256 bytea, scopes text[])
LANGUAGE sql STABLE AS $$
  SELECT k.tenant_id, k.secret_sha256, k.scopes FROM api_keys k
  WHERE k.key_id = p_key AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;

-- The one hot write, in one statement: a worker that freezes between two would keep the row locked.
CREATE FUNCTION heartbeat(p_tenant uuid, p_analysis uuid, p_phase text, p_fence bigint, p_seconds double precision,
                          p_fraction double precision, p_step text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  UPDATE phase_runs SET lease_until = clock_timestamp() + make_interval(secs => p_seconds),
         fraction = greatest(fraction, least(1, p_fraction)), step = p_step
   WHERE tenant_id = p_tenant AND analysis_id = p_analysis AND phase = p_phase AND state = 'leased' AND fence = p_fence;
  RETURN FOUND;
END $$;

REVOKE ALL ON FUNCTION read_analysis, read_phase_runs, read_events, read_findings, read_totals, read_dataset,
  find_key, heartbeat FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_analysis, read_phase_runs, read_events, read_findings, read_totals,
  read_dataset, heartbeat TO perito_app;
GRANT EXECUTE ON FUNCTION find_key TO perito_system;
