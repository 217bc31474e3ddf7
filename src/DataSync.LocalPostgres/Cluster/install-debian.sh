# Installs Debian's PostgreSQL binaries and nothing that runs: while this setting lies there, the package makes no main cluster.
set -eu
export DEBIAN_FRONTEND=noninteractive
setting=/etc/postgresql-common/createcluster.d/datasync.conf
had_common=false
if [ -e /etc/postgresql-common/createcluster.conf ]; then had_common=true; fi

apt-get update -q
apt-get install -q -y --no-install-recommends postgresql-common
mkdir -p "${setting%/*}"
echo 'create_main_cluster = false' >"$setting"
undo() { rm -f "$setting"; rmdir "${setting%/*}" 2>/dev/null || true; }
trap undo EXIT
# An older postgresql-common may not read the folder; its own file is edited only where this script brought it.
if ! grep -q "^include_dir" /etc/postgresql-common/createcluster.conf; then
    if [ "$had_common" = true ]; then
        echo 'postgresql-common would make a main cluster: install postgresql by hand' >&2
        exit 1
    fi
    sed -i 's/^#\{0,1\}create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
fi
apt-get install -q -y --no-install-recommends postgresql
