#!/usr/bin/env bash
# What whole programs pay: CPU time a request and resident memory. Two servers of a kind run side by side, one under the
# agent, and are loaded in turn.
# shellcheck source=tests/bench/bench.bash
. "${0%/*}/bench.bash"

# loaded PID COMMAND...: runs it, prints the CPU time of PID in ms that it took.
loaded() {
    local server=$1 before
    shift
    before=$(cpu_ns "$server")
    "$@" >/dev/null 2>&1
    awk -v a="$before" -v b="$(cpu_ns "$server")" 'BEGIN { printf "%.3f\n", (b - a) / 1e6 }'
}

# compare NAME GOAL TIMES UNIT COMMAND...: {} in COMMAND stands for the port or socket; PLAIN and WATCHED are "PID PLACE".
compare() {
    local name=$1 goal=$2 times=$3 unit=$4 command=("${@:5}")
    # shellcheck disable=SC2086 # two words
    one() { on $PLAIN; }
    # shellcheck disable=SC2086
    two() { on $WATCHED; }
    on() { loaded "$1" "${command[@]//\{\}/$2}"; }
    one >/dev/null; two >/dev/null
    pairs "$times" one two
    row "$name, CPU a request" "$goal" "$(printf '%.3f' "$ratio")" "$spread" "$unit: $plain, $other ms"
}

resident() { # NAME
    local a b
    a=$(rss_kib "${PLAIN%% *}") b=$(rss_kib "${WATCHED%% *}")
    row "$1, resident" "<= 1.03" "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f", b / a }')" "one reading" "$a, $b KiB"
}

redis() {
    command -v redis-server >/dev/null || return 0
    local port=$((20000 + RANDOM % 20000)) arguments=(--save '' --appendonly no --io-threads 1 --dir "$WORK")
    start_server plainly redis-server --port $port "${arguments[@]}"
    PLAIN="$pid $port"
    start_server watched redis-server --port $((port + 1)) "${arguments[@]}"
    WATCHED="$pid $((port + 1))"
    wait_until redis-cli -p $port ping && wait_until redis-cli -p $((port + 1)) ping || return 1
    compare "redis SET, pipelined" "<= 1.01" 21 "redis-benchmark -t set -P 16 -n 300000" \
        redis-benchmark -p {} -t set -r 200000 -d 100 -P 16 -n 300000 -q
    compare "redis GET, pipelined" "<= 1.01" 21 "redis-benchmark -t get -P 16 -n 300000" \
        redis-benchmark -p {} -t get -r 200000 -P 16 -n 300000 -q
    resident redis
    stop_servers
}

# Sets and gets of a text protocol, many in a packet.
cat >"$WORK/mc.py" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for block in range(400):
    sets = b"".join(b"set k%d 0 0 800\r\n" % ((block * 911 + i) % 200000) + b"x" * 800 + b"\r\n" for i in range(200))
    s.sendall(sets + b"get k%d\r\n" % block * 200)
    seen, ends, stored = b"", 0, 0
    while ends < 200 or stored < 200:
        data = seen + s.recv(1 << 16)
        ends += data.count(b"END\r\n"); stored += data.count(b"STORED\r\n")
        cut = max(data.rfind(b"END\r\n") + 5, data.rfind(b"STORED\r\n") + 8)
        seen = data[cut:] if cut > 7 else data
END

memcached_server() {
    command -v memcached >/dev/null || return 0
    local port=$((20000 + RANDOM % 20000)) user=()
    [ "$(id -u)" -ne 0 ] || user=(-u nobody)
    start_server plainly memcached -p $port -U 0 -l 127.0.0.1 -m 256 "${user[@]}"
    PLAIN="$pid $port"
    start_server watched memcached -p $((port + 1)) -U 0 -l 127.0.0.1 -m 256 "${user[@]}"
    WATCHED="$pid $((port + 1))"
    wait_until bash -c "echo >/dev/tcp/127.0.0.1/$port && echo >/dev/tcp/127.0.0.1/$((port + 1))" || return 1
    compare "memcached set+get" "<= 1.01" 21 "160,000 requests" python3 "$WORK/mc.py" {}
    resident memcached
    stop_servers
}

start_mariadb() { # NAME HOW
    local data=$WORK/$1
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$data" --auth-root-authentication-method=normal >/dev/null 2>&1
    start_server "$2" mariadbd --no-defaults --user="$(id -un)" --datadir="$data" --socket="$data.sock" --skip-networking \
        --pid-file="$data.pid" --innodb-buffer-pool-size=64M --skip-log-bin
    wait_until mariadb-admin --no-defaults --socket="$data.sock" --user=root ping
}

mariadb_server() {
    command -v mariadbd >/dev/null || return 0
    start_mariadb plain plainly || return 1
    PLAIN="$pid $WORK/plain.sock"
    start_mariadb watched watched || return 1
    WATCHED="$pid $WORK/watched.sock"
    compare "MariaDB, mixed queries" "<= 1.01" 21 "mariadb-slap, 8 clients, 6,000 queries" \
        mariadb-slap --no-defaults --socket={} --user=root --concurrency=8 --number-of-queries=6000 --auto-generate-sql \
        --auto-generate-sql-load-type=mixed --auto-generate-sql-add-autoincrement
    resident MariaDB
    stop_servers
}

redis
memcached_server
mariadb_server
