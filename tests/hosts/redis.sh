#!/usr/bin/env bash
# Redis with I/O threads: its classes, its own figures beside ours, who frees whose memory, and a child that it forks to save.
# Its I/O threads wait by spinning, which takes its time where there are fewer cores than threads.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=redis-server PACKAGE=redis-server
CLASSES=(main 'io_thd_*' bio_aof_fsync bio_close_file bio_lazy_free)

redis() {
    redis-cli -p "$port" "$@"
}

launch() {
    "$1" redis redis-server --port "$port" --bind 127.0.0.1 --dir "$PWD" --save '' --appendonly no --io-threads 4 \
        --io-threads-do-reads yes --jemalloc-bg-thread yes --daemonize no --enable-debug-command local
    wait_for "Redis" answers "$port"
}

# fill N: keys of several kinds, from several connections at once.
fill() {
    awk -v n="$1" 'BEGIN {
        for (i = 0; i < 10000; i++) {
            printf "SET k%d:%d %0*d\r\n", n, i % 3000, 10 + i * 7919 % 3000, i
            printf "RPUSH l%d:%d %d\r\nHSET h%d f%d %d\r\nAPPEND a%d:%d x\r\n", n, i % 50, i, n, i % 700, i, n, i % 20
            if (i % 3 == 0) printf "DEL k%d:%d\r\n", n, i % 1000
        }
    }' | redis --pipe
}

# Values of some KB from many connections at once.
load() {
    redis-benchmark -p "$port" -q -t set,get -n 6000 -r 5000 -d 3000 -P 16 -c 20 --threads 2 >bench.out 2>&1
}

# Values through the I/O threads and work in the background, then what can be compared.
work() {
    local one filling=()
    load || return
    redis FLUSHALL ASYNC >flushed || return
    for one in 1 2 3 4 5 6; do
        fill $one >filled$one &
        filling+=("$!")
    done
    wait "${filling[@]}" && cat filled? && redis DEBUG DIGEST && redis DBSIZE
}

info() { # FIELD
    redis INFO memory | tr -d '\r' | sed -n "s/^$1://p"
}

# What INFO says and what the snapshot says, taken one right after the other, with nobody else at work. INFO itself
# allocates its answer, some KB, between the two.
agrees_with_info() {
    local theirs
    theirs=$(info allocator_allocated) && next_dump "$pid" info.json &&
        holds info.json '.process.allocated - $theirs | fabs < 65536' --argjson theirs "$theirs"
}

flow_of() { # OWNER FREED_BY: bytes
    echo "[.flows[] | select(.owner == \"$1\" and .freed_by == \"$2\") | .bytes] | add"
}

# Redis gives its I/O threads work only while many connections wait at once, which is the machine's affair.
io_threads_share() {
    holds books.json "($(flow_of main 'io_thd_*') > 100000) and ($(flow_of 'io_thd_*' main) > 100000)" ||
        { load && next_dump "$pid" books.json && false; }
}

judge() {
    check "three I/O threads in one class" holds books.json '.classes[] | select(.name == "io_thd_*") | .threads == 3'
    check "jemalloc's own thread is seen" holds books.json '[.threads[].name] | index("jemalloc_bg_thd") != null'
    check "main holds the keys" holds books.json '.classes[] | select(.name == "main") | .live > 1000000'
    check "what is freed lazily is main's" holds books.json "$(flow_of main bio_lazy_free) > 1000000"
    check "the I/O threads free main's answers, and main what they have read" wait_for "that" io_threads_share
    check "allocated is what Redis says of itself" wait_for "agreement" agrees_with_info
    saving_child
}

child_of() {
    child=$(pgrep -P "$pid" | head -n 1) && [ -n "$child" ] && dump "$child" child.json
}

child_left() {
    wait_for "the child's end" gone "$child" && nothing_left "$child"
}

# A saving child that lives: it is slowed down for each key.
saving_child() {
    redis CONFIG SET rdb-key-save-delay 2000 >/dev/null
    redis BGSAVE >/dev/null
    check "a child that saves gets a segment of its own" wait_for "the child's snapshot" child_of
    check "the child has main's memory" holds child.json '.classes[] | select(.name == "main") | .live > 100000'
    check "the child has no thread of its parent's but the one that forked" holds child.json \
        'all(.classes[] | select(.name != "main"); .threads == 0)'
    redis CONFIG SET rdb-key-save-delay 0 >/dev/null
    kill -USR1 "${child:-0}" # as Redis itself ends it
    check "the parent's books close" wait_dump "$pid" after.json "$closes"
    check "Redis is at work still" equal PONG "$(redis PING)"
    check "the child ends, and leaves nothing behind" child_left
}

host
