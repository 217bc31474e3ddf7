-- The rotation of the master key looks across tenants for data keys that another master key wrapped: at their names, never at the keys.
GRANT SELECT (tenant_id, key_id, master_key_id) ON public.tenant_keys TO datasync_system;
CREATE POLICY sweep_read ON public.tenant_keys FOR SELECT TO datasync_system USING (true);
