-- Quotas of requests that a key has of its own, by scope; signing in and out in the audit log.

-- {"read": 1000}: requests a minute, instead of what the deployment gives. Scopes that are not named have the deployment's.
CREATE FUNCTION are_rates(p_rates jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_typeof(p_rates) = 'object' AND NOT EXISTS (
    SELECT FROM jsonb_each(CASE WHEN jsonb_typeof(p_rates) = 'object' THEN p_rates ELSE '{}' END) AS r (scope, rate)
    WHERE r.scope NOT IN ('read', 'submit', 'rules', 'metrics', 'admin') OR jsonb_typeof(r.rate) <> 'number'
       OR (r.rate #>> '{}')::numeric NOT BETWEEN 1 AND 1000000)
$$;
ALTER TABLE api_keys ADD COLUMN rates jsonb NOT NULL DEFAULT '{}' CHECK (are_rates(rates));
GRANT SELECT (rates), UPDATE (rates) ON api_keys TO perito_app;

-- As before, with the key's own quotas.
DROP FUNCTION find_key;
CREATE FUNCTION find_key(p_key text)
RETURNS TABLE (tenant_id uuid, secret_sha256 bytea, scopes text[], suspended boolean, use_unknown boolean, rates text)
LANGUAGE sql STABLE AS $$
  SELECT k.tenant_id, k.secret_sha256, k.scopes, t.suspended_at IS NOT NULL,
         coalesce(k.last_used_at < clock_timestamp() - interval '1 minute', true), k.rates::text
  FROM api_keys k JOIN tenants t ON t.tenant_id = k.tenant_id
  WHERE k.key_id = p_key AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;

-- As before, with them. Whoever looks at pages uses the key that opened the session: that is noted as well, with the
-- session's own use, once a minute.
DROP FUNCTION find_session;
CREATE FUNCTION find_session(p_sha256 bytea, p_idle double precision)
RETURNS TABLE (tenant_id uuid, key_id text, scopes text[], tenant_name text, ends_at timestamptz, rates text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  used text;
BEGIN
  UPDATE sessions s SET seen_at = clock_timestamp()
   WHERE s.session_sha256 = p_sha256 AND s.ends_at > clock_timestamp()
     AND s.seen_at > clock_timestamp() - make_interval(secs => p_idle)
     AND s.seen_at < clock_timestamp() - interval '1 minute'
   RETURNING s.key_id INTO used;
  IF used IS NOT NULL THEN
    UPDATE api_keys k SET last_used_at = clock_timestamp() WHERE k.key_id = used
       AND EXISTS (SELECT FROM find_key(used) f WHERE NOT f.suspended);
  END IF;
  RETURN QUERY
    SELECT s.tenant_id, s.key_id, k.scopes, t.name, s.ends_at, k.rates
    FROM sessions s CROSS JOIN LATERAL find_key(s.key_id) k JOIN tenants t ON t.tenant_id = s.tenant_id
    WHERE s.session_sha256 = p_sha256 AND k.tenant_id = s.tenant_id AND s.ends_at > clock_timestamp()
      AND NOT k.suspended
      AND s.seen_at > clock_timestamp() - make_interval(secs => p_idle);
END $$;

-- Tells the audit log of a session's begin or end, in the transaction of its caller, and of nothing else: perito_system
-- is of no tenant and writes no other records. A session is named by the begin of its hash, which opens nothing.
CREATE FUNCTION audit_session(p_tenant uuid, p_key text, p_sha256 bytea, p_opened boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  PERFORM audit('key:' || p_key, CASE WHEN p_opened THEN 'session.opened' ELSE 'session.closed' END,
                left(encode(p_sha256, 'hex'), 12), '{}');
END $$;

-- As before, and the audit log tells of it.
CREATE OR REPLACE FUNCTION open_session(p_tenant uuid, p_key text, p_sha256 bytea, p_seconds double precision,
                                        p_idle double precision, p_most int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sessions s WHERE s.ends_at < clock_timestamp();
  DELETE FROM sessions s WHERE s.seen_at < clock_timestamp() - make_interval(secs => p_idle);
  INSERT INTO sessions (tenant_id, session_sha256, key_id, ends_at)
    VALUES (p_tenant, p_sha256, p_key, clock_timestamp() + make_interval(secs => p_seconds));
  DELETE FROM sessions s WHERE s.tenant_id = p_tenant AND s.session_sha256 IN (
    SELECT o.session_sha256 FROM sessions o WHERE o.tenant_id = p_tenant AND o.key_id = p_key
    ORDER BY o.created_at DESC, o.session_sha256 OFFSET p_most);
  PERFORM audit_session(p_tenant, p_key, p_sha256, true);
END $$;

-- Somebody signs out. One that is not there, or has ended by itself, leaves no record: nobody left.
CREATE FUNCTION close_session(p_sha256 bytea, p_idle double precision)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  gone sessions%ROWTYPE;
BEGIN
  DELETE FROM sessions s WHERE s.session_sha256 = p_sha256 RETURNING * INTO gone;
  IF gone.ends_at > clock_timestamp() AND gone.seen_at > clock_timestamp() - make_interval(secs => p_idle) THEN
    PERFORM audit_session(gone.tenant_id, gone.key_id, p_sha256, false);
  END IF;
END $$;

REVOKE ALL ON FUNCTION are_rates, find_key, find_session, audit_session, close_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key, find_session, audit_session, close_session TO perito_system;
-- Who changes a row is asked whether it holds what the table demands.
GRANT EXECUTE ON FUNCTION are_rates TO perito_app, perito_system;
