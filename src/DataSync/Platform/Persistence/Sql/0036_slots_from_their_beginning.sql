-- Slots are watched from the moment there may be one. Runs after EF Core made the table, as datasync_owner.
ALTER TABLE public.slot_releases ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.slot_releases FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.slot_releases
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.slot_releases TO datasync_app;

-- The worker that tries again sees which is due, and takes the turn; credentials are the tenant's.
GRANT SELECT (tenant_id, id, next_try_at), UPDATE (next_try_at) ON public.slot_releases TO datasync_system;
CREATE POLICY look ON public.slot_releases FOR SELECT TO datasync_system USING (true);
CREATE POLICY look_claim ON public.slot_releases FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);

-- Whatever a sync ends with, the row stays until a look has seen that there is no slot and that nobody is about to make one.
CREATE OR REPLACE FUNCTION public.note_source_slot() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.state_data ->> 'method' = 'log' THEN
        INSERT INTO public.source_slots (tenant_id, source_id) VALUES (NEW.tenant_id, NEW.source_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

-- A job may make a slot before it has stored anything. The look that removes a row removes it as it was claimed: one that a job has touched since stays.
CREATE FUNCTION public.expect_source_slot() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.source_slots AS s (tenant_id, source_id, next_look_at)
    SELECT d.tenant_id, d.source_id, now() + interval '1 minute' FROM public.data_source_configs d
    WHERE d.tenant_id = NEW.tenant_id AND d.source_id = NEW.source_id AND d.source_type = 'database' AND d.connection_params ->> 'driver' = 'postgresql'
    ON CONFLICT (tenant_id, source_id) DO UPDATE SET next_look_at = s.next_look_at + interval '1 microsecond';
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION public.expect_source_slot() FROM PUBLIC;

CREATE TRIGGER expecting AFTER INSERT ON public.sync_jobs FOR EACH ROW WHEN (NEW.sync_type = 'incremental' AND NEW.export_of IS NULL) EXECUTE FUNCTION public.expect_source_slot();
