-- Sessions of people who signed in with an API key. As with keys, only the SHA-256 of what opens one is kept, and only
-- perito_system reads it: there is no tenant before a session has said which.
CREATE TABLE sessions (
  tenant_id uuid NOT NULL,
  session_sha256 bytea NOT NULL CHECK (octet_length(session_sha256) = 32),
  key_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, session_sha256),
  FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys ON DELETE CASCADE
);
CREATE INDEX sessions_by_hash ON sessions (session_sha256);
CREATE INDEX sessions_by_key ON sessions (tenant_id, key_id, created_at);
CREATE INDEX sessions_by_end ON sessions (ends_at);
CREATE INDEX sessions_by_use ON sessions (seen_at);
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
REVOKE ALL ON sessions FROM PUBLIC;
CREATE POLICY tenant ON sessions TO perito_owner
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY sessions ON sessions TO perito_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE, UPDATE (seen_at) ON sessions TO perito_system;

-- People see whose books they look at.
GRANT SELECT (name) ON tenants TO perito_system;

-- What has ended goes whenever somebody signs in, and so does what is more than the newest of one key.
CREATE FUNCTION open_session(p_tenant uuid, p_key text, p_sha256 bytea, p_seconds double precision,
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
END $$;

-- A session lives while its key does: what makes a key invalid is said in one place, find_key, and what it says of a
-- suspended tenant counts as well. Its use is noted once a minute, so that a page costs no write.
CREATE FUNCTION find_session(p_sha256 bytea, p_idle double precision)
RETURNS TABLE (tenant_id uuid, key_id text, scopes text[], tenant_name text, ends_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  UPDATE sessions s SET seen_at = clock_timestamp()
   WHERE s.session_sha256 = p_sha256 AND s.ends_at > clock_timestamp()
     AND s.seen_at > clock_timestamp() - make_interval(secs => p_idle)
     AND s.seen_at < clock_timestamp() - interval '1 minute';
  RETURN QUERY
    SELECT s.tenant_id, s.key_id, k.scopes, t.name, s.ends_at
    FROM sessions s CROSS JOIN LATERAL find_key(s.key_id) k JOIN tenants t ON t.tenant_id = s.tenant_id
    WHERE s.session_sha256 = p_sha256 AND k.tenant_id = s.tenant_id AND s.ends_at > clock_timestamp()
      AND NOT k.suspended
      AND s.seen_at > clock_timestamp() - make_interval(secs => p_idle);
END $$;

REVOKE ALL ON FUNCTION open_session, find_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_session, find_session TO perito_system;
