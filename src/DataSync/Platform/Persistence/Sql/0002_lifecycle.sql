-- The life of a job: which moves it may make, its history, and its tenant's queue. Held here and not in the code, so that no way of changing a job's
-- row can forget any of it. Runs after EF Core made the tables, as datasync_owner.

-- Jobs of a database that is brought up to this version. The owner itself is behind the wall, so it is opened for this transaction.
ALTER TABLE public.sync_jobs NO FORCE ROW LEVEL SECURITY;
INSERT INTO public.tenant_queues (tenant_id, queued) SELECT tenant_id, count(*) FROM public.sync_jobs WHERE status = 'queued' GROUP BY tenant_id;
INSERT INTO public.sync_job_attempts (tenant_id, job_id, fence, started_at, records, rejected)
SELECT tenant_id, id, fence, coalesce(started_at, created_at), record_count, error_count FROM public.sync_jobs WHERE status = 'running';
ALTER TABLE public.sync_jobs FORCE ROW LEVEL SECURITY;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['sync_job_attempts', 'sync_job_stages', 'tenant_queues'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON public.%I TO datasync_app', t);
    END LOOP;
END $$;

-- A row that changes with every job stays in its page and its index.
ALTER TABLE public.tenant_queues SET (fillfactor = 10);

-- A job is born queued, or running where the process that took the request runs it itself, which async never does. Ended is final; only a retry brings
-- a failed or cancelled job back.
CREATE FUNCTION public.check_sync_job_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE allowed boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status = 'queued' OR (NEW.status = 'running' AND NEW.mode <> 'async') THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'A job of mode % is not born %.', NEW.mode, NEW.status
            USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'sync_jobs', CONSTRAINT = 'sync_jobs_birth';
    END IF;
    allowed := CASE OLD.status
        WHEN 'queued' THEN NEW.status IN ('running', 'cancelled', 'failed')
        WHEN 'running' THEN NEW.status IN ('waiting', 'queued', 'completed', 'failed', 'cancelled')
        WHEN 'waiting' THEN NEW.status IN ('running', 'queued', 'failed', 'cancelled')
        WHEN 'failed' THEN NEW.status = 'queued'
        WHEN 'cancelled' THEN NEW.status = 'queued'
        ELSE false
    END;
    IF allowed THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'A job does not go from % to %.', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'sync_jobs', CONSTRAINT = 'sync_jobs_move';
END $$;

-- After the insert: row-level security has spoken by then, and a row for another tenant is refused as that.
CREATE TRIGGER birth AFTER INSERT ON public.sync_jobs FOR EACH ROW WHEN (NEW.status <> 'queued') EXECUTE FUNCTION public.check_sync_job_move();
CREATE TRIGGER move BEFORE UPDATE ON public.sync_jobs FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION public.check_sync_job_move();

-- Attempts and stages. A claim begins an attempt (a new fence); whatever takes the job out of 'running', or another claim, ends it.
CREATE FUNCTION public.record_sync_job_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was_running boolean := TG_OP = 'UPDATE' AND OLD.status = 'running';
    is_running  boolean := NEW.status = 'running';
    how   text;
    moment timestamptz := now();
BEGIN
    IF was_running AND (NOT is_running OR NEW.fence <> OLD.fence) THEN
        how := CASE
            WHEN is_running THEN 'lost'
            WHEN NEW.status <> 'queued' THEN NEW.status
            WHEN NEW.interruption IS NULL THEN 'handed_over'
            ELSE 'interrupted' END;
        IF how = 'lost' THEN moment := least(moment, OLD.lease_until); END IF;
        UPDATE public.sync_job_stages
        SET ended_at = moment, outcome = CASE how WHEN 'waiting' THEN 'completed' ELSE how END,
            records = CASE stage WHEN 'export' THEN NEW.exported ELSE NEW.record_count END
        WHERE tenant_id = OLD.tenant_id AND job_id = OLD.id AND fence = OLD.fence AND ended_at IS NULL;
        UPDATE public.sync_job_attempts
        SET ended_at = moment, outcome = how, records = NEW.record_count, rejected = NEW.error_count,
            failure = CASE how WHEN 'failed' THEN NEW.error_details WHEN 'interrupted' THEN NEW.interruption WHEN 'lost' THEN NEW.interruption END
        WHERE tenant_id = OLD.tenant_id AND job_id = OLD.id AND fence = OLD.fence;
    ELSIF was_running AND NEW.stage IS DISTINCT FROM OLD.stage THEN
        UPDATE public.sync_job_stages
        SET ended_at = moment, outcome = 'completed', records = CASE stage WHEN 'export' THEN NEW.exported ELSE NEW.record_count END
        WHERE tenant_id = NEW.tenant_id AND job_id = NEW.id AND fence = NEW.fence AND ended_at IS NULL;
        INSERT INTO public.sync_job_stages (tenant_id, job_id, fence, stage, started_at, records) VALUES (NEW.tenant_id, NEW.id, NEW.fence, NEW.stage, now(), 0)
        ON CONFLICT (tenant_id, job_id, fence, stage) DO UPDATE SET ended_at = NULL, outcome = NULL;
    END IF;
    IF is_running AND (NOT was_running OR NEW.fence <> OLD.fence) THEN
        INSERT INTO public.sync_job_attempts (tenant_id, job_id, fence, started_at, records, rejected) VALUES (NEW.tenant_id, NEW.id, NEW.fence, now(), NEW.record_count, NEW.error_count);
        IF NEW.stage IS NOT NULL THEN
            INSERT INTO public.sync_job_stages (tenant_id, job_id, fence, stage, started_at, records) VALUES (NEW.tenant_id, NEW.id, NEW.fence, NEW.stage, now(), 0);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER history_of_birth AFTER INSERT ON public.sync_jobs FOR EACH ROW WHEN (NEW.status = 'running') EXECUTE FUNCTION public.record_sync_job_move();
CREATE TRIGGER history AFTER UPDATE ON public.sync_jobs FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.fence <> NEW.fence OR OLD.stage IS DISTINCT FROM NEW.stage)
    EXECUTE FUNCTION public.record_sync_job_move();

-- The length of each tenant's queue. The row is locked from the move to its commit, so a limit read after one's own move is exact. Every transaction
-- touches the job first and this row after it, and one job only: no two can wait for each other.
CREATE FUNCTION public.count_queued_sync_job() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.status = 'queued' THEN
        INSERT INTO public.tenant_queues AS q (tenant_id, queued) VALUES (NEW.tenant_id, 1)
        ON CONFLICT (tenant_id) DO UPDATE SET queued = q.queued + 1;
    ELSE
        UPDATE public.tenant_queues SET queued = greatest(0, queued - 1) WHERE tenant_id = OLD.tenant_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_of_birth AFTER INSERT ON public.sync_jobs FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION public.count_queued_sync_job();
CREATE TRIGGER queue AFTER UPDATE ON public.sync_jobs FOR EACH ROW
    WHEN ((OLD.status = 'queued') <> (NEW.status = 'queued')) EXECUTE FUNCTION public.count_queued_sync_job();
CREATE TRIGGER queue_of_death AFTER DELETE ON public.sync_jobs FOR EACH ROW WHEN (OLD.status = 'queued') EXECUTE FUNCTION public.count_queued_sync_job();

REVOKE ALL ON FUNCTION public.check_sync_job_move(), public.record_sync_job_move(), public.count_queued_sync_job() FROM PUBLIC;
