#!/usr/bin/env bash
# What the program pays: loops of its own, threads, start-up, memory. Each beside itself with plain jemalloc, in turn.
# shellcheck source=tests/bench/bench.bash
. "${0%/*}/bench.bash"

# Libraries whose free() does the least that it may: passes the block on; does so where the address is of the thread's region;
# and counts it. What is interposed at all costs the first, what tells whose a block is the second, and what is right to the
# block the third.
cat >"$WORK/least.c" <<'END'
#include <dlfcn.h>
#include <stdint.h>
static void (*next)(void *);
static __thread struct { uintptr_t region; uint64_t frees; } own __attribute__((tls_model("initial-exec")));
__attribute__((constructor)) static void find(void) { *(void **)&next = dlsym(RTLD_NEXT, "free"); }
#if WHAT > 1
static __attribute__((noinline, cold)) void another(void *pointer)
{
    own.region = (uintptr_t)pointer >> 40;
    if (next != 0)
        next(pointer);
}
#endif
void free(void *pointer)
{
#if WHAT > 1
    if (__builtin_expect((uintptr_t)pointer >> 40 != own.region, 0)) {
        another(pointer);
        return;
    }
#else
    if (__builtin_expect(next == 0, 0))
        return;
#endif
#if WHAT > 2
    own.frees++;
#endif
    next(pointer);
}
END
least() { # WHAT MEANING
    cc -O2 -fPIC -fno-plt -shared "-DWHAT=$1" -o "$WORK/least.so" "$WORK/least.c" -ldl || return
    one() { plainly "$LOAD" pair 20000000; }
    two() { LD_PRELOAD="$WORK/least.so $JEMALLOC" "$LOAD" pair 20000000; }
    pairs 21 one two
    row "malloc+free, no agent, free() $2" - "$(printf '%.3f' "$ratio")" "$spread" "load pair: $plain, $other ns"
}
least 1 "passed on"
least 2 "compared, passed on"
least 3 "compared, counted, passed on"

ratio_row "own malloc+free, tight loop, time" "<= 1.08" 31 "pair 20000000" ns
ratio_row "producer/consumer pair between classes" "<= 0.7" 15 "handover 8000000" ns
for kind in local cross local4 cross4; do
    ratio_row "16 threads, $kind" "<= 1.01" 9 "mixed 16000000 $kind" "ns CPU"
done
# What it costs that memory goes home to its class, done by the program itself with what jemalloc has for that.
one() { plainly "$LOAD" mixed 16000000 cross4; }
two() { plainly "$LOAD" mixed 16000000 home4; }
pairs 9 one two
row "16 threads, cross4, no agent, by hand" - "$(printf '%.3f' "$ratio")" "$spread" "load mixed 16000000 home4: $plain, $other ns CPU"

# On one processor: on two, where the scheduler puts the new thread is most of what is measured.
LOAD_ON=$(taskset -cp $$ | sed 's/.*[ ,-]//')
on_one() { taskset -c "$LOAD_ON" "$@"; }
for what in "empty thread:create 30000:9" "the same among 10,000 threads:create 20000 10000:5" "malloc+free once:create-used 20000:5"; do
    IFS=: read -r name load times <<<"$what"
    read -ra load_words <<<"$load"
    one() { plainly on_one "$LOAD" "${load_words[@]}"; }
    two() { watched on_one "$LOAD" "${load_words[@]}"; }
    pairs "$times" one two
    row "pthread_create+join, $name" "<= 1.05" "$(printf '%.3f' "$ratio")" "$spread" "on one processor, load $load: $plain, $other ns"
done
ratio_row "signals blocked and let through again" "<= 1.05" 21 "masks 1000000" ns
ratio_row "resident, calloc of large sparse tables" "<= 1.03" 5 "sparse" KiB

one() { plainly "$LOAD" spawn 50; }
two() { watched "$LOAD" spawn 50; }
pairs 5 one two
row "process start-up, ms more" "<= 2" "$(awk -v a="$plain" -v b="$other" 'BEGIN { printf "%.2f", (b - a) / 1000 }')" \
    "$spread" "load spawn 50: $plain, $other us"

if [ -x "$BUILD/tests/steps" ]; then
    # How many instructions more for a pair than without the agent, counted one by one (tests/e2e/cost.sh is the gate).
    counted() { "$BUILD/tests/steps" env LD_PRELOAD="$1" "$BUILD/tests/cost" free | awk '{ print ($2 + $3 + $4) / 16 }' | sort -g | head -1; }
    more=$(awk -v a="$(counted "$JEMALLOC")" -v b="$(counted "$AGENT $JEMALLOC")" 'BEGIN { printf "%.1f", b - a }')
    row "own malloc+free, instructions more" "<= 6" "$more" exact "steps cost free"
fi
