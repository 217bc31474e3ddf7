-- What enrichers made of stored records. Runs after EF Core made the table, as datasync_owner. Rows are written once: nobody may change one.
ALTER TABLE public.sync_enrichments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_enrichments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.sync_enrichments
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, DELETE ON public.sync_enrichments TO datasync_app;
