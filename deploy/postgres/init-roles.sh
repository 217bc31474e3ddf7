#!/bin/sh
# Makes the three roles in a new server; the postgres image runs it once. For new passwords, run it again:
#   docker compose up -d postgres && docker compose exec postgres sh /docker-entrypoint-initdb.d/init-roles.sh
# The passwords come from the environment and reach the server as session settings, never on a command line.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --output /dev/null <<'SQL'
\getenv owner DATASYNC_OWNER_PASSWORD
\getenv app DATASYNC_APP_PASSWORD
\getenv system DATASYNC_SYSTEM_PASSWORD
SELECT set_config('datasync_owner.password', :'owner', false),
       set_config('datasync_app.password', :'app', false),
       set_config('datasync_system.password', :'system', false);
\getenv roles DATASYNC_ROLES_FILE
\i :roles
SQL
