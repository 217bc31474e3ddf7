-- A state's cursor may hold \u0000, and ->> makes text of every string of the document on its way, which none that holds it can become: such a sync could not complete. Runs as datasync_owner.
CREATE OR REPLACE FUNCTION public.note_source_slot() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.state_data -> 'method')::text = '"log"' THEN
        INSERT INTO public.source_slots (tenant_id, source_id) VALUES (NEW.tenant_id, NEW.source_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
