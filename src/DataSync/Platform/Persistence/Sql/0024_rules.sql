-- What rules remember of a job's records, and refused records that are corrected and run again. Runs after EF Core made the table and the columns, as datasync_owner.

ALTER TABLE public.sync_seen_values ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_seen_values FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.sync_seen_values
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
GRANT SELECT, INSERT, DELETE ON public.sync_seen_values TO datasync_app;

-- A refused record's original and the reason never change.
GRANT UPDATE (correction, corrected_at, corrected_by, replay_job_id, replayed_at) ON public.sync_rejections TO datasync_app;
