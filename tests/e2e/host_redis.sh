#!/usr/bin/env bash
# A real Redis with I/O threads, unmodified, under load: its classes, its own figures beside ours, who frees whose memory,
# books that close, and a child that it forks to save.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

port=$(free_port)
export ARENATOP_CONF=interval_ms:100

redis() {
    redis-cli -p "$port" "$@"
}

# load: values of some KB through the I/O threads, and background work.
load() {
    redis-benchmark -p "$port" -q -t set,get -n 100000 -r 5000 -d 3000 -P 16 -c 50 --threads 2 >bench.out 2>&1 &&
        redis FLUSHALL ASYNC && redis-benchmark -p "$port" -q -t set -n 20000 -r 2000 -d 500 -P 16 >bench.out 2>&1
}

info() { # FIELD
    redis INFO memory | tr -d '\r' | sed -n "s/^$1://p"
}

# What INFO says and what the snapshot says, taken one right after the other, with nobody else at work. INFO itself
# allocates its answer, some KB, between the two.
agrees_with_info() {
    local theirs
    theirs=$(info allocator_allocated) && next_dump "$pid" redis.json &&
        holds redis.json '.process.allocated - $theirs | fabs < 65536' --argjson theirs "$theirs"
}

# At rest: Redis' own timer allocates nothing for good, so two looks in a row soon agree.
books_close() {
    dump "$1" books.json '.process | .moved == 0 and .unexplained == 0'
}

start_watched redis redis-server --port "$port" --bind 127.0.0.1 --dir "$TMP" --save '' --appendonly no \
    --io-threads 4 --io-threads-do-reads yes --jemalloc-bg-thread yes --daemonize no
wait_for "Redis" answers "$port" || bail "redis-server does not start: $(cat redis.err redis.out)"

check "Redis does its work" load
check "its classes, and no other by accident" wait_dump "$pid" redis.json '[.classes[].name] | sort ==
    ["(unbound)", "bio_aof_fsync", "bio_close_file", "bio_lazy_free", "io_thd_*", "main"]'
check "every class is exact" holds redis.json '.agent.mode == "exact" and all(.classes[]; .mode == "exact")'
check "three I/O threads in one class" holds redis.json '.classes[] | select(.name == "io_thd_*") | .threads == 3'
check "jemalloc's own thread is seen" holds redis.json '[.threads[].name] | index("jemalloc_bg_thd") != null'
check "main holds the keys" holds redis.json '.classes[] | select(.name == "main") | .live > 1000000'
check "main and the I/O threads free each other's" holds redis.json '[.flows[] | select(.count > 100) | [.owner, .freed_by]]
    | index([["main", "io_thd_*"]]) != null and index([["io_thd_*", "main"]]) != null'
check "what is freed lazily is main's" holds redis.json \
    '[.flows[] | select(.owner == "main" and .freed_by == "bio_lazy_free") | .bytes] | add > 1000000'
check "allocated is what Redis says of itself" wait_for "agreement" agrees_with_info
check "the classes add up to the process" holds redis.json '([.classes[].allocated] | add) == .process.allocated'
check "the books close" wait_for "books that close" books_close "$pid"
check "and so does their sum" holds books.json '.process.allocated == ([.classes[].live] | add) +
    (.process | .internal + .tcached + .stranded + .unexplained)'

# A saving child that lives: it is slowed down for each key.
redis CONFIG SET rdb-key-save-delay 2000 >/dev/null
redis BGSAVE >/dev/null
child_of() {
    child=$(pgrep -P "$pid" | head -n 1) && [ -n "$child" ] && dump "$child" child.json
}
check "a child that saves gets a segment of its own" wait_for "the child's snapshot" child_of
check "the child has main's memory" holds child.json '.classes[] | select(.name == "main") | .live > 100000'
check "the child has no thread of its parent's but the one that forked" holds child.json \
    'all(.classes[] | select(.name != "main"); .threads == 0)'
redis CONFIG SET rdb-key-save-delay 0 >/dev/null
kill "$child" 2>/dev/null
check "the parent's books close" wait_for "books that close" books_close "$pid"
check "Redis is at work still" equal PONG "$(redis PING)"
check "it ends at SIGTERM" stop "$pid"
check "with its own status" equal 0 "$status"
rm -f /dev/shm/arenatop."${child:-0}".*
done_testing
