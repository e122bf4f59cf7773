-- What people say of findings and cases, analyses that run another one again, and what differs between two of them.

-- Every word that was ever said; none is changed. It belongs to the fingerprint, and is carried to the analyses that were
-- submitted after its own, which may be deleted: so it holds when that one was submitted. A case bears the fingerprint of
-- the finding that is its cause.
CREATE TABLE dispositions (
  tenant_id uuid NOT NULL REFERENCES tenants,
  kind text NOT NULL CHECK (kind IN ('finding', 'case')),
  fingerprint text NOT NULL CHECK (length(fingerprint) = 64),
  version bigint NOT NULL CHECK (version > 0),
  status text NOT NULL CHECK (status IN ('open', 'in_review', 'confirmed', 'false_alarm')),
  reason text NOT NULL CHECK (length(reason) <= 500),
  set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  key_id text NOT NULL CHECK (length(key_id) <= 100),
  key_name text NOT NULL CHECK (length(key_name) <= 200),
  analysis_id uuid NOT NULL,
  submitted_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kind, fingerprint, version)
);
ALTER TABLE dispositions ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispositions FORCE ROW LEVEL SECURITY;
REVOKE ALL ON dispositions FROM PUBLIC;
CREATE POLICY tenant ON dispositions TO perito_owner, perito_app
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON dispositions TO perito_app;

-- Which analyses have a finding: asked before something is said of it, and when an analysis is deleted.
CREATE INDEX findings_by_fingerprint ON findings (tenant_id, fingerprint, analysis_id);

-- The name that people gave a key; empty where it has none. The key table is nobody's to read for the sake of a name.
CREATE FUNCTION name_of_key(p_tenant uuid, p_key text)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = perito, pg_temp AS $$
  SELECT coalesce((SELECT to_jsonb(k) ->> 'name' FROM api_keys k WHERE k.tenant_id = p_tenant AND k.key_id = p_key), '')
$$;

