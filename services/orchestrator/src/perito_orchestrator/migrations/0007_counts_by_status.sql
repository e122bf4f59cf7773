-- How many analyses of a tenant stand where.
CREATE FUNCTION count_analyses_by_status(p_tenant uuid)
RETURNS TABLE (status text, analyses bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', p_tenant::text, true);
  RETURN QUERY SELECT a.status, count(*) FROM analyses a WHERE a.tenant_id = p_tenant GROUP BY a.status;
END $$;
REVOKE ALL ON FUNCTION count_analyses_by_status FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_analyses_by_status TO perito_app;
