-- What the operator lets one tenant take. Runs after EF Core added the columns, as datasync_owner. The dispatcher looks across tenants at how
-- many jobs each may run, and at no other column.
GRANT SELECT (tenant_id, max_concurrent_jobs) ON public.tenant_settings TO datasync_system;
CREATE POLICY sweep_read ON public.tenant_settings FOR SELECT TO datasync_system USING (true);
