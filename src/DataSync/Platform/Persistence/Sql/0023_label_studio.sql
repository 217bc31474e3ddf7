-- Label Studio: whose projects are whose, and which record became which task. Runs after EF Core made the tables, as datasync_owner.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['label_studio_projects', 'label_studio_jobs', 'label_studio_tasks'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($p$CREATE POLICY tenant ON public.%I
            USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
            WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))$p$, t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO datasync_app', t);
    END LOOP;
END $$;

-- What is known of a job's tasks goes with the job.
ALTER TABLE public.label_studio_jobs ADD CONSTRAINT fk_label_studio_jobs_job FOREIGN KEY (tenant_id, job_id) REFERENCES public.sync_jobs (tenant_id, id) ON DELETE CASCADE;
