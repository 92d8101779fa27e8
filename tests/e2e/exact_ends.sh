#!/usr/bin/env bash
# Single cases with known truth: what threads do while they end (tests/workloads/case_ends.cc).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES='' MALLOC_CONF=''
ends=$WORKLOADS/case_ends-cc

exact_case "destructors of pthread keys" "$ends" keys
exact_case "destructors of thread_local objects" "$ends" thread-locals
exact_case "nullptr, deleted in twelve ways" "$ends" delete-nothing
done_testing
