#!/usr/bin/env bash
# The oracle under jemalloc's options: exact all the same. Where an option makes jemalloc itself count otherwise, the test
# says what.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:100 ARENATOP_RULES='' MALLOC_CONF
with() { # MALLOC_CONF [OPTION...]
    MALLOC_CONF=$1
    oracle "$1" "$WORKLOADS/oracle-cc" --seed 11 --ops 60000 --makers 1 "${@:2}"
}

# Whether this jemalloc knows the option.
known() {
    ! MALLOC_CONF=$1 LD_PRELOAD=$JEMALLOC "$BASH" -c : 2>&1 | grep -q 'Invalid conf'
}

with tcache:false
with percpu_arena:percpu
with zero_realloc:alloc
with zero_realloc:free
with zero_realloc:abort --never-zero
with retain:false
with dirty_decay_ms:0,muzzy_decay_ms:0
with narenas:1
with tcache_max:8388608
with junk:true

# jemalloc's own threads, up to four, are not asked for their counters, which would give each an arena and a cache. The first of them
# makes the others: their vectors of TLS blocks are what no counter has.
dtv=$(books_of o.out | jq '.library[0] | .bytes / .count')
rest=".process.moved == 0 and (.process.unexplained | . % $dtv == 0 and . >= 0 and . <= 3 * $dtv)"
with background_thread:true

# Sampled allocations are rounded up to whole pages: jemalloc's arenas then have more than its counters. The counters, and
# so every cell, are right all the same.
if known prof:true; then
    rest='.process.moved == 0 and .process.unexplained >= 0'
    with prof:true,lg_prof_sample:12
else
    skip "prof:true" "this jemalloc was built without it"
fi
done_testing
