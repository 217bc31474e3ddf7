-- Where a tenant is stored. Runs after EF Core added the column, as datasync_owner. Workers pass over the tenants of other regions.
GRANT SELECT (region) ON public.tenant_settings TO datasync_system;

-- The tables that hold anything of the transaction's tenant, besides its settings, their number in the cache, and its audit log, which stays where it was written. By the catalogue: a
-- table that comes later is asked too. With the caller's own rights, so it sees what its caller sees: the tenant's rows alone.
CREATE FUNCTION public.tables_with_rows_of_tenant() RETURNS SETOF text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held  record;
    found boolean;
BEGIN
    FOR held IN
        SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname NOT IN ('audit_log', 'audit_pending', 'configuration_generations', 'tenant_settings')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
        ORDER BY 1
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE tenant_id = $1)', held.name) INTO found USING current_setting('app.tenant_id');
        IF found THEN RETURN NEXT held.name; END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION public.tables_with_rows_of_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.tables_with_rows_of_tenant() TO datasync_app;
