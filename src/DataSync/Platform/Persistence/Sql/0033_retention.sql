-- What only the owner may do for retention and for the erasure of a tenant. Runs behind 0032, as datasync_owner, who is behind the wall himself: each function acts as one tenant at a time.

-- Forgets ended jobs of the transaction's tenant, with their history. What the jobs kept has gone before.
CREATE FUNCTION public.forget_ended_jobs(jobs uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE forgotten integer;
BEGIN
    DELETE FROM public.sync_jobs WHERE tenant_id = NULLIF(current_setting('app.tenant_id', true), '') AND id = ANY (jobs) AND completed_at IS NOT NULL;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION public.forget_ended_jobs(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.forget_ended_jobs(uuid[]) TO datasync_app;

-- Drops one leaf in which every tenant's records have outlived their time: nothing is deleted row by row, and nothing is left to vacuum. Called again until it returns 0: whoever drops a leaf has all records
-- to himself until he commits, so each call is a transaction that ends with the drop, and nothing follows it. A tenant keeps the leaf with a job of that day that has not completed, with an open job that
-- exports one of that day again, with an erasure that is not over, and while records that went to Label Studio are in it: those go row by row. It waits for a second at most: whoever reads old records at
-- the moment has it tried again an hour later.
CREATE FUNCTION public.drop_expired_leaves(moment timestamptz) RETURNS integer
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
                OR EXISTS (SELECT FROM public.privacy_requests p WHERE p.tenant_id = tenant AND p.status IN ('queued', 'running', 'waiting'));
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
            END LOOP;
            EXECUTE format('DROP TABLE public.%I', leaf.name);
            RETURN 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            RETURN 0;
        END;
    END LOOP;
    RETURN 0;
END $$;
REVOKE ALL ON FUNCTION public.drop_expired_leaves(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.drop_expired_leaves(timestamptz) TO datasync_system;

-- Removes some of a tenant's rows, its keys first, from every table that the catalogue knows to hold tenants' rows, but for the audit log, which lets go of the words of its entries itself and keeps the chain; returns how many. Called again until there are none: deleting one may make another
-- (a trigger counts), and each call is one short transaction.
CREATE FUNCTION public.erase_tenant_rows(tenant text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held    record;
    removed bigint := 0;
    gone    bigint;
BEGIN
    IF coalesce(tenant, '') = '' OR most < 1 THEN RAISE EXCEPTION 'a tenant and a number are needed'; END IF;
    PERFORM set_config('app.tenant_id', tenant, true);
    FOR held IN
        SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('audit_log', 'audit_pending')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
        ORDER BY c.relname <> 'tenant_keys', c.relname = 'configuration_generations', 1
    LOOP
        IF held.name = 'sync_data' THEN
            EXECUTE 'DELETE FROM public.sync_data d USING (SELECT job_id, seq FROM public.sync_data WHERE tenant_id = $1 LIMIT $2) o WHERE d.tenant_id = $1 AND d.job_id = o.job_id AND d.seq = o.seq' USING tenant, most;
        ELSE
            EXECUTE format('DELETE FROM public.%1$I WHERE tenant_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM public.%1$I WHERE tenant_id = $1 LIMIT $2))', held.name) USING tenant, most;
        END IF;
        GET DIAGNOSTICS gone = ROW_COUNT;
        removed := removed + gone;
    END LOOP;

    -- By name, as the log is not there where it was not migrated to yet.
    IF to_regprocedure('public.erase_audit_entries(text, integer)') IS NOT NULL THEN
        EXECUTE 'SELECT public.erase_audit_entries($1, $2)' INTO gone USING tenant, most;
        removed := removed + coalesce(gone, 0);
    END IF;
    RETURN removed;
END $$;
REVOKE ALL ON FUNCTION public.erase_tenant_rows(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.erase_tenant_rows(text, integer) TO datasync_system;

-- As before, but for the entry that an erased tenant leaves: it names nobody, and its words stay, so that whoever erases a tenant again finds nothing.
CREATE OR REPLACE FUNCTION public.erase_audit_entries(tenant text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    waiting bigint;
    chained bigint;
BEGIN
    IF coalesce(tenant, '') = '' OR most < 1 THEN RAISE EXCEPTION 'a tenant and a number are needed'; END IF;
    PERFORM set_config('app.tenant_id', tenant, true), pg_advisory_xact_lock(7233190438129460329);
    UPDATE public.audit_pending SET digest = public.audit_digest(salt, actor, client, target, details), salt = NULL, actor = NULL, client = NULL, target = NULL, details = NULL
    WHERE tenant_id = tenant AND salt IS NOT NULL AND action NOT IN ('audit.erase', 'tenant.erase');
    GET DIAGNOSTICS waiting = ROW_COUNT;
    UPDATE public.audit_log SET salt = NULL, actor = NULL, client = NULL, target = NULL, details = NULL
    WHERE tenant_id = tenant AND sequence = ANY (ARRAY(SELECT sequence FROM public.audit_log WHERE tenant_id = tenant AND salt IS NOT NULL AND action NOT IN ('audit.erase', 'tenant.erase') ORDER BY sequence LIMIT most));
    GET DIAGNOSTICS chained = ROW_COUNT;
    IF waiting + chained > 0 THEN
        INSERT INTO public.audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details)
        VALUES (tenant, clock_timestamp(), 'system', 'erasure', 'audit.erase', 'audit', '', 'succeeded', '', json_build_object('entries', waiting + chained)::text);
    END IF;
    RETURN waiting + chained;
END $$;
