# Stops a development server when its last user is gone, however that user ended (kill -9 included).
# Users hold a shared lock on $users for as long as they live; the kernel lets go of it with them.
# $watch is held while a watchdog lives, so there is one a server.
watch=$1 users=$2 log=$3 disposable=$4 kind=$5 target=$6

exec 8>>"$watch"
flock -n 8 || exit 3
exec 9>>"$users"
echo watching
exec </dev/null >>"$log" 2>&1

until flock -x 9; do sleep 1; done

# Whether $pid is this cluster's server: by its command line, which a process that merely got the same id does not have.
is_server() {
    [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$target/data"
}

stop_cluster() {
    pid=$(head -n 1 "$target/data/postmaster.pid" 2>/dev/null)
    [ -n "$pid" ] || return 0
    for signal in INT QUIT KILL; do
        is_server || return 0
        kill -s "$signal" "$pid"
        tries=0
        while is_server && [ "$tries" -lt 100 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
    done
}

case $kind in
    cluster)
        stop_cluster
        if [ "$disposable" = true ]; then rm -rf -- "$target"; fi
        ;;
    docker)
        docker stop --time 15 "$target"
        ;;
esac
# First the watch, then the users: whoever gets the users' lock finds the watch free.
exec 8>&-
