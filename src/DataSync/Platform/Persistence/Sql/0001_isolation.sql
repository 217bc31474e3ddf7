-- Row-level security, the partitioned store, and who may do what. Runs after EF Core made the ordinary tables, as datasync_owner.

-- Records. RANGE by job_id: a UUIDv7 begins with its time, so a job lies in one leaf and a leaf is one day of jobs.
CREATE TABLE public.sync_data (
    tenant_id      text        NOT NULL,
    job_id         uuid        NOT NULL,
    seq            bigint      NOT NULL,
    id             uuid        NOT NULL,
    source_id      text        NOT NULL,
    raw_data       json        NOT NULL,
    refined_data   json,
    metadata       json,
    sync_timestamp timestamptz NOT NULL DEFAULT now(),
    processed_at   timestamptz,
    PRIMARY KEY (tenant_id, job_id, seq)
) PARTITION BY RANGE (job_id);

-- The tenant's wall. NULLIF: after a transaction the setting reads as '', not NULL. The sub-select is evaluated once a query.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['data_source_configs', 'idempotency_keys', 'sync_data', 'sync_jobs', 'sync_rejections', 'sync_state', 'tenant_keys'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO datasync_app, datasync_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.data_source_configs, public.idempotency_keys, public.sync_state, public.tenant_keys TO datasync_app;
GRANT SELECT, INSERT, UPDATE ON public.sync_jobs TO datasync_app;
GRANT SELECT, INSERT, DELETE ON public.sync_rejections TO datasync_app;
GRANT SELECT, DELETE ON public.sync_data TO datasync_app;

-- The dispatcher and the sweeper look across tenants, at these columns and no others.
GRANT SELECT (tenant_id, id, status, created_at, lease_until, lease_pid, dispatched_at, not_before, cancel_requested_at) ON public.sync_jobs TO datasync_system;
GRANT UPDATE (dispatched_at) ON public.sync_jobs TO datasync_system;
CREATE POLICY sweep_read ON public.sync_jobs FOR SELECT TO datasync_system USING (true);
CREATE POLICY sweep_write ON public.sync_jobs FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);
GRANT SELECT (tenant_id, expires_at), DELETE ON public.idempotency_keys TO datasync_system;
CREATE POLICY sweep_read ON public.idempotency_keys FOR SELECT TO datasync_system USING (true);
CREATE POLICY sweep_delete ON public.idempotency_keys FOR DELETE TO datasync_system USING (true);

-- Leaves: made well ahead. On a leaf the application role may insert every column but the tenant, whose value the database takes from the
-- transaction; it may read, change and delete through the parent alone. So COPY runs at full speed and cannot name a tenant at all.
CREATE FUNCTION public.uuid7_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION public.make_sync_data_leaves(days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    made  integer := 0;
    d     date;
    leaf  text;
BEGIN
    IF days < 1 OR days > 366 THEN RAISE EXCEPTION 'days must be between 1 and 366'; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('make_sync_data_leaves'));
    FOR i IN -1 .. days LOOP
        d := today + i;
        leaf := 'sync_data_' || to_char(d, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || leaf) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.sync_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS, '
            'PRIMARY KEY (tenant_id, job_id, seq), CHECK (tenant_id <> ''''), '
            'CHECK (job_id >= %L::uuid AND job_id < %L::uuid))',
            leaf, public.uuid7_floor(d::timestamptz), public.uuid7_floor((d + 1)::timestamptz));
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN tenant_id SET DEFAULT current_setting(''app.tenant_id'')', leaf);
        EXECUTE format('GRANT INSERT (job_id, seq, id, source_id, raw_data, refined_data, metadata, sync_timestamp, processed_at) ON public.%I TO datasync_app', leaf);
        EXECUTE format('ALTER TABLE public.sync_data ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            leaf, public.uuid7_floor(d::timestamptz), public.uuid7_floor((d + 1)::timestamptz));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

REVOKE ALL ON FUNCTION public.make_sync_data_leaves(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.make_sync_data_leaves(integer) TO datasync_system;

-- How far ahead the leaves reach; readiness asks.
CREATE FUNCTION public.last_sync_data_leaf() RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD'))
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.sync_data'::regclass
$$;
REVOKE ALL ON FUNCTION public.last_sync_data_leaf() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.last_sync_data_leaf() TO datasync_system, datasync_app;

SELECT public.make_sync_data_leaves(14);

-- Which migration the database is at, for a process that may not read the migrations' table.
CREATE FUNCTION public.schema_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$ SELECT max("migration_id") FROM public.schema_history $$;
GRANT EXECUTE ON FUNCTION public.schema_version() TO datasync_app, datasync_system;

-- The rotation of the master key looks across tenants for data keys that another master key wrapped: at their names, never at the keys.
GRANT SELECT (tenant_id, key_id, master_key_id) ON public.tenant_keys TO datasync_system;
CREATE POLICY sweep_read ON public.tenant_keys FOR SELECT TO datasync_system USING (true);
