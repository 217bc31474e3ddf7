-- Slots of sources. Runs after EF Core made the table, as datasync_owner.
ALTER TABLE public.source_slots ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.source_slots FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.source_slots
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.source_slots TO datasync_app;

-- The worker that looks sees which source is due, and takes the turn; alerts look at the bytes.
GRANT SELECT, UPDATE (next_look_at) ON public.source_slots TO datasync_system;
CREATE POLICY look ON public.source_slots FOR SELECT TO datasync_system USING (true);
CREATE POLICY look_claim ON public.source_slots FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);

-- A sync that followed the log leaves a slot behind; one that went by another way has given it up. A state that is reset leaves it: the slot is still there.
CREATE FUNCTION public.note_source_slot() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.state_data ->> 'method' = 'log' THEN
        INSERT INTO public.source_slots (tenant_id, source_id) VALUES (NEW.tenant_id, NEW.source_id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM public.source_slots WHERE tenant_id = NEW.tenant_id AND source_id = NEW.source_id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION public.note_source_slot() FROM PUBLIC;

CREATE TRIGGER noting AFTER INSERT OR UPDATE ON public.sync_state FOR EACH ROW EXECUTE FUNCTION public.note_source_slot();
