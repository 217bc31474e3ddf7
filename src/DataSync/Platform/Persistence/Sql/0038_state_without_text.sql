-- A state's cursor may hold \u0000. Asking JSON for a member makes text of every string on the way, which none that holds it can become, so such a sync could not complete: it is replaced first. Runs as datasync_owner.
CREATE OR REPLACE FUNCTION public.note_source_slot() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF replace(NEW.state_data::text, '\u0000', '\u0001')::json ->> 'method' = 'log' THEN
        INSERT INTO public.source_slots (tenant_id, source_id) VALUES (NEW.tenant_id, NEW.source_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
