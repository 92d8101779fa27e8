#!/usr/bin/env bash
# Every fuzz target of $BUILD for FUZZ_SECONDS (60), as a test.
# time limit: 3600 s
set -u
cd "${0%/*}/../.." || exit 1
targets=()
for source in tests/fuzz/fuzz_*.c; do
    name=${source##*/}
    targets+=("$BUILD/tests/fuzz/${name%.c}")
done
exec tests/fuzz/run "${FUZZ_SECONDS:-60}" "${targets[@]}"
