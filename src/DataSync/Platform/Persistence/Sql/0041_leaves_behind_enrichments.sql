-- Leaves of records and what enrichers made of them. Runs behind 0040, as datasync_owner.

-- As before, and a leaf stays while anything is stored that was made of its jobs' records: it is found by the records, so it goes before them, in small transactions.
CREATE OR REPLACE FUNCTION public.drop_expired_leaves(moment timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '1s'
AS $$
DECLARE
    leaf    record;
    tenant  text;
    holders text[];
    begins  uuid;
    ends    uuid;
    kept    boolean;
BEGIN
    -- Two who look into a leaf and then both want to drop it would wait for each other.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('drop_expired_leaves', 3033)) THEN RETURN 0; END IF;
    FOR leaf IN
        SELECT c.relname AS name, to_date(right(c.relname, 8), 'YYYYMMDD') AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.sync_data'::regclass AND to_date(right(c.relname, 8), 'YYYYMMDD') < (moment AT TIME ZONE 'UTC')::date - 1 ORDER BY 1
    LOOP
        tenant := '';
        holders := '{}';
        kept := false;
        begins := public.uuid7_floor(leaf.day::timestamptz);
        ends := public.uuid7_floor((leaf.day + 1)::timestamptz);
        LOOP
            EXECUTE format('SELECT tenant_id FROM public.%I WHERE tenant_id > $1 ORDER BY tenant_id LIMIT 1', leaf.name) INTO tenant USING tenant;
            EXIT WHEN tenant IS NULL;
            holders := holders || tenant;
            PERFORM set_config('app.tenant_id', tenant, true);
            kept := NOT EXISTS (SELECT FROM public.retention r WHERE r.tenant_id = tenant AND r.kind IN ('records', 'jobs') AND moment - make_interval(days => r.days) >= (leaf.day + 1)::timestamptz)
                OR EXISTS (SELECT FROM public.sync_jobs j WHERE j.tenant_id = tenant AND j.id >= begins AND j.id < ends AND j.status <> 'completed')
                OR EXISTS (SELECT FROM public.sync_jobs j WHERE j.tenant_id = tenant AND j.export_of >= begins AND j.export_of < ends AND j.completed_at IS NULL)
                OR EXISTS (SELECT FROM public.privacy_requests p WHERE p.tenant_id = tenant AND p.status IN ('queued', 'running', 'waiting'))
                OR EXISTS (SELECT FROM public.sync_enrichments e WHERE e.tenant_id = tenant AND e.job_id >= begins AND e.job_id < ends);
            IF NOT kept THEN
                EXECUTE format('SELECT EXISTS (SELECT FROM public.label_studio_jobs l WHERE l.tenant_id = $1 AND l.job_id >= $2 AND l.job_id < $3 '
                    'AND EXISTS (SELECT FROM public.%I d WHERE d.tenant_id = $1 AND d.job_id = l.job_id))', leaf.name) INTO kept USING tenant, begins, ends;
            END IF;
            EXIT WHEN kept;
        END LOOP;
        CONTINUE WHEN kept OR cardinality(holders) = 0;
        BEGIN
            -- Each tenant's own log tells of it, or the leaf stays. Its rows are not counted, which would take as long as deleting them.
            FOREACH tenant IN ARRAY holders LOOP
                PERFORM set_config('app.tenant_id', tenant, true);
                INSERT INTO public.audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details)
                VALUES (tenant, clock_timestamp(), 'system', 'retention', 'retention.remove', 'retention', 'records', 'succeeded', '', json_build_object('leaf', leaf.day)::text);
                UPDATE public.sync_jobs j SET retired_at = moment WHERE j.tenant_id = tenant AND j.id >= begins AND j.id < ends AND j.retired_at IS NULL;

                -- From here on nobody begins to export one of them again unseen. Whoever did since it was looked for, or asked for an erasure, keeps the leaf.
                IF EXISTS (SELECT FROM public.sync_jobs j WHERE j.tenant_id = tenant AND j.export_of >= begins AND j.export_of < ends AND j.completed_at IS NULL)
                    OR EXISTS (SELECT FROM public.privacy_requests p WHERE p.tenant_id = tenant AND p.status IN ('queued', 'running', 'waiting')) THEN
                    RAISE lock_not_available;
                END IF;
            END LOOP;
            EXECUTE format('DROP TABLE public.%I', leaf.name);
            RETURN 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            RETURN 0;
        END;
    END LOOP;
    RETURN 0;
END $$;
