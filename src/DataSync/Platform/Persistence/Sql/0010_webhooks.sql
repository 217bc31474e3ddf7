-- The inbox of webhooks. Runs after EF Core made the tables, as datasync_owner.

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['webhook_deliveries', 'webhook_drains'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON public.webhook_deliveries TO datasync_app;
GRANT SELECT, INSERT, UPDATE ON public.webhook_drains TO datasync_app;

-- The workers look across tenants for what waits, and for what is old: at these columns, never at a payload, which they may let go of and not read.
GRANT SELECT (tenant_id, delivery_id, source_id, job_id, failure, received_at, let_go_at), UPDATE (payload, let_go_at), DELETE ON public.webhook_deliveries TO datasync_system;
CREATE POLICY sweep_read ON public.webhook_deliveries FOR SELECT TO datasync_system USING (true);
CREATE POLICY sweep_write ON public.webhook_deliveries FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);
CREATE POLICY sweep_delete ON public.webhook_deliveries FOR DELETE TO datasync_system USING (true);