-- Whoever says something of a subject takes this first, to the end of the transaction.
CREATE FUNCTION lock_disposition(p_tenant uuid, p_kind text, p_fingerprint text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', p_tenant, p_kind, p_fingerprint), 11))
$$;

-- The word that counts in an analysis, of each subject that has one: the last that was said in it, else in the nearest
-- earlier one that has any. The caller has named the tenant.
CREATE FUNCTION words_in(p_tenant uuid, p_analysis uuid, p_kind text)
RETURNS SETOF dispositions LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (d.fingerprint) d.*
  FROM analyses a JOIN dispositions d ON d.tenant_id = a.tenant_id AND d.kind = p_kind
   AND (d.submitted_at, d.analysis_id) <= (a.submitted_at, a.analysis_id)
  WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis
  ORDER BY d.fingerprint, d.submitted_at DESC, d.analysis_id DESC, d.version DESC
$$;

-- The same of these subjects alone.
CREATE FUNCTION read_dispositions(p_tenant uuid, p_analysis uuid, p_kind text, p_fingerprints text[])
RETURNS SETOF dispositions LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT DISTINCT ON (d.fingerprint) d.*
    FROM analyses a JOIN dispositions d ON d.tenant_id = a.tenant_id AND d.kind = p_kind
     AND d.fingerprint = ANY (p_fingerprints) AND (d.submitted_at, d.analysis_id) <= (a.submitted_at, a.analysis_id)
    WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis
    ORDER BY d.fingerprint, d.submitted_at DESC, d.analysis_id DESC, d.version DESC;
END $$;

-- Everything that was said of one subject in an analysis and in earlier ones, newest first, and how much that is.
CREATE FUNCTION read_disposition_history(p_tenant uuid, p_analysis uuid, p_kind text, p_fingerprint text, p_limit int)
RETURNS TABLE (version bigint, status text, reason text, set_at timestamptz, key_id text, key_name text,
               analysis_id uuid, fingerprint text, total bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT d.version, d.status, d.reason, d.set_at, d.key_id, d.key_name, d.analysis_id, d.fingerprint,
           count(*) OVER ()
    FROM analyses a JOIN dispositions d ON d.tenant_id = a.tenant_id AND d.kind = p_kind
     AND d.fingerprint = p_fingerprint AND (d.submitted_at, d.analysis_id) <= (a.submitted_at, a.analysis_id)
    WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis
    ORDER BY d.version DESC LIMIT p_limit;
END $$;

-- Whether there is such an analysis, and whether its lists have such a finding.
CREATE FUNCTION find_subject(p_tenant uuid, p_analysis uuid, p_fingerprint text)
RETURNS TABLE (submitted_at timestamptz, found boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.submitted_at, EXISTS (SELECT FROM findings f WHERE f.tenant_id = p_tenant
                                     AND f.fingerprint = p_fingerprint AND f.analysis_id = p_analysis)
    FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
END $$;

-- As before, also narrowed by what findings are held to be. Those with a word are few, so they are named beforehand and
-- the order of the index stays.
DROP FUNCTION read_matching_findings;
CREATE FUNCTION read_matching_findings(p_tenant uuid, p_analysis uuid, p_limit int, p_rules text[], p_phases text[],
                                       p_severities int[], p_fingerprint text, p_dispositions text[],
                                       p_weight double precision, p_severity int, p_after text, p_phase text)
RETURNS TABLE (fingerprint text, rule_id text, rule_version text, phase text, severity int, confidence numeric,
               impact numeric, currency text, identity text, period_start text, period_end text, title_en text,
               title_es text, measures text, row_count bigint, weight double precision)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  wanted text[];
  others text[];
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  IF p_dispositions IS NOT NULL THEN
    SELECT coalesce(array_agg(w.fingerprint) FILTER (WHERE w.status = ANY (p_dispositions)), '{}'),
           coalesce(array_agg(w.fingerprint) FILTER (WHERE w.status <> ALL (p_dispositions)), '{}')
      INTO wanted, others FROM words_in(p_tenant, p_analysis, 'finding') w;
  END IF;
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
      AND (p_dispositions IS NULL OR CASE WHEN 'open' = ANY (p_dispositions) THEN f.fingerprint <> ALL (others)
                                          ELSE f.fingerprint = ANY (wanted) END)
      AND (p_weight IS NULL OR (f.weight <= p_weight
           AND ((f.weight, f.severity) < (p_weight, p_severity)
                OR ((f.weight, f.severity) = (p_weight, p_severity) AND (f.fingerprint, f.phase) > (p_after, p_phase)))))
    ORDER BY f.weight DESC, f.severity DESC, f.fingerprint, f.phase
    LIMIT p_limit;
END $$;

-- A finding that is not kept has no fingerprint here, so what it is held to be is not known either.
DROP FUNCTION count_findings;
CREATE FUNCTION count_findings(p_tenant uuid, p_analysis uuid, p_rules text[], p_phases text[], p_severities int[],
                               p_fingerprint text, p_dispositions text[])
RETURNS TABLE (matching bigint, possible bigint, kept bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  found_here bigint;
  matching_here bigint;
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
  IF p_fingerprint IS NOT NULL OR p_dispositions IS NOT NULL THEN
    SELECT count(*), count(*) FILTER (WHERE p_dispositions IS NULL OR coalesce(w.status, 'open') = ANY (p_dispositions))
      INTO found_here, matching_here
      FROM findings f LEFT JOIN words_in(p_tenant, p_analysis, 'finding') w ON w.fingerprint = f.fingerprint
     WHERE f.tenant_id = p_tenant AND f.analysis_id = p_analysis
       AND (p_fingerprint IS NULL OR f.fingerprint = p_fingerprint)
       AND (p_rules IS NULL OR f.rule_id = ANY (p_rules)) AND (p_phases IS NULL OR f.phase = ANY (p_phases))
       AND (p_severities IS NULL OR f.severity = ANY (p_severities));
    possible := CASE WHEN p_fingerprint IS NOT NULL AND found_here > 0 THEN 0 ELSE matching - kept + possible END;
    matching := matching_here;
    kept := matching_here;
  END IF;
  RETURN NEXT;
END $$;

-- Which analysis an analysis runs again. That one may be deleted, and then it runs none.
ALTER TABLE analyses ADD COLUMN rerun_of uuid;
CREATE INDEX analyses_by_rerun ON analyses (tenant_id, rerun_of) WHERE rerun_of IS NOT NULL;
DROP FUNCTION read_analysis;
CREATE FUNCTION read_analysis(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (analysis_id uuid, dataset_id uuid, name text, plan text, params text, status text, partial boolean,
               sequence bigint, submitted_at timestamptz, ended_at timestamptz, failure text, cancel_reason text,
               rerun_of uuid)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.analysis_id, a.dataset_id, a.name, a.plan::text, a.params::text, a.status, a.partial, a.sequence,
           a.submitted_at, a.ended_at, a.failure::text, a.cancel_reason, a.rerun_of
    FROM analyses a WHERE a.tenant_id = p_tenant AND a.analysis_id = p_analysis;
END $$;
DROP FUNCTION read_analyses;
CREATE FUNCTION read_analyses(p_tenant uuid, p_limit int, p_statuses text[], p_dataset uuid, p_name text,
                              p_from timestamptz, p_before timestamptz, p_after timestamptz, p_after_id uuid)
RETURNS TABLE (analysis_id uuid, dataset_id uuid, name text, status text, partial boolean, sequence bigint,
               submitted_at timestamptz, ended_at timestamptz, failure text, cancel_reason text, rerun_of uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT a.analysis_id, a.dataset_id, a.name, a.status, a.partial, a.sequence, a.submitted_at, a.ended_at,
           a.failure::text, a.cancel_reason, a.rerun_of
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

-- As before. What was said of its findings goes too, where no other analysis has them: there it is still carried over.
CREATE OR REPLACE FUNCTION delete_analysis(p_tenant uuid, p_analysis uuid)
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
  RETURN was;
END $$;

-- Kept findings of two analyses side by side. `change` 1: the later one alone has it; 2: the earlier one alone; 3: both,
-- and they differ; 0: both, alike. The caller has named the tenant.
CREATE FUNCTION compared_findings(p_tenant uuid, p_before uuid, p_after uuid, p_rules text[])
RETURNS TABLE (change int, phase text, fingerprint text, rule_id text, weight double precision, differs text[])
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN b.fingerprint IS NULL THEN 1 WHEN a.fingerprint IS NULL THEN 2 WHEN c.differs = '{}' THEN 0 ELSE 3 END,
         coalesce(a.phase, b.phase), coalesce(a.fingerprint, b.fingerprint), coalesce(a.rule_id, b.rule_id),
         coalesce(a.weight, b.weight), c.differs
  FROM (SELECT * FROM findings f WHERE f.tenant_id = p_tenant AND f.analysis_id = p_before
           AND (p_rules IS NULL OR f.rule_id = ANY (p_rules))) b
  FULL JOIN (SELECT * FROM findings f WHERE f.tenant_id = p_tenant AND f.analysis_id = p_after
                AND (p_rules IS NULL OR f.rule_id = ANY (p_rules))) a
    ON a.fingerprint = b.fingerprint AND a.phase = b.phase
  CROSS JOIN LATERAL (SELECT CASE WHEN a.fingerprint IS NULL OR b.fingerprint IS NULL THEN '{}' ELSE array_remove(ARRAY[
    CASE WHEN a.severity <> b.severity THEN 'severity' END,
    CASE WHEN a.impact IS DISTINCT FROM b.impact OR a.currency <> b.currency THEN 'impact' END,
    CASE WHEN a.confidence <> b.confidence THEN 'confidence' END,
    CASE WHEN a.row_count <> b.row_count THEN 'row_count' END,
    CASE WHEN a.measures <> b.measures THEN 'measures' END], NULL) END AS differs) c
$$;

CREATE FUNCTION count_compared_findings(p_tenant uuid, p_before uuid, p_after uuid, p_rules text[])
RETURNS TABLE (change int, rule_id text, findings bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT c.change, c.rule_id, count(*) FROM compared_findings(p_tenant, p_before, p_after, p_rules) c GROUP BY 1, 2;
END $$;

-- A page of the differences, by kind and then by priority.
CREATE FUNCTION read_compared_findings(p_tenant uuid, p_before uuid, p_after uuid, p_rules text[], p_changes int[],
                                       p_limit int, p_change int, p_weight double precision, p_fingerprint text,
                                       p_phase text)
RETURNS TABLE (change int, phase text, fingerprint text, rule_id text, weight double precision, differs text[])
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT c.* FROM compared_findings(p_tenant, p_before, p_after, p_rules) c
    WHERE c.change = ANY (p_changes)
      AND (p_change IS NULL OR c.change > p_change OR (c.change = p_change AND (c.weight < p_weight
           OR (c.weight = p_weight AND (c.fingerprint, c.phase) > (p_fingerprint, p_phase)))))
    ORDER BY c.change, c.weight DESC, c.fingerprint, c.phase LIMIT p_limit;
END $$;

CREATE FUNCTION read_findings_of(p_tenant uuid, p_analyses uuid[], p_fingerprints text[])
RETURNS TABLE (analysis_id uuid, fingerprint text, rule_id text, rule_version text, phase text, severity int,
               confidence numeric, impact numeric, currency text, identity text, period_start text, period_end text,
               title_en text, title_es text, measures text, row_count bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.analysis_id, f.fingerprint, f.rule_id, f.rule_version, f.phase, f.severity, f.confidence, f.impact,
           f.currency, f.identity::text, f.period_start, f.period_end, f.title_en, f.title_es, f.measures::text,
           f.row_count
    FROM findings f
    WHERE f.tenant_id = p_tenant AND f.analysis_id = ANY (p_analyses) AND f.fingerprint = ANY (p_fingerprints);
END $$;

-- Findings of each rule, and how many of them are kept. Those of an empty rule could be of any rule of their phase.
CREATE FUNCTION count_findings_by_rule(p_tenant uuid, p_analysis uuid)
RETURNS TABLE (rule_id text, findings bigint, kept bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT n.rule_id, sum(n.findings)::bigint, sum(n.kept)::bigint FROM finding_counts n
    WHERE n.tenant_id = p_tenant AND n.analysis_id = p_analysis GROUP BY n.rule_id;
END $$;

REVOKE ALL ON FUNCTION name_of_key, lock_disposition, words_in, read_dispositions, read_disposition_history, find_subject,
  read_matching_findings, count_findings, read_analysis, read_analyses, compared_findings, count_compared_findings,
  read_compared_findings, read_findings_of, count_findings_by_rule FROM PUBLIC;
GRANT EXECUTE ON FUNCTION name_of_key, lock_disposition, words_in, read_dispositions, read_disposition_history,
  find_subject, read_matching_findings, count_findings, read_analysis, read_analyses, compared_findings,
  count_compared_findings, read_compared_findings, read_findings_of, count_findings_by_rule TO perito_app;
