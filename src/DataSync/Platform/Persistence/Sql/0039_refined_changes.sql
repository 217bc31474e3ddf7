-- A refined record is kept as what it was changed by where that is short. Runs as datasync_owner.
ALTER TABLE public.sync_data ADD COLUMN refined_changes json;

DO $$
DECLARE
    leaf regclass;
BEGIN
    FOR leaf IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'public.sync_data'::regclass LOOP
        EXECUTE format('GRANT INSERT (refined_changes) ON %s TO datasync_app', leaf);
    END LOOP;
END $$;

-- A new leaf takes the column too.
CREATE OR REPLACE FUNCTION public.make_sync_data_leaves(days integer) RETURNS integer
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
        EXECUTE format('CREATE TABLE public.%I (LIKE public.sync_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION, '
            'PRIMARY KEY (tenant_id, job_id, seq), CHECK (tenant_id <> ''''), '
            'CHECK (job_id >= %L::uuid AND job_id < %L::uuid))',
            leaf, public.uuid7_floor(d::timestamptz), public.uuid7_floor((d + 1)::timestamptz));
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN tenant_id SET DEFAULT current_setting(''app.tenant_id'')', leaf);
        EXECUTE format('GRANT INSERT (job_id, seq, id, source_id, raw_data, refined_data, refined_changes, metadata, sync_timestamp, processed_at) ON public.%I TO datasync_app', leaf);
        EXECUTE format('ALTER TABLE public.sync_data ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            leaf, public.uuid7_floor(d::timestamptz), public.uuid7_floor((d + 1)::timestamptz));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
