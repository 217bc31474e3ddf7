-- The audit log: who may write it, and that nobody changes it. Runs after EF Core made the tables, as datasync_owner.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_log', 'audit_pending'] LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON public.%I '
            'USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), ''''))) '
            'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''app.tenant_id'', true), '''')))', t);
    END LOOP;
END $$;

-- The application adds entries that wait to be chained, under numbers that are not its own to choose, and reads. It can do nothing to the chain.
GRANT INSERT (tenant_id, time, actor_kind, actor, client, action, target_kind, target, outcome, correlation_id, details) ON public.audit_pending TO datasync_app;
GRANT SELECT ON public.audit_pending, public.audit_log TO datasync_app;

-- The sealer looks across tenants: it takes what waits and adds it to the chains, in one transaction. It cannot change or remove what is in a chain.
GRANT SELECT, DELETE ON public.audit_pending TO datasync_system;
GRANT SELECT, INSERT ON public.audit_log TO datasync_system;
CREATE POLICY seal_read ON public.audit_pending FOR SELECT TO datasync_system USING (true);
CREATE POLICY seal_delete ON public.audit_pending FOR DELETE TO datasync_system USING (true);
CREATE POLICY seal_read ON public.audit_log FOR SELECT TO datasync_system USING (true);
CREATE POLICY seal_insert ON public.audit_log FOR INSERT TO datasync_system WITH CHECK (true);

-- What an entry says of people and things, apart from what is chained: the chain holds this hash alone, so the words can go and the chain stays. The salt goes with them: without it nobody finds them by trying.
CREATE FUNCTION public.audit_digest(salt bytea, actor text, client text, target text, details text) RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(convert_to('datasync-audit-words/1', 'UTF8') || salt || (
        SELECT string_agg(CASE WHEN w.said IS NULL THEN '\xffffffff'::bytea ELSE int4send(octet_length(convert_to(w.said, 'UTF8'))) || convert_to(w.said, 'UTF8') END, ''::bytea ORDER BY w.place)
        FROM unnest(ARRAY[actor, client, target, details]) WITH ORDINALITY w(said, place)))
$$;

