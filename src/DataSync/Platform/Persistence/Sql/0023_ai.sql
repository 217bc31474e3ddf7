-- Answers of language models and what tenants spend on them. Runs after EF Core made the tables, as datasync_owner.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['ai_answers', 'ai_usage'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON public.%I TO datasync_app', t);
    END LOOP;
END $$;

-- A month's row changes with every call: it stays in its page and its index.
ALTER TABLE public.ai_usage SET (fillfactor = 50);

-- The workers look across tenants for answers that are old: at these columns, never at an answer.
GRANT SELECT (tenant_id, key, created_at), DELETE ON public.ai_answers TO datasync_system;
CREATE POLICY sweep_read ON public.ai_answers FOR SELECT TO datasync_system USING (true);
CREATE POLICY sweep_delete ON public.ai_answers FOR DELETE TO datasync_system USING (true);
