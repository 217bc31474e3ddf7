-- Alerts: rules, what is open, who is told. Runs after EF Core made the tables, as datasync_owner.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['alert_channels', 'alert_notices', 'alert_rules', 'alert_silences', 'alerts'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($p$CREATE POLICY tenant ON public.%I
            USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
            WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))$p$, t);
        EXECUTE format('CREATE POLICY look ON public.%I FOR SELECT TO datasync_system USING (true)', t);
    END LOOP;
END $$;

ALTER TABLE public.alert_notices ADD CONSTRAINT fk_alert_notices_channel FOREIGN KEY (tenant_id, channel_id) REFERENCES public.alert_channels (tenant_id, channel_id) ON DELETE CASCADE;
ALTER TABLE public.alert_notices ADD CONSTRAINT fk_alert_notices_alert FOREIGN KEY (tenant_id, alert_id) REFERENCES public.alerts (tenant_id, alert_id) ON DELETE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON public.alert_channels, public.alert_rules, public.alert_silences TO datasync_app;
GRANT SELECT, INSERT, UPDATE ON public.alerts, public.alert_notices TO datasync_app;

-- One worker looks at a time: whoever holds this row. It is no tenant's.
CREATE TABLE public.alert_turn (one boolean PRIMARY KEY DEFAULT true CHECK (one), taken_at timestamptz NOT NULL);
INSERT INTO public.alert_turn (taken_at) VALUES ('-infinity');
GRANT SELECT, UPDATE (taken_at) ON public.alert_turn TO datasync_system;

-- The worker that looks sees numbers and names, never what a source, a channel or a model was told or told us. It opens alerts, ends them, and notes who is to be told.
GRANT SELECT ON public.alerts, public.alert_rules TO datasync_system;
GRANT SELECT (tenant_id, rule_id, until) ON public.alert_silences TO datasync_system;
GRANT SELECT (tenant_id, channel_id, events, enabled) ON public.alert_channels TO datasync_system;
GRANT SELECT (tenant_id, notice_id, state, attempts, next_at, ended_at), DELETE ON public.alert_notices TO datasync_system;
GRANT DELETE ON public.alerts TO datasync_system;
GRANT INSERT (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, channels, opened_at, seen_at, silenced), UPDATE (over_at) ON public.alerts TO datasync_system;
GRANT INSERT (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at), UPDATE (attempts, next_at) ON public.alert_notices TO datasync_system;
CREATE POLICY look_open ON public.alerts FOR INSERT TO datasync_system WITH CHECK (true);
CREATE POLICY look_end ON public.alerts FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);
CREATE POLICY sweep_delete ON public.alerts FOR DELETE TO datasync_system USING (over_at IS NOT NULL);
CREATE POLICY sweep_delete ON public.alert_notices FOR DELETE TO datasync_system USING (state <> 'pending');
CREATE POLICY look_tell ON public.alert_notices FOR INSERT TO datasync_system WITH CHECK (true);
CREATE POLICY look_claim ON public.alert_notices FOR UPDATE TO datasync_system USING (true) WITH CHECK (true);

GRANT SELECT (tenant_id, job_id, source_id, status, ended_at, running_ms) ON public.sync_job_endings TO datasync_system;
CREATE POLICY look ON public.sync_job_endings FOR SELECT TO datasync_system USING (true);
GRANT SELECT (fence, running_ms) ON public.sync_jobs TO datasync_system;
GRANT SELECT (tenant_id, job_id, fence, started_at) ON public.sync_job_attempts TO datasync_system;
CREATE POLICY look ON public.sync_job_attempts FOR SELECT TO datasync_system USING (true);
GRANT SELECT (created_at, last_run_at, failed_runs, time_zone) ON public.sync_schedules TO datasync_system;
GRANT SELECT (tenant_id, month, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros) ON public.ai_usage TO datasync_system;
CREATE POLICY look ON public.ai_usage FOR SELECT TO datasync_system USING (true);
GRANT SELECT (tenant_id, token_limit, cost_limit, day_token_limit, day_cost_limit) ON public.ai_budgets TO datasync_system;
CREATE POLICY look ON public.ai_budgets FOR SELECT TO datasync_system USING (true);

-- A channel that wants it is told that a job ended, by the transaction that ends it. A continuous schedule's sync that found nothing is nobody's news.
CREATE FUNCTION public.tell_sync_job_ending() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.alert_notices (tenant_id, notice_id, channel_id, event, job_id, state, attempts, next_at, created_at)
    SELECT c.tenant_id, gen_random_uuid(), c.channel_id, 'job.' || NEW.status, NEW.id, 'pending', 0, now(), now()
    FROM public.alert_channels c WHERE c.tenant_id = NEW.tenant_id AND c.enabled AND 'job.' || NEW.status = ANY (c.events);
    IF FOUND THEN PERFORM pg_notify('datasync_alerts', ''); END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER telling AFTER UPDATE ON public.sync_jobs FOR EACH ROW
    WHEN (OLD.completed_at IS NULL AND NEW.completed_at IS NOT NULL AND NOT (NEW.status = 'completed' AND NEW.created_by = 'schedule' AND NEW.extracted = 0 AND NEW.error_count = 0))
    EXECUTE FUNCTION public.tell_sync_job_ending();

REVOKE ALL ON FUNCTION public.tell_sync_job_ending() FROM PUBLIC;
