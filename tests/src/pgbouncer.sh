# Runs pgbouncer in transaction mode, over two connections, until standard input ends.
# Arguments: a free port; the port, the role and the password of a PostgreSQL on this machine. Prints a line once it listens.
set -eu
umask 077
trap '' HUP INT PIPE
dir=$(mktemp -d /tmp/tenantry-pgbouncer.XXXXXX)
cleanup() {
    kill "$bouncer" 2> /dev/null || true
    wait "$bouncer" 2> /dev/null || true
    rm -rf "$dir"
}
printf '"%s" "%s"\n' "$3" "$4" > "$dir/users"
cat > "$dir/pgbouncer.ini" <<CONF
[databases]
* = host=127.0.0.1 port=$2
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $1
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
ignore_startup_parameters = extra_float_digits
CONF
PATH=$PATH:/usr/sbin
pgbouncer "$dir/pgbouncer.ini" > "$dir/log" 2>&1 &
bouncer=$!
trap cleanup EXIT
for _ in $(seq 100); do
    if grep -q 'process up' "$dir/log"; then
        echo up
        cat > /dev/null
        exit
    fi
    sleep 0.05
done
cat "$dir/log" >&2
exit 1
