#!/usr/bin/env bash
# The watched program is killed at any moment, again and again: what its agent published last can be read, by every reader,
# and all that came before. KILLS times; LONG=1: hundreds.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
busy=$WORKLOADS/busy
export ARENATOP_CONF=interval_ms:10,peak_ms:1,ring_bytes:1048576

kills=${KILLS:-$([ -n "${LONG:-}" ] && echo 300 || echo 12)}
records=0 before=0

# die_once SINCE SECONDS: kills the program so long after its start, or its first snapshot, and reads what it left, if it
# came so far.
die_once() {
    local segment
    LD_PRELOAD="$AGENT $JEMALLOC" "$busy" 60000 >/dev/null 2>&1 &
    local one=$!
    [ "$1" = start ] || wait_for "its first snapshot" "$ARENATOP" dump "$one" || return
    sleep "$2"
    kill -KILL "$one"
    wait "$one" 2>/dev/null
    segment=$(segments_of "$one") || return 0
    read_all "$segment" "$one"
    local result=$?
    rm -f "$segment"
    return "$result"
}

# What is there is whole and without a gap, for dump, recorder and view alike, and said to be a gone process's.
read_all() { # SEGMENT PID
    local numbers
    "$ARENATOP" dump "$1" --all >all.json 2>all.err || { grep -q 'no snapshot: it ended before its first' all.err && before=$((before + 1)) && return 0; cat all.err; return 1; }
    records=$((records + 1))
    numbers=$(jq .seq all.json | xargs)
    equal "$(seq "${numbers%% *}" "${numbers##* }" | xargs)" "$numbers" || return 1
    "$ARENATOP" dump "$1" -o last.json &&
        holds last.json ".seq == ${numbers##* } and .pid == $2 and .state == \"live\"" || return 1
    # One snapshot may have met a thread between two books, but not two on end.
    holds all.json '.[-2:] | length < 2 or any(.process | .unexplained == 0 or .moved > 0)' --slurp || return 1
    rm -f recording
    "$ARENATOP" record "$1" -o recording >said 2>&1 || { cat said; return 1; }
    equal "$numbers" "$("$ARENATOP" dump ./recording --all | jq .seq | xargs)" || return 1
    "$ARENATOP" -b -n 1 "$1" >frame && grep -q "$2" frame || { cat frame; return 1; }
    "$ARENATOP" ls --json >list && holds list "[.[] | select(.pid == $2) | .state] == [\"gone\"]"
}

# How far one comes in a time is the machine's affair: half of them are killed when they have come far enough.
die() {
    local i since=(start snapshot)
    for ((i = 0; i < kills; i++)); do
        die_once "${since[i % 2]}" "0.$((RANDOM % 10))$((RANDOM % 10))$((RANDOM % 10))" || { echo "kill $i"; return 1; }
    done
}
check "killed at any moment, it leaves a whole record" die
check "half of them and more lived long enough to leave one" [ "$records" -ge $((kills / 2)) ]
echo "# $kills kills, $records records read, $before before the first snapshot"
done_testing
