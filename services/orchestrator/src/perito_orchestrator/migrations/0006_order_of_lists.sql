-- Pages far down a list begin where they should. A condition on numeric cannot search an index under row-level security,
-- because its operators might tell of rows that are not to be seen; one on double precision can. Its rounding keeps the
-- order of priorities, and what it makes equal is ordered by severity and fingerprint.
ALTER TABLE findings ADD COLUMN weight double precision NOT NULL GENERATED ALWAYS AS (
  (abs(coalesce(impact, 0)) * confidence * (ARRAY[0, 0.1, 0.3, 0.6, 1]::numeric[])[severity + 1])::double precision) STORED;
DROP INDEX findings_by_priority;
CREATE INDEX findings_by_weight ON findings
  (tenant_id, analysis_id, weight DESC, severity DESC, fingerprint, phase);
CREATE INDEX findings_by_rule ON findings
  (tenant_id, analysis_id, rule_id, weight DESC, severity DESC, fingerprint, phase);

-- A status changes twice in the life of an analysis, so that its other updates still stay in their page.
CREATE INDEX analyses_by_status ON analyses (tenant_id, status, submitted_at DESC, analysis_id DESC);

DROP FUNCTION read_matching_findings;
CREATE FUNCTION read_matching_findings(p_tenant uuid, p_analysis uuid, p_limit int, p_rules text[], p_phases text[],
                                       p_severities int[], p_fingerprint text, p_weight double precision,
                                       p_severity int, p_after text, p_phase text)
RETURNS TABLE (fingerprint text, rule_id text, rule_version text, phase text, severity int, confidence numeric,
               impact numeric, currency text, identity text, period_start text, period_end text, title_en text,
               title_es text, measures text, row_count bigint, weight double precision)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.fingerprint, f.rule_id, f.rule_version, f.phase, f.severity, f.confidence, f.impact, f.currency,
           f.identity::text, f.period_start, f.period_end, f.title_en, f.title_es, f.measures::text, f.row_count,
           f.weight
    FROM findings f
    WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis
      AND (p_rules IS NULL OR f.rule_id = ANY (p_rules))
      AND (p_phases IS NULL OR f.phase = ANY (p_phases))
      AND (p_severities IS NULL OR f.severity = ANY (p_severities))
      AND (p_fingerprint IS NULL OR f.fingerprint = p_fingerprint)
      AND (p_weight IS NULL OR (f.weight <= p_weight
           AND ((f.weight, f.severity) < (p_weight, p_severity)
                OR ((f.weight, f.severity) = (p_weight, p_severity) AND (f.fingerprint, f.phase) > (p_after, p_phase)))))
    ORDER BY f.weight DESC, f.severity DESC, f.fingerprint, f.phase
    LIMIT p_limit;
END $$;
REVOKE ALL ON FUNCTION read_matching_findings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_matching_findings TO perito_app;
