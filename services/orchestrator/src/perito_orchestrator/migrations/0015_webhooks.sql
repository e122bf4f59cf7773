-- Webhooks: who is told of which events, what became of each delivery, and of each try.

-- `secret` and `previous_secret` are sealed with a key that the database does not hold (docs/decisions/0123).
CREATE TABLE webhooks (
  tenant_id uuid NOT NULL REFERENCES tenants,
  webhook_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  description text NOT NULL CHECK (length(description) <= 200),
  event_types text[] NOT NULL CHECK (cardinality(event_types) BETWEEN 1 AND 20),
  enabled boolean NOT NULL,
  disabled_reason text NOT NULL DEFAULT '' CHECK (disabled_reason IN ('', 'gone', 'failing')),
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_until timestamptz,
  failing_since timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, webhook_id),
  CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
  CHECK (NOT (enabled AND disabled_reason <> ''))
);

-- Written with the event that it carries, in one transaction: one for each webhook that listens, ever. `attempts` counts
-- every try and names the one that is under way; `tries` those since `begun_at`, which sending again resets. A try holds
-- the row until `next_at`: whoever dies in the middle loses none.
CREATE TABLE webhook_deliveries (
  tenant_id uuid NOT NULL,
  delivery_id uuid NOT NULL DEFAULT gen_random_uuid(),
  webhook_id uuid NOT NULL,
  message_id uuid NOT NULL,
  analysis_id uuid,
  event_type text NOT NULL,
  body bytea NOT NULL CHECK (octet_length(body) <= 131072),
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
  once boolean NOT NULL DEFAULT false,
  attempts int NOT NULL DEFAULT 0,
  tries int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, delivery_id),
  UNIQUE (tenant_id, webhook_id, message_id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, analysis_id) REFERENCES analyses ON DELETE CASCADE,
  CHECK ((state = 'pending') = (ended_at IS NULL))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (tenant_id, webhook_id, created_at DESC, delivery_id DESC);
CREATE INDEX webhook_deliveries_by_analysis ON webhook_deliveries (tenant_id, analysis_id);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (tenant_id, ended_at);

-- `status` is NULL where nobody answered, `failure` empty where the delivery was taken.
CREATE TABLE webhook_attempts (
  tenant_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  attempt int NOT NULL,
  begun_at timestamptz NOT NULL,
  milliseconds int NOT NULL,
  status int,
  failure text NOT NULL,
  detail text NOT NULL CHECK (length(detail) <= 500),
  answer text NOT NULL CHECK (length(answer) <= 500),
  PRIMARY KEY (tenant_id, delivery_id, attempt),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries ON DELETE CASCADE
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['webhooks', 'webhook_deliveries', 'webhook_attempts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO perito_owner, perito_app
      USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE (url, description, event_types, enabled, disabled_reason, secret, previous_secret,
              previous_until, failing_since, updated_at) ON webhooks TO perito_app;
GRANT SELECT, INSERT, DELETE, UPDATE (state, attempts, tries, begun_at, next_at, ended_at)
  ON webhook_deliveries TO perito_app;
GRANT SELECT, INSERT ON webhook_attempts TO perito_app;

-- perito_system finds what is due and keeps it from others. What is sent, where and signed with what it does not see.
CREATE POLICY due ON webhook_deliveries TO perito_system USING (state = 'pending');
CREATE POLICY due ON webhooks FOR SELECT TO perito_system USING (true);
GRANT SELECT (tenant_id, delivery_id, webhook_id, state, attempts, tries, next_at), UPDATE (attempts, tries, next_at)
  ON webhook_deliveries TO perito_system;
GRANT SELECT (tenant_id, webhook_id, enabled) ON webhooks TO perito_system;

-- Whether anybody is to be told: asked with each event, by the statement that records it.
CREATE FUNCTION webhooks_listen(p_tenant uuid, p_type text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM webhooks w WHERE w.tenant_id = p_tenant AND w.enabled AND p_type = ANY (w.event_types))
$$;

-- Whoever makes a webhook takes this first, so that two at once do not both find room.
CREATE FUNCTION lock_webhooks(p_tenant uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(p_tenant::text, 12))
$$;

-- With its deliveries, and the idempotency key that made it. As the owner, whom row-level security binds as well.
CREATE FUNCTION delete_webhook(p_tenant uuid, p_webhook uuid)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
BEGIN
  DELETE FROM idempotency i WHERE i.tenant_id = p_tenant AND i.resource_id = p_webhook;
  DELETE FROM webhooks w WHERE w.tenant_id = p_tenant AND w.webhook_id = p_webhook;
  RETURN FOUND;
END $$;

REVOKE ALL ON FUNCTION webhooks_listen, lock_webhooks, delete_webhook FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_listen, lock_webhooks, delete_webhook TO perito_app;
