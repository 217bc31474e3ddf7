-- Keys of machines. Runs after EF Core made the table, as datasync_owner. A key is looked up behind the wall of the tenant it names, so no role reads over tenants.
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.api_keys
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
-- What a key is good for and how long never changes: there is making, using, revoking and forgetting.
GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at, revoked_at) ON public.api_keys TO datasync_app;
