-- What lets every process keep a tenant's configuration in memory: a number per tenant that each change raises in its own transaction, and that the
-- commit tells to whoever listens. Runs after EF Core made the tables, as datasync_owner.

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['configuration_generations', 'tenant_settings'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON public.%I TO datasync_app', t);
    END LOOP;
END $$;

-- The row is locked until the commit, so numbers become visible in the order they were given. By the clock, so that a database which was restored, or
-- another one behind the same Redis, does not give the same numbers for something else. Every transaction changes one source, and this row after it.
CREATE FUNCTION public.raise_configuration_generation() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner  text;
    raised bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN owner := OLD.tenant_id; ELSE owner := NEW.tenant_id; END IF;
    INSERT INTO public.configuration_generations AS g (tenant_id, generation)
    VALUES (owner, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ON CONFLICT (tenant_id) DO UPDATE SET generation = greatest(g.generation + 1, excluded.generation)
    RETURNING g.generation INTO raised;
    PERFORM pg_notify('datasync_configuration', raised || ' ' || owner);
    RETURN NULL;
END $$;

CREATE TRIGGER configuration AFTER INSERT OR UPDATE OR DELETE ON public.data_source_configs
    FOR EACH ROW EXECUTE FUNCTION public.raise_configuration_generation();
CREATE TRIGGER configuration AFTER INSERT OR UPDATE OR DELETE ON public.tenant_settings
    FOR EACH ROW EXECUTE FUNCTION public.raise_configuration_generation();

REVOKE ALL ON FUNCTION public.raise_configuration_generation() FROM PUBLIC;
