-- Keys that tenants manage themselves, tenants that are suspended, and a record of who did what that nobody rewrites.

-- `created_by` and `revoked_by` are key ids, or `operator`. `rotated_to`: the key that came in its place. `last_used_at` is
-- written once a minute at most, so that asking for something does not write.
ALTER TABLE api_keys
  ADD COLUMN name text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
  ADD COLUMN created_by text NOT NULL DEFAULT '',
  ADD COLUMN revoked_by text NOT NULL DEFAULT '',
  ADD COLUMN rotated_to text,
  ADD COLUMN last_used_at timestamptz;
CREATE INDEX api_keys_by_time ON api_keys (tenant_id, created_at DESC, key_id DESC);
-- Everything but the hash of the secret.
GRANT SELECT (tenant_id, key_id, environment, scopes, created_at, expires_at, revoked_at, name, created_by, revoked_by,
              rotated_to, last_used_at),
      INSERT, UPDATE (expires_at, revoked_at, revoked_by, rotated_to) ON api_keys TO perito_app;
CREATE POLICY used ON api_keys FOR UPDATE TO perito_system USING (true) WITH CHECK (true);
GRANT UPDATE (last_used_at) ON api_keys TO perito_system;

ALTER TABLE tenants
  ADD COLUMN suspended_at timestamptz,
  ADD COLUMN suspend_reason text NOT NULL DEFAULT '' CHECK (length(suspend_reason) <= 500);
GRANT SELECT (suspended_at) ON tenants TO perito_system;

-- As before, with what else a caller is told or noted by.
DROP FUNCTION find_key;
CREATE FUNCTION find_key(p_key text)
RETURNS TABLE (tenant_id uuid, secret_sha256 bytea, scopes text[], suspended boolean, use_unknown boolean)
LANGUAGE sql STABLE AS $$
  SELECT k.tenant_id, k.secret_sha256, k.scopes, t.suspended_at IS NOT NULL,
         coalesce(k.last_used_at < clock_timestamp() - interval '1 minute', true)
  FROM api_keys k JOIN tenants t ON t.tenant_id = k.tenant_id
  WHERE k.key_id = p_key AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$;

-- Whoever makes, rotates or revokes keys of a tenant takes this first: two must not each leave the other's as the last.
CREATE FUNCTION lock_keys(p_tenant uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(p_tenant::text, 10))
$$;

-- Who did what, in one chain for each tenant: `digest` is the SHA-256 of the record as canonical JSON, and `previous` is
-- that of the record before, which is part of it. `details` is canonical JSON, kept as text: it is what was hashed.
CREATE TABLE audit_records (
  tenant_id uuid NOT NULL REFERENCES tenants,
  number bigint NOT NULL CHECK (number > 0),
  occurred_at timestamptz NOT NULL,
  actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 100),
  action text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
  subject text NOT NULL CHECK (length(subject) <= 200),
  details text NOT NULL CHECK (octet_length(details) <= 16384 AND jsonb_typeof(details::jsonb) = 'object'),
  previous bytea NOT NULL CHECK (octet_length(previous) = 32),
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  PRIMARY KEY (tenant_id, number)
);
-- Reads of results are one record for each key, analysis and minute; the minute is in the details.
CREATE UNIQUE INDEX audit_reads_once ON audit_records (tenant_id, actor, subject, details) WHERE action = 'results.read';

-- The end of each chain. Who appends locks it until his transaction ends: there is one writer, and no gap.
CREATE TABLE audit_heads (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  number bigint NOT NULL,
  digest bytea NOT NULL
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_records', 'audit_heads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO perito_owner, perito_app
      USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
  END LOOP;
END $$;
-- Nobody has INSERT, UPDATE or DELETE: records are made by the functions below alone. The owner of a table has every
-- right to it; the trigger stops what he does by mistake, and the chain shows what he does on purpose.
GRANT SELECT ON audit_records, audit_heads TO perito_app;

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit records are appended, and never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

-- Appends a record to the chain of the tenant in app.tenant, in the caller's transaction; its number. Called last there:
-- what is done afterwards keeps every other change of the tenant waiting.
CREATE FUNCTION audit(p_actor text, p_action text, p_subject text, p_details text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE
  tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  head audit_heads%ROWTYPE;
  instant timestamptz;
  body text;
BEGIN
  INSERT INTO audit_heads (tenant_id, number, digest) VALUES (tenant, 0, decode(repeat('00', 32), 'hex'))
    ON CONFLICT (tenant_id) DO NOTHING;
  SELECT * INTO head FROM audit_heads h WHERE h.tenant_id = tenant FOR UPDATE;
  head.number := head.number + 1;
  instant := clock_timestamp();
  body := concat('[', to_json(tenant::text), ',', head.number, ',',
                 to_json(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), ',',
                 to_json(p_actor), ',', to_json(p_action), ',', to_json(p_subject), ',', p_details, ',',
                 to_json(encode(head.digest, 'hex')), ']');
  INSERT INTO audit_records (tenant_id, number, occurred_at, actor, action, subject, details, previous, digest)
    VALUES (tenant, head.number, instant, p_actor, p_action, p_subject, p_details, head.digest,
            sha256(convert_to(body, 'UTF8')))
    RETURNING digest INTO head.digest;
  UPDATE audit_heads h SET number = head.number, digest = head.digest WHERE h.tenant_id = tenant;
  RETURN head.number;
END $$;

-- One record for a read of results, where there is none of this key, analysis and minute yet. True where it made one.
CREATE FUNCTION audit_read(p_actor text, p_subject text, p_details text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE
  tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
  PERFORM FROM audit_heads h WHERE h.tenant_id = tenant FOR UPDATE;
  IF EXISTS (SELECT FROM audit_records r WHERE r.tenant_id = tenant AND r.action = 'results.read'
                AND r.actor = p_actor AND r.subject = p_subject AND r.details = p_details) THEN
    RETURN false;
  END IF;
  PERFORM audit(p_actor, 'results.read', p_subject, p_details);
  RETURN true;
EXCEPTION WHEN unique_violation THEN  -- a chain without a head yet locks nobody out
  RETURN false;
END $$;

REVOKE ALL ON FUNCTION find_key, lock_keys, audit_stays, audit, audit_read FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key TO perito_system;
GRANT EXECUTE ON FUNCTION lock_keys, audit, audit_read TO perito_app;
