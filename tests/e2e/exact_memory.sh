#!/usr/bin/env bash
# Single cases with known truth: who allocates, resizes and frees whose memory (tests/workloads/case_memory.c).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES='' MALLOC_CONF=''
memory=$WORKLOADS/case_memory

exact_case "blocks of 64 MiB" "$memory" large
exact_case "realloc across classes, grown, shrunk and in place" "$memory" resize
exact_case "realloc of foreign memory that cannot grow" "$memory" resize-refused
exact_case "blocks of two classes, when nothing more is mapped" "$memory" crowded
exact_case "a class whose threads are all gone" "$memory" gone
exact_case "2,000 short-lived threads" "$memory" many
exact_case "what strdup and getline made" "$memory" library
exact_case "NULL, freed and resized" "$memory" nothing
exact_case "errno over free and realloc" "$memory" errno
for value in alloc free; do
    MALLOC_CONF=zero_realloc:$value
    exact_case "realloc to nothing, zero_realloc:$value" "$memory" resize-zero
done
MALLOC_CONF=retain:false,dirty_decay_ms:0,muzzy_decay_ms:0
exact_case "1,100 GiB, one after the other" "$memory" around
is_exact='.classes[] | select(.name == "case-a") | .mode == "exact"'
check "1,100 GiB, one after the other: the class is exact" holds snap.json "$is_exact"
exact_case "256 TiB, asked for in vain again and again" "$memory" vain
check "256 TiB, asked for in vain again and again: the class is exact" holds snap.json "$is_exact"

# Told to end the program, jemalloc does so, for foreign memory as well.
aborts() {
    MALLOC_CONF=zero_realloc:abort exits 134 bash -c "'$ARENATOP' run -- '$memory' resize-zero <<<''" 2>/dev/null &&
        matches 'zero_realloc:abort' "$(cat "$TMP/err")"
}
check "realloc to nothing, zero_realloc:abort: the program is ended" aborts
done_testing
