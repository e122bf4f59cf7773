-- Every table carries tenant_id and has it in every unique key, so that no key of one tenant can ever touch another's.
-- Times come from clock_timestamp(): leases are judged by one clock, the database's.

CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The secret is 190 random bits, so a plain SHA-256 is enough; key_id is public and finds the row.
CREATE TABLE api_keys (
  tenant_id uuid NOT NULL REFERENCES tenants,
  key_id text NOT NULL,
  environment text NOT NULL,
  secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, key_id)
);
CREATE INDEX api_keys_by_id ON api_keys (key_id);

CREATE TABLE datasets (
  tenant_id uuid NOT NULL REFERENCES tenants,
  dataset_id uuid NOT NULL,
  mapping_key text NOT NULL,
  mapping_sha256 text NOT NULL,
  mapping_bytes bigint NOT NULL,
  mapping_media_type text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, dataset_id)
);

CREATE TABLE dataset_files (
  tenant_id uuid NOT NULL,
  dataset_id uuid NOT NULL,
  place int NOT NULL,
  name text NOT NULL,
  object_key text NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  media_type text NOT NULL,
  PRIMARY KEY (tenant_id, dataset_id, place),
  UNIQUE (tenant_id, dataset_id, name),
  FOREIGN KEY (tenant_id, dataset_id) REFERENCES datasets
);

-- The plan is frozen at submit: which phases, of which version, by which catalogue, with which parameters.
CREATE TABLE analyses (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  dataset_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) <= 200),
  plan jsonb NOT NULL,
  params jsonb NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  partial boolean NOT NULL DEFAULT false,
  sequence bigint NOT NULL DEFAULT 0,
  submitted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  failure jsonb,
  PRIMARY KEY (tenant_id, analysis_id),
  FOREIGN KEY (tenant_id, dataset_id) REFERENCES datasets
) WITH (fillfactor = 80);

-- `fence` grows with every claim and is the only proof of ownership; `queued_at` is when it could first run, `woken_at`
-- when a message was last sent for it.
-- `voids` counts leases voided because their holder died: the first few cost no attempt, then they do, so that books
-- which kill the process itself cannot do so for ever.
CREATE TABLE phase_runs (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  phase text NOT NULL,
  ordinal int NOT NULL,
  place int NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'queued', 'leased', 'completed', 'failed', 'skipped')),
  attempt int NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  voids int NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  queued_at timestamptz,
  next_at timestamptz,
  woken_at timestamptz,
  fraction double precision NOT NULL DEFAULT 0 CHECK (fraction BETWEEN 0 AND 1),
  step text NOT NULL DEFAULT '',
  started_at timestamptz,
  ended_at timestamptz,
  failure jsonb,
  PRIMARY KEY (tenant_id, analysis_id, phase),
  FOREIGN KEY (tenant_id, analysis_id) REFERENCES analyses,
  CHECK ((state = 'leased') = (lease_owner IS NOT NULL))
) WITH (fillfactor = 60);
-- No column that a heartbeat writes is indexed, so heartbeats stay in their page.
CREATE INDEX phase_runs_open ON phase_runs (state) WHERE state IN ('queued', 'leased');

-- One row per phase and analysis, ever: the primary key is the promise. `result` is a perito.phase.v1.PhaseResult.
CREATE TABLE phase_results (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  phase text NOT NULL,
  fence bigint NOT NULL,
  version text NOT NULL,
  content_digest text NOT NULL,
  findings bigint NOT NULL,
  capped boolean NOT NULL,
  result bytea NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, analysis_id, phase),
  FOREIGN KEY (tenant_id, analysis_id, phase) REFERENCES phase_runs
);

-- At most 1,000 per rule; complete findings stay in Parquet. priority = |impact| x confidence x weight of the severity.
CREATE TABLE findings (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  phase text NOT NULL,
  fingerprint text NOT NULL,
  rule_id text NOT NULL,
  rule_version text NOT NULL,
  severity int NOT NULL CHECK (severity BETWEEN 0 AND 4),
  confidence numeric NOT NULL,
  impact numeric,
  currency text NOT NULL,
  identity jsonb NOT NULL,
  period_start text NOT NULL,
  period_end text NOT NULL,
  title_en text NOT NULL,
  title_es text NOT NULL,
  measures jsonb NOT NULL,
  row_count bigint NOT NULL,
  priority numeric NOT NULL GENERATED ALWAYS AS (
    abs(coalesce(impact, 0)) * confidence * (ARRAY[0, 0.1, 0.3, 0.6, 1]::numeric[])[severity + 1]) STORED,
  PRIMARY KEY (tenant_id, analysis_id, phase, fingerprint),
  FOREIGN KEY (tenant_id, analysis_id) REFERENCES analyses
);
CREATE INDEX findings_by_priority ON findings
  (tenant_id, analysis_id, priority DESC, severity DESC, fingerprint, phase);

CREATE TABLE events (
  tenant_id uuid NOT NULL,
  analysis_id uuid NOT NULL,
  sequence bigint NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  data jsonb NOT NULL,
  PRIMARY KEY (tenant_id, analysis_id, sequence),
  FOREIGN KEY (tenant_id, analysis_id) REFERENCES analyses
);

-- What the broker must get. Rows are deleted under SKIP LOCKED, never read by high-water mark: a late commit would be
-- overtaken. `channel` queue: routing key is a queue; topic: routing key is an event type.
CREATE TABLE outbox (
  tenant_id uuid NOT NULL,
  message_id uuid NOT NULL DEFAULT gen_random_uuid(),
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  channel text NOT NULL CHECK (channel IN ('queue', 'topic')),
  routing_key text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  body bytea NOT NULL CHECK (octet_length(body) <= 65536),
  tries int NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX outbox_due ON outbox (next_at, ordinal);

CREATE TABLE idempotency (
  tenant_id uuid NOT NULL,
  operation text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_sha256 bytea NOT NULL,
  resource_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, operation, key)
);
