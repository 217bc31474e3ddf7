-- Requests about people's data, and how long data is kept. Runs after EF Core made the tables, as datasync_owner.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['privacy_requests', 'privacy_exports', 'retention'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
    END LOOP;
END $$;

-- A receipt stays: nobody who runs the service removes one.
GRANT SELECT, INSERT, UPDATE ON public.privacy_requests, public.privacy_exports TO datasync_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.retention TO datasync_app;

-- The workers look across tenants for what is due, at these columns, never at a sealed subject; what they find is done as the tenant.
GRANT SELECT (tenant_id, id, status, not_before) ON public.privacy_requests TO datasync_system;
CREATE POLICY sweep_read ON public.privacy_requests FOR SELECT TO datasync_system USING (true);
GRANT SELECT (tenant_id, kind, days) ON public.retention TO datasync_system;
CREATE POLICY sweep_read ON public.retention FOR SELECT TO datasync_system USING (true);

-- An answer of a model goes with the record it was given to.
GRANT DELETE ON public.ai_answers TO datasync_app;

-- The planner's statistics keep samples of values, which an erasure would leave behind until somebody analyses the table again. JSON has none; of the other columns that hold what came from outside none are
-- made any more. Giving a column the type that it has forgets those that were made, without rewriting the table.
DO $$
DECLARE c record;
BEGIN
    FOR c IN
        SELECT k.t, k.c, format_type(a.atttypid, a.atttypmod) AS type
        FROM (VALUES ('idempotency_keys', 'body'), ('idempotency_keys', 'key'), ('idempotency_keys', 'location'), ('sync_enrichments', 'problem'), ('sync_job_attempts', 'failure'),
            ('sync_jobs', 'error_details'), ('sync_jobs', 'interruption'), ('sync_rejections', 'field'), ('sync_rejections', 'message'), ('sync_schedules', 'failure'), ('sync_state', 'last_record_id'),
            ('webhook_deliveries', 'payload'), ('webhook_deliveries', 'webhook_id')) k (t, c)
            JOIN pg_attribute a ON a.attrelid = format('public.%I', k.t)::regclass AND a.attname = k.c
    LOOP
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I TYPE %s, ALTER COLUMN %2$I SET STATISTICS 0', c.t, c.c, c.type);
    END LOOP;
END $$;
