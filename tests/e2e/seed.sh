#!/usr/bin/env bash
# Threads of a program that knows nothing of arenas are sent to the arena that a rule names.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

# answers PROGRAM: how many of its threads said what.
answers() {
    "$ARENATOP" run -- "$WORKLOADS/$1" 2>err | cut -d: -f2 | sort | uniq -c | xargs
}

check "without jemalloc the programs run too" equal "no jemalloc" "$("$WORKLOADS/seed" | uniq)"
ARENATOP_RULES='seed start=start_routine arena=2'
export ARENATOP_RULES
check "C: all twenty are on arena 2" equal "20 arena 2" "$(answers seed)"
ARENATOP_RULES='seed lib=libstdc++.so* arena=2'
check "C++: all twenty are on arena 2" equal "20 arena 2" "$(answers seed-cc)"
ARENATOP_RULES='seed start=something_else arena=2'
check "no rule that fits: nobody is sent there" equal 0 "$(answers seed | grep -cw 'arena 2')"
done_testing
