#!/usr/bin/env bash
# Single cases with known truth: threads that are named by themselves and by others (tests/workloads/case_names.c).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES='' MALLOC_CONF=''
names=$WORKLOADS/case_names

for where in condition semaphore poll epoll sleep running binds takes; do
    exact_case "a thread named by its parent, $where" "$names" parent-$where
done
exact_case "a thread that changes its name under load" "$names" self
exact_case "a thread that changes its name while it blocks every signal" "$names" masked

# It moves some times in the first second, then stays where it is. Wherever it was, the books of its three classes add up.
adds_up() {
    jq -es '(.[0].classes[0] | [.alloc_bytes, .released_bytes]) == (.[1] | [.classes[] | select(.name |
        IN("case-a", "task-odd", "task-even"))] | [(map(.alloc_bytes) | add), (map(.released_bytes) | add)])' c.out snap.json ||
        { cat c.out snap.json; return 1; }
}
name="a thread that renames itself all the time"
run_case "$name" "$names" renamer
check "$name: nothing is lost" adds_up
check "$name: the books close" holds snap.json "$closes"
check "$name: it stays where it is, and that is said" holds snap.json \
    '.agent.warnings | length == 1 and (.[0] | test("changes class over 10 times a second"))'
said=$(words c.err)
end_case "$name"
done_testing
