#!/usr/bin/env bash
# Every fuzz target for FUZZ_SECONDS (60), as one of the long tests: none breaks.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"

sources() {
    find "$ROOT/tests/fuzz" -name 'fuzz_*.c' | wc -l
}

# The count that the run closes with, "N targets, N executions, N broke".
counted() {
    wanted="^$(sources) targets, [1-9][0-9]* executions, 0 broke$"
    matches "$wanted" "$(tail -n 1 fuzz.out)" && ! grep -E ' 0 executions$' fuzz.out
}

check "no target breaks" eval 'make -s -C "$ROOT" fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-60}" >fuzz.out 2>&1 || { tail -n 100 fuzz.out; false; }'
check "and each was run" counted
sed 's/^/# /' fuzz.out | tail -n $(($(sources) + 1))
done_testing
