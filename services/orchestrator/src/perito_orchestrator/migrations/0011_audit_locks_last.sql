-- The head of the audit chain is the last lock of a transaction. What is deferred to its end (figures that triggers keep) may
-- lock as well, so it is done before: else of two transactions of a tenant each could hold what the other waits for.
CREATE OR REPLACE FUNCTION audit(p_actor text, p_action text, p_subject text, p_details text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = perito, pg_temp AS $$
DECLARE
  tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  head audit_heads%ROWTYPE;
  instant timestamptz;
  body text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
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
