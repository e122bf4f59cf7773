-- Lists with filters and true totals, and analyses that are cancelled.

-- Why an analysis was cancelled. A phase that had not ended by then is cancelled with it.
ALTER TABLE analyses ADD COLUMN cancel_reason text NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 500);
GRANT UPDATE (cancel_reason) ON analyses TO perito_app;
ALTER TABLE phase_runs DROP CONSTRAINT phase_runs_state_check, ADD CONSTRAINT phase_runs_state_check
  CHECK (state IN ('waiting', 'queued', 'leased', 'completed', 'failed', 'skipped', 'cancelled'));

-- The order of the list is that of its index. None of these columns is written by a running analysis.
CREATE INDEX analyses_by_time ON analyses (tenant_id, submitted_at DESC, analysis_id DESC);
CREATE INDEX analyses_by_dataset ON analyses (tenant_id, dataset_id, submitted_at DESC, analysis_id DESC);

-- How many findings a phase has of each rule and severity, and how many of them are kept in `findings`. What a phase did
-- not say has an empty rule or severity -1: it could be any.
CREATE TABLE finding_counts (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  phase text NOT NULL,
  rule_id text NOT NULL,
  severity int NOT NULL CHECK (severity BETWEEN -1 AND 4),
  findings bigint NOT NULL CHECK (findings > 0),
  kept bigint NOT NULL CHECK (kept BETWEEN 0 AND findings),
  PRIMARY KEY (tenant_id, analysis_id, phase, rule_id, severity),
  FOREIGN KEY (tenant_id, analysis_id, phase) REFERENCES phase_results
);
ALTER TABLE finding_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE finding_counts FORCE ROW LEVEL SECURITY;
REVOKE ALL ON finding_counts FROM PUBLIC;
CREATE POLICY tenant ON finding_counts TO perito_owner, perito_app
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON finding_counts TO perito_app;

-- Findings of earlier versions, of every tenant: the owner sees them only while the rule that binds him is lifted, and
-- nobody else gets at these tables before this transaction ends.
ALTER TABLE findings NO FORCE ROW LEVEL SECURITY;
ALTER TABLE phase_results NO FORCE ROW LEVEL SECURITY;
ALTER TABLE finding_counts NO FORCE ROW LEVEL SECURITY;
INSERT INTO finding_counts (tenant_id, analysis_id, phase, rule_id, severity, findings, kept)
  SELECT f.tenant_id, f.analysis_id, f.phase, f.rule_id, f.severity, count(*), count(*)
  FROM findings f GROUP BY 1, 2, 3, 4, 5;
INSERT INTO finding_counts (tenant_id, analysis_id, phase, rule_id, severity, findings, kept)
  SELECT p.tenant_id, p.analysis_id, p.phase, '', -1, p.findings - coalesce(sum(c.kept), 0), 0
  FROM phase_results p LEFT JOIN finding_counts c USING (tenant_id, analysis_id, phase)
  GROUP BY p.tenant_id, p.analysis_id, p.phase, p.findings HAVING p.findings > coalesce(sum(c.kept), 0);
ALTER TABLE findings FORCE ROW LEVEL SECURITY;
ALTER TABLE phase_results FORCE ROW LEVEL SECURITY;
ALTER TABLE finding_counts FORCE ROW LEVEL SECURITY;

