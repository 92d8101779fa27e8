#!/usr/bin/env bash
# Where attribution cannot be exact, or is not wanted, the snapshot says flow, and why; a class alone, too.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
leak=$WORKLOADS/leak2

# is_flow WHY: the whole process, each class of it, and no cell that nobody watched.
is_flow() {
    holds snap.json '.agent | .mode == "flow" and .why == $why' --arg why "$1" &&
        holds snap.json '.flows == [] and all(.classes[]; .mode == "flow")'
}

# An estimate, but of the right things: what leaks between the caches stays in the arena that it came from.
estimates() {
    holds snap.json '[.classes[] | select(.name == "A-owner" or .name == "B-taker") | .live] | add
        | . > 25000000 and . < 27000000'
}

# flow NAME WHY COMMAND...
flow() {
    local name=$1 why=$2
    shift 2
    start flow "$@"
    if check "$name: it comes to rest" rested flow.out && check "$name: a snapshot" next_dump "$pid" snap.json; then
        check "$name: flow, and why" is_flow "$why"
        check "$name: live is an estimate" estimates
    fi
    check "$name: it ends" stop "$pid"
}

flow "the wrong order of preloading" "another allocator stands before the agent in the search order" \
    env LD_PRELOAD="$JEMALLOC $AGENT" "$leak"
cc -std=c11 -D_GNU_SOURCE -O2 -pthread -o static "$ROOT/tests/workloads/leak2.c" -Wl,-Bstatic -ljemalloc -Wl,-Bdynamic \
    -lstdc++ -lm || bail "cannot link jemalloc statically"
flow "jemalloc linked into the executable" "jemalloc is linked into the executable" env LD_PRELOAD="$AGENT" ./static
flow "mode:flow" "flow mode was asked for" env ARENATOP_CONF=mode:flow,interval_ms:50 "$ARENATOP" run -- "$leak"
check "mode:flow: nobody is told what he asked for" equal "" "$(cat flow.err)"

# ---- what the user asked jemalloc for stays ----

# Whether the page behind a thread's block can be read: the kernel says EFAULT where it cannot.
cat >guarded.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *reads(void *ends) {
    char *volatile block = malloc(4096);
    return write(((int *)ends)[1], block + 4096, 1) == 1 ? ends : NULL;
}
int main(void) {
    int ends[2];
    pthread_t thread;
    void *could = ends;
    return pipe(ends) != 0 || pthread_create(&thread, NULL, reads, ends) != 0 || pthread_join(thread, &could) != 0 ||
           could != NULL;
}
END
cc -std=c11 -D_GNU_SOURCE -O2 -fno-builtin -pthread -o guarded guarded.c || bail "no compiler"
guarding=(env MALLOC_CONF=san_guard_small:1)
if LD_PRELOAD=$JEMALLOC "${guarding[@]}" ./guarded && ! LD_PRELOAD=$JEMALLOC ./guarded; then
    check "jemalloc's guard pages are where they would be without the agent" \
        exits 0 "${guarding[@]}" "$ARENATOP" run -- ./guarded
    flow "guard pages" "san_guard_small and san_guard_large guard no memory with extent hooks" \
        "${guarding[@]}" "$ARENATOP" run -- "$leak"
else
    skip "guard pages" "this jemalloc has none"
fi

# ruled NAME RULE WHY: one class of an exact process.
ruled() {
    ARENATOP_RULES=$2
    start_watched ruled "$leak"
    if check "$1: it comes to rest" rested ruled.out && check "$1: a snapshot" next_dump "$pid" snap.json; then
        check "$1: the class is flow, and says why" \
            holds snap.json '.classes[] | select(.name == "B-taker") | .mode == "flow" and .why == $why' --arg why "$3"
        check "$1: the process is exact, the other class too, to the byte" holds snap.json '.agent.mode == "exact"
            and (.classes[] | select(.name == "A-owner") | .mode == "exact" and .live == 12800000)
            and any(.flows[]; .owner == "A-owner" and .freed_by == "B-taker" and .bytes == 12800000 and .count == 50000)'
        check "$1: the process's books close" holds snap.json '.process.unexplained == 0'
    fi
    check "$1: it ends" stop "$pid"
}

ruled "a rule with mode=flow" "B-taker name=B-* mode=flow" "flow mode was asked for"
ruled "a rule with arena=0" "B-taker name=B-* arena=0" "a rule binds the class to an arena that is not its own"
done_testing
