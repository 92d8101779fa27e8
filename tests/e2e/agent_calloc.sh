#!/usr/bin/env bash
# calloc() under the agent: what it gives is cleared, and large sparse tables stay sparse when they are made of freed memory.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

cleared=$WORKLOADS/cleared
unset MALLOC_CONF ARENATOP_CONF ARENATOP_RULES

# The tables have 64 MiB; of each a page is written to.
sparse() {
    awk '$1 > 8192 { print "resident: " $1 " KiB"; bad = 1 } END { exit bad || NR != 2 }' out
}

check "without the agent" exits 0 env LD_PRELOAD="$JEMALLOC" "$cleared"
check "without the agent: it is sparse" sparse
check "with it" exits 0 env LD_PRELOAD="$AGENT $JEMALLOC" "$cleared"
check "with it: it is sparse" sparse
check "in flow mode" exits 0 env LD_PRELOAD="$AGENT $JEMALLOC" ARENATOP_CONF=mode:flow "$cleared"
check "with huge pages" exits 0 env LD_PRELOAD="$AGENT $JEMALLOC" MALLOC_CONF=thp:always "$cleared"
check "without jemalloc" exits 0 env LD_PRELOAD="$AGENT" ARENATOP_CONF=quiet:true "$cleared"
check "and nobody complains" equal "" "$(cat err)"
done_testing
