# Runs a private PostgreSQL until standard input ends, which is when the test process ends, however it ends.
# Arguments: the folder of the server programs, a free port. Prints the superuser's password once the server answers.
set -eu
umask 077
trap '' HUP INT TERM PIPE
bin=$1 port=$2
dir=$(mktemp -d /tmp/tenantry-postgres.XXXXXX)
cleanup() {
    "$bin/pg_ctl" stop --pgdata="$dir/data" --mode=immediate > /dev/null 2>&1 || true
    rm -rf "$dir"
}
trap cleanup EXIT
run() { "$@" > "$dir/out" 2>&1 || { cat "$dir/out" "$dir/log" >&2; exit 1; }; }

od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$dir/password"
: > "$dir/log"
run "$bin/initdb" --pgdata="$dir/data" --username=postgres --pwfile="$dir/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
cat >> "$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
run "$bin/pg_ctl" start --pgdata="$dir/data" --log="$dir/log" --wait
cat "$dir/password"
echo
cat > /dev/null
