#!/usr/bin/env bash
# What the program pays: loops of its own, threads, start-up, memory. Each beside itself with plain jemalloc, in turn.
# shellcheck source=tests/bench/bench.bash
. "${0%/*}/bench.bash"

# A library whose free() does nothing but pass on: what interposing costs by itself, before anything is done.
cat >"$WORK/pass.c" <<'END'
#include <dlfcn.h>
static void (*next)(void *) __attribute__((visibility("hidden")));
__attribute__((constructor)) static void find(void) { *(void **)&next = dlsym(RTLD_NEXT, "free"); }
void free(void *pointer) { if (__builtin_expect(next != 0, 1)) next(pointer); }
END
cc -O2 -fPIC -fno-plt -shared -o "$WORK/pass.so" "$WORK/pass.c" -ldl

one() { plainly "$LOAD" pair 20000000; }
two() { LD_PRELOAD="$WORK/pass.so $JEMALLOC" "$LOAD" pair 20000000; }
pairs 21 one two
row "malloc+free, free() passed on, no agent" - "$(printf '%.3f' "$ratio")" "$spread" "load pair: $plain, $other ns"

ratio_row "own malloc+free, tight loop, time" "<= 1.08" 31 "pair 20000000" ns
ratio_row "producer/consumer pair between classes" "<= 0.7" 15 "handover 8000000" ns
for kind in local cross local4 cross4; do
    ratio_row "16 threads, $kind" "<= 1.01" 9 "mixed 8000000 $kind" "ns CPU"
done
ratio_row "pthread_create+join, empty thread" "<= 1.05" 15 "create 3000" ns
ratio_row "the same among 10,000 threads" "<= 1.05" 5 "create 2000 10000" ns
ratio_row "pthread_create+join, malloc+free once" "<= 1.05" 9 "create-used 2000" ns
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
