-- Makes DataSync's three roles and hands them the current database. Run by a superuser, in that database; safe to repeat.
-- The passwords come from the session, so that this file holds none and no server log shows one:
--   SELECT set_config('datasync_owner.password', …, false), and likewise datasync_app.password, datasync_system.password.
DO $roles$
DECLARE
    role_name text;
    password text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['datasync_owner', 'datasync_app', 'datasync_system'] LOOP
        password := NULLIF(current_setting(role_name || '.password', true), '');
        IF password IS NULL THEN
            RAISE EXCEPTION 'No password for role %: set_config(''%.password'', …) first.', role_name, role_name;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I', role_name);
        END IF;
        -- Stated in full each time: a role that gained a privilege by hand loses it again.
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD %L', role_name, password);
    END LOOP;

    -- Whoever is a member of the owner owns its tables, and row-level security would not hold it.
    FOREACH role_name IN ARRAY ARRAY['datasync_app', 'datasync_system'] LOOP
        IF pg_catalog.pg_has_role(role_name, 'datasync_owner', 'MEMBER') THEN
            EXECUTE format('REVOKE datasync_owner FROM %I', role_name);
        END IF;

        -- A process that was frozen or lost its network in the middle of a transaction must not hold its locks for hours, such as the one whoever hands out jobs holds.
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''60s''', role_name);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = 30', role_name);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = 10', role_name);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = 3', role_name);
    END LOOP;

    EXECUTE format('ALTER DATABASE %I OWNER TO datasync_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, datasync_app, datasync_system', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO datasync_app, datasync_system', current_database());
END
$roles$;

ALTER SCHEMA public OWNER TO datasync_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC, datasync_app, datasync_system;
GRANT USAGE ON SCHEMA public TO datasync_app, datasync_system;