-- As before, with why it was cancelled.
DROP FUNCTION read_analysis;
CREATE FUNCTION read_analysis(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (analysis_id uuid, dataset_id uuid, name text, plan text, params text, status text, partial boolean,
               sequence bigint, submitted_at timestamptz, ended_at timestamptz, failure text, cancel_reason text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.analysis_id, a.dataset_id, a.name, a.plan::text, a.params::text, a.status, a.partial, a.sequence,
           a.submitted_at, a.ended_at, a.failure::text, a.cancel_reason
    FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
END $$;

-- Phase runs of several analyses, without results: those are large, and a list shows none.
CREATE FUNCTION read_phase_states(p_tenant uuid, p_analyses uuid[])
RETURNS TABLE (analysis_id uuid, phase text, ordinal int, state text, attempt int, fraction double precision, step text,
               started_at timestamptz, ended_at timestamptz, failure text, result bytea)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT r.analysis_id, r.phase, r.ordinal, r.state, r.attempt, r.fraction, r.step, r.started_at, r.ended_at,
           r.failure::text, NULL::bytea
    FROM phase_runs r WHERE r.tenant_id = p_tenant AND r.analysis_id = ANY (p_analyses)
    ORDER BY r.analysis_id, r.place;
END $$;

-- Filters that are NULL let everything through. Planned with the filters at hand, or one plan would have to serve all.
CREATE FUNCTION read_analyses(p_tenant uuid, p_limit int, p_statuses text[], p_dataset uuid, p_name text,
                              p_from timestamptz, p_before timestamptz, p_after timestamptz, p_after_id uuid)
RETURNS TABLE (analysis_id uuid, dataset_id uuid, name text, status text, partial boolean, sequence bigint,
               submitted_at timestamptz, ended_at timestamptz, failure text, cancel_reason text)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.analysis_id, a.dataset_id, a.name, a.status, a.partial, a.sequence, a.submitted_at, a.ended_at,
           a.failure::text, a.cancel_reason
    FROM analyses a
    WHERE a.tenant_id = p_tenant
      AND (p_statuses IS NULL OR a.status = ANY (p_statuses))
      AND (p_dataset IS NULL OR a.dataset_id = p_dataset)
      AND (p_name IS NULL OR position(lower(p_name) IN lower(a.name)) > 0)
      AND (p_from IS NULL OR a.submitted_at >= p_from)
      AND (p_before IS NULL OR a.submitted_at < p_before)
      AND (p_after IS NULL OR (a.submitted_at, a.analysis_id) < (p_after, p_after_id))
    ORDER BY a.submitted_at DESC, a.analysis_id DESC LIMIT p_limit;
END $$;

CREATE FUNCTION count_analyses(p_tenant uuid, p_statuses text[], p_dataset uuid, p_name text, p_from timestamptz,
                               p_before timestamptz)
RETURNS TABLE (analyses bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT count(*) FROM analyses a
    WHERE a.tenant_id = p_tenant
      AND (p_statuses IS NULL OR a.status = ANY (p_statuses))
      AND (p_dataset IS NULL OR a.dataset_id = p_dataset)
      AND (p_name IS NULL OR position(lower(p_name) IN lower(a.name)) > 0)
      AND (p_from IS NULL OR a.submitted_at >= p_from)
      AND (p_before IS NULL OR a.submitted_at < p_before);
END $$;

-- In the place of read_findings, which knew no filter.
CREATE FUNCTION read_matching_findings(p_tenant uuid, p_analysis uuid, p_limit int, p_rules text[], p_phases text[],
                                       p_severities int[], p_fingerprint text, p_priority numeric, p_severity int,
                                       p_after text, p_phase text)
RETURNS TABLE (fingerprint text, rule_id text, rule_version text, phase text, severity int, confidence numeric,
               impact numeric, currency text, identity text, period_start text, period_end text, title_en text,
               title_es text, measures text, row_count bigint, priority numeric)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.fingerprint, f.rule_id, f.rule_version, f.phase, f.severity, f.confidence, f.impact, f.currency,
           f.identity::text, f.period_start, f.period_end, f.title_en, f.title_es, f.measures::text, f.row_count,
           f.priority
    FROM findings f
    WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis
      AND (p_rules IS NULL OR f.rule_id = ANY (p_rules))
      AND (p_phases IS NULL OR f.phase = ANY (p_phases))
      AND (p_severities IS NULL OR f.severity = ANY (p_severities))
      AND (p_fingerprint IS NULL OR f.fingerprint = p_fingerprint)
      AND (p_priority IS NULL OR (f.priority, f.severity) < (p_priority, p_severity)
           OR ((f.priority, f.severity) = (p_priority, p_severity) AND (f.fingerprint, f.phase) > (p_after, p_phase)))
    ORDER BY f.priority DESC, f.severity DESC, f.fingerprint, f.phase
    LIMIT p_limit;
END $$;

-- `possible` are findings of which it is not known whether they match. A finding that is not kept has no fingerprint here.
CREATE FUNCTION count_findings(p_tenant uuid, p_analysis uuid, p_rules text[], p_phases text[], p_severities int[],
                               p_fingerprint text)
RETURNS TABLE (matching bigint, possible bigint, kept bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE found_here bigint;
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  SELECT coalesce(sum(c.findings) FILTER (WHERE c.known), 0), coalesce(sum(c.findings) FILTER (WHERE NOT c.known), 0),
         coalesce(sum(c.kept) FILTER (WHERE c.known), 0)
    INTO matching, possible, kept
    FROM (SELECT n.findings, n.kept, (p_rules IS NULL OR n.rule_id = ANY (p_rules))
                 AND (p_severities IS NULL OR n.severity = ANY (p_severities)) AS known
          FROM finding_counts n
          WHERE n.tenant_id = p_tenant AND n.analysis_id = p_analysis
            AND (p_phases IS NULL OR n.phase = ANY (p_phases))
            AND (p_rules IS NULL OR n.rule_id = ANY (p_rules) OR n.rule_id = '')
            AND (p_severities IS NULL OR n.severity = ANY (p_severities) OR n.severity = -1)) AS c;
  IF p_fingerprint IS NOT NULL THEN
    SELECT count(*) INTO found_here FROM findings f
     WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis AND f.fingerprint = p_fingerprint
       AND (p_rules IS NULL OR f.rule_id = ANY (p_rules)) AND (p_phases IS NULL OR f.phase = ANY (p_phases))
       AND (p_severities IS NULL OR f.severity = ANY (p_severities));
    possible := CASE WHEN found_here > 0 THEN 0 ELSE matching - kept + possible END;
    matching := found_here;
    kept := found_here;
  END IF;
  RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION read_analysis, read_phase_states, read_analyses, count_analyses, read_matching_findings,
  count_findings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_analysis, read_phase_states, read_analyses, count_analyses, read_matching_findings,
  count_findings TO perito_app;
