#!/usr/bin/env bash
# Every fuzz target for FUZZ_SECONDS (60), as a test: they are built where they have not been; what runs them speaks TAP.
# time limit: 1800 s
cd "${0%/*}/../.." && exec make -s fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-60}"
