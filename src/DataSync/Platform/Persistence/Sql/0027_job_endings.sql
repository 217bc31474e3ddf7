-- How jobs ended, for summaries and alerts. Runs after EF Core made the table, as datasync_owner.

-- A job's end goes with the job.
ALTER TABLE public.sync_job_endings ADD CONSTRAINT fk_sync_job_endings_job FOREIGN KEY (tenant_id, job_id) REFERENCES public.sync_jobs (tenant_id, id) ON DELETE CASCADE;

ALTER TABLE public.sync_job_endings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_job_endings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.sync_job_endings
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));

-- Written and taken away by the trigger, as whoever ends or retries the job; never changed.
GRANT SELECT, INSERT, DELETE ON public.sync_job_endings TO datasync_app;

-- Read of texts and not as JSON: a stored text may hold what PostgreSQL's JSON refuses to read, and no job may fail to end for that.
CREATE FUNCTION public.llm_cost_micros(enriched json) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(round(substring(enriched::text FROM '"ai":\{[^{}]*"cost":([0-9]{1,9}(?:\.[0-9]{1,18})?)')::numeric * 1000000), 0)::bigint $$;

CREATE FUNCTION public.error_key(error_details text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(substring(error_details FROM '"message_key":"([a-z0-9_.]{1,200})"'), 'errors.internal') $$;

CREATE FUNCTION public.record_sync_job_ending() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.completed_at IS NULL THEN
        DELETE FROM public.sync_job_endings WHERE tenant_id = OLD.tenant_id AND job_id = OLD.id;
    ELSE
        INSERT INTO public.sync_job_endings (tenant_id, job_id, source_id, status, ended_at, duration_ms, running_ms, records, rejected, bytes, llm_cost_micros, error_key)
        VALUES (NEW.tenant_id, NEW.id, NEW.source_id, NEW.status, NEW.completed_at,
            greatest(0, floor(extract(epoch FROM NEW.completed_at - coalesce(NEW.started_at, NEW.completed_at)) * 1000))::bigint,
            NEW.running_ms, NEW.record_count, NEW.error_count, NEW.bytes, public.llm_cost_micros(NEW.enriched), CASE WHEN NEW.status = 'failed' THEN public.error_key(NEW.error_details) END)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ending AFTER UPDATE ON public.sync_jobs FOR EACH ROW
    WHEN ((OLD.completed_at IS NULL) <> (NEW.completed_at IS NULL)) EXECUTE FUNCTION public.record_sync_job_ending();

REVOKE ALL ON FUNCTION public.record_sync_job_ending() FROM PUBLIC;

-- Jobs of a database that is brought up to this version. The owner itself is behind the wall, so it is opened for this transaction.
ALTER TABLE public.sync_jobs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.sync_job_endings NO FORCE ROW LEVEL SECURITY;
INSERT INTO public.sync_job_endings (tenant_id, job_id, source_id, status, ended_at, duration_ms, running_ms, records, rejected, bytes, llm_cost_micros, error_key)
SELECT j.tenant_id, j.id, j.source_id, j.status, j.completed_at,
    greatest(0, floor(extract(epoch FROM j.completed_at - coalesce(j.started_at, j.completed_at)) * 1000))::bigint,
    j.running_ms, j.record_count, j.error_count, j.bytes, public.llm_cost_micros(j.enriched), CASE WHEN j.status = 'failed' THEN public.error_key(j.error_details) END
FROM public.sync_jobs j WHERE j.completed_at IS NOT NULL;
ALTER TABLE public.sync_jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE public.sync_job_endings FORCE ROW LEVEL SECURITY;
