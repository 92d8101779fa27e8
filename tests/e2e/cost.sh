#!/usr/bin/env bash
# What the agent costs its host in instructions, counted one by one, against what was agreed: tests/e2e/cost.budget.
# No clock is looked at: the figures are the same on a busy machine.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

STEPS=$BUILD/tests/steps
export ARENATOP_RULES=''
unset MALLOC_CONF

budget() { # OPERATION COLUMN: 2 instructions of the agent's, 3 of jemalloc's; "-" is no limit
    awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$ROOT/tests/e2e/cost.budget"
}

# within WHAT GOT MOST
within() {
    echo "# $1: $2 instructions, of at most $3" >>costs
    [ "$3" = - ] || [ "$2" -le "$3" ] || { echo "$1: $2 instructions, agreed are at most $3"; return 1; }
}

# per OPERATION TIMES FILE COLUMN: instructions each, in the round that took the least.
per() {
    awk -v name="$1" -v times="$2" -v column="$4" \
        '$1 == name && (!n++ || $column < least) { least = $column } END { print n ? int(least / times + 0.5) : "none" }' "$3"
}

# operation NAME TIMES: cost.c does it TIMES times in a stretch.
operation() {
    local name=$1
    check "$name: is counted" timeout 250 "$STEPS" env LD_PRELOAD="$AGENT $JEMALLOC" \
        ARENATOP_CONF=interval_ms:3600000,peak_ms:0 "$WORKLOADS/cost" "$name" || return
    cp .said counted
    check "$name: the agent's instructions" within "$name, agent" "$(per "$name" "$2" counted 2)" "$(budget "$name" 2)"
    check "$name: jemalloc's" within "$name, jemalloc" "$(per "$name" "$2" counted 3)" "$(budget "$name" 3)"
}

# wakings CONF THREADS FILE: what the agent's thread does from waking to sleeping, a few times.
wakings() {
    timeout 250 "$STEPS" env LD_PRELOAD="$AGENT $JEMALLOC" ARENATOP_CONF="$1" MALLOC_CONF=narenas:16 \
        "$WORKLOADS/cost" agent "$2" >"$3" 2>wakings.err
    local killed segments
    read -r killed _ < <(grep 'was killed$' wakings.err)
    mapfile -t segments < <(segments_of "${killed:-0}")
    rm -f "${segments[@]}"
    equal 6 "$(wc -l <"$3")" || { cat wakings.err; return 1; }
}

# growth NAME CONF: with FEW threads, and what each further one adds; a thread brings an arena with it. Of jemalloc, the
# calls are counted.
growth() {
    local name=$1 conf=$2 few=2 more=6 column at_few at_more
    check "$name: is counted with $few threads" wakings "$conf" "$few" few &&
        check "$name: and with $more" wakings "$conf" "$more" more || return
    for column in 2 3; do
        at_few=$(per @arenatop 1 few "$column") at_more=$(per @arenatop 1 more "$column")
        check "$name: column $column" within "$name, column $column" "$at_few" "$(budget "$name" "$column")"
        check "$name: column $column, for each further thread" within "$name, column $column, per thread" \
            $(((at_more - at_few) / (more - few))) "$(budget "$name-thread" "$column")"
    done
}

if [ -x "$STEPS" ]; then
    while read -r name times; do
        operation "$name" "$times"
    done <<END
free 16
calloc 16
delete 16
delete-sized 16
dallocx 16
sdallocx 16
realloc 16
wait 16
foreign 16
thread 1
thread-malloc 1
END
    growth look interval_ms:3600000,peak_ms:100
    growth snapshot interval_ms:1000,peak_ms:0
    cat costs
else
    skip "instructions per operation" "no single-stepping for this processor"
fi
done_testing