-- A second wall, which stands before the owner too. An entry's words may be erased and nothing else of it changed; a chain may lose its beginning by prune_audit_entries alone.
CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE words CONSTANT text[] := ARRAY['salt', 'actor', 'client', 'target', 'details', 'digest'];
BEGIN
    IF TG_OP = 'UPDATE' AND num_nonnulls(NEW.salt, NEW.actor, NEW.client, NEW.target, NEW.details) = 0 AND to_jsonb(NEW) - words = to_jsonb(OLD) - words
        AND NEW.digest = coalesce(OLD.digest, public.audit_digest(OLD.salt, OLD.actor, OLD.client, OLD.target, OLD.details)) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('datasync.audit_prunes', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'The audit log is added to and never changed.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();
CREATE TRIGGER unchanged BEFORE UPDATE ON public.audit_pending FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();
CREATE TRIGGER unchanged_whole BEFORE TRUNCATE ON public.audit_pending FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

-- Erases the words of a tenant's entries, those that wait and up to `most` of those that are chained; returns how many, and is called again until there are none. It leaves an entry itself,
-- without which audit-verify takes the missing words for a fault. It waits for the sealer, who would chain what it has just read.
CREATE FUNCTION public.erase_audit_entries(tenant text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    waiting bigint;
    chained bigint;
BEGIN
    IF coalesce(tenant, '') = '' OR most < 1 THEN RAISE EXCEPTION 'a tenant and a number are needed'; END IF;
    PERFORM set_config('app.tenant_id', tenant, true), pg_advisory_xact_lock(7233190438129460329);
    UPDATE public.audit_pending SET digest = public.audit_digest(salt, actor, client, target, details), salt = NULL, actor = NULL, client = NULL, target = NULL, details = NULL
    WHERE tenant_id = tenant AND salt IS NOT NULL AND action <> 'audit.erase';
    GET DIAGNOSTICS waiting = ROW_COUNT;
    UPDATE public.audit_log SET salt = NULL, actor = NULL, client = NULL, target = NULL, details = NULL
    WHERE tenant_id = tenant AND sequence = ANY (ARRAY(SELECT sequence FROM public.audit_log WHERE tenant_id = tenant AND salt IS NOT NULL AND action <> 'audit.erase' ORDER BY sequence LIMIT most));
    GET DIAGNOSTICS chained = ROW_COUNT;
    IF waiting + chained > 0 THEN
        INSERT INTO public.audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details)
        VALUES (tenant, clock_timestamp(), 'system', 'erasure', 'audit.erase', 'audit', '', 'succeeded', '', json_build_object('entries', waiting + chained)::text);
    END IF;
    RETURN waiting + chained;
END $$;
REVOKE ALL ON FUNCTION public.erase_audit_entries(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.erase_audit_entries(text, integer) TO datasync_system;

-- Removes the beginning of a tenant's chain up to an entry that is known outside the database by its hash, and never the last one. Returns how many went, and leaves an entry of it.
CREATE FUNCTION public.prune_audit_entries(tenant text, last bigint, head bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE pruned bigint;
BEGIN
    IF coalesce(tenant, '') = '' THEN RAISE EXCEPTION 'a tenant is needed'; END IF;
    PERFORM set_config('app.tenant_id', tenant, true);
    IF NOT EXISTS (SELECT FROM public.audit_log WHERE tenant_id = tenant AND sequence = last AND hash = head)
        OR NOT EXISTS (SELECT FROM public.audit_log WHERE tenant_id = tenant AND sequence > last) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('datasync.audit_prunes', 'on', true);
    DELETE FROM public.audit_log WHERE tenant_id = tenant AND sequence <= last;
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('datasync.audit_prunes', '', true);
    INSERT INTO public.audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details)
    VALUES (tenant, clock_timestamp(), 'system', 'retention', 'audit.prune', 'audit', '', 'succeeded', '', json_build_object('entries', pruned, 'last', last)::text);
    RETURN pruned;
END $$;
REVOKE ALL ON FUNCTION public.prune_audit_entries(text, bigint, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.prune_audit_entries(text, bigint, bytea) TO datasync_system;

-- Jobs: their ends, and the beginnings of those that nobody asked for in person (a request that asks for one leaves its own entry). Held here and not
-- in the engine, so that no way of ending a job can forget it, in the transaction that ends it, without a round trip.
CREATE FUNCTION public.audit_sync_job() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details)
    VALUES (NEW.tenant_id, clock_timestamp(), 'system', 'engine', TG_ARGV[0], 'job', NEW.id::text,
            CASE WHEN TG_ARGV[0] = 'job.start' OR NEW.status = 'completed' THEN 'succeeded' ELSE NEW.status END,
            left(NEW.correlation_id, 64),
            json_build_object('source_id', NEW.source_id, 'created_by', NEW.created_by, 'mode', NEW.mode, 'records', NEW.record_count, 'rejected', NEW.error_count)::text);
    RETURN NULL;
END $$;

-- A delivery that runs in the process that took it is data, a row of webhook_deliveries, and not audited one by one. A scheduled job that found nothing
-- to take is forgotten by the schedule, several of them a second: nothing was accessed and nothing changed.
CREATE TRIGGER audit_end AFTER UPDATE OF status ON public.sync_jobs FOR EACH ROW
    WHEN (NEW.status IN ('completed', 'failed', 'cancelled') AND OLD.status <> NEW.status
          AND NOT (NEW.source_type = 'push' AND NEW.mode <> 'async')
          AND NOT (NEW.created_by = 'schedule' AND NEW.status = 'completed' AND NEW.extracted = 0))
    EXECUTE FUNCTION public.audit_sync_job('job.end');

-- With the first records that it takes.
CREATE TRIGGER audit_start AFTER UPDATE OF extracted ON public.sync_jobs FOR EACH ROW
    WHEN (OLD.extracted = 0 AND NEW.extracted > 0 AND NEW.created_by IN ('schedule', 'webhook') AND NOT (NEW.source_type = 'push' AND NEW.mode <> 'async'))
    EXECUTE FUNCTION public.audit_sync_job('job.start');
