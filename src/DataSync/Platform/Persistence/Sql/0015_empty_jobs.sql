-- A continuous schedule that follows changes makes a job every few seconds, and most find nothing: those may be forgotten. No other job may ever be deleted.
GRANT DELETE ON public.sync_jobs TO datasync_app;
CREATE POLICY forget ON public.sync_jobs AS RESTRICTIVE FOR DELETE TO datasync_app USING (
    status = 'completed' AND created_by = 'schedule' AND extracted = 0 AND record_count = 0 AND error_count = 0 AND change_tracking ->> 'method' <> 'cursor');
