#!/usr/bin/env bash
# Single cases with known truth: programs that talk to jemalloc themselves (tests/workloads/case_jemalloc.c).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES='' MALLOC_CONF=''
direct=$WORKLOADS/case_jemalloc

exact_case "a thread binds itself to an arena" "$direct" binds
ARENATOP_RULES='- name=nobody' exact_case "a thread binds itself to a class's arena, and leaves it" "$direct" leaves
check "each thread is counted once in its class, and in the arena that it is in" holds snap.json '
    ([.classes[] | select(.name == "case-a") | .threads, .threads_total] == [2, 3])
    and ([.arenas[] | select(.class == "case-a") | .threads] | add == 2 and max == 2)'
exact_case "the main thread binds itself to an arena and takes a name" "$direct" main-binds
exact_case "blocks in an arena of the program's" "$direct" arenas
exact_case "blocks in such an arena by turns with its own" "$direct" turns
exact_case "xallocx of blocks that may grow by some" "$direct" grows
exact_case "memory of a class that a thread only passed through" "$direct" passed
exact_case "a cache of the program's" "$direct" caches
exact_case "dallocx, sdallocx, rallocx, xallocx" "$direct" calls
exact_case "no id for a cache is left" "$direct" no-caches

name="an arena of a class is reset"
run_case "$name" "$direct" reset
check "$name: the class is an estimate, and says why" holds snap.json '.classes[] | select(.name == "case-b")
    | .mode == "flow" and .why == "the program binds arenas of its own"'
check "$name: that is said once" holds snap.json '.agent.warnings | length == 1 and (.[0] | test("case-b is an estimate"))'
check "$name: the other class is exact" holds snap.json '.classes[] | select(.name == "main") | .mode == "exact"'
said=$(words c.err)
end_case "$name"

name="arenas of the program's come and go"
run_case "$name" "$direct" destroys
check "$name: that is said once" matches '^arenatop: the program reset arena [0-9]+: class \(unbound\) is an estimate from here on$' \
    "$(cat c.err)"
said=$(words c.err)
end_case "$name"
ARENATOP_CONF=mode:flow,interval_ms:50 run_case "$name, in flow mode" "$direct" destroys
said=
end_case "$name, in flow mode, of which nothing is said"
done_testing
