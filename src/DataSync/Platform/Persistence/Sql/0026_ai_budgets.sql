-- What the operator lets one tenant use of a language model. Runs after EF Core made the table, as datasync_owner.
ALTER TABLE public.ai_budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ai_budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.ai_budgets
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, UPDATE ON public.ai_budgets TO datasync_app;
