-- Schedules. Runs after EF Core made the table, as datasync_owner.

ALTER TABLE public.sync_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.sync_schedules
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.sync_schedules TO datasync_app;

-- The scheduler looks across tenants for what is due, at these columns and no others; what it finds is done as the tenant.
GRANT SELECT (tenant_id, source_id, next_run_at, not_before) ON public.sync_schedules TO datasync_system;
CREATE POLICY sweep_read ON public.sync_schedules FOR SELECT TO datasync_system USING (true);
GRANT SELECT (tenant_id, source_id, is_active) ON public.data_source_configs TO datasync_system;
CREATE POLICY schedule_read ON public.data_source_configs FOR SELECT TO datasync_system USING (true);
GRANT SELECT (source_id) ON public.sync_jobs TO datasync_system;

-- A schedule whose time has come waits for the source's open job, however that ends: the end wakes the schedulers.
CREATE FUNCTION public.wake_scheduler() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('datasync_schedule', '') FROM public.sync_schedules
    WHERE tenant_id = NEW.tenant_id AND source_id = NEW.source_id AND next_run_at <= now();
    RETURN NULL;
END $$;

CREATE TRIGGER schedule AFTER UPDATE ON public.sync_jobs FOR EACH ROW
    WHEN (OLD.completed_at IS NULL AND NEW.completed_at IS NOT NULL) EXECUTE FUNCTION public.wake_scheduler();

REVOKE ALL ON FUNCTION public.wake_scheduler() FROM PUBLIC;
