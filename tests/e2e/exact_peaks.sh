#!/usr/bin/env bash
# Bursts between two snapshots show in peak_live: one of 200 ms by default, one of 20 ms with peak_ms:5
# (tests/workloads/case_burst.c). Bursts come until one was seen: nobody has to be in time.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF ARENATOP_RULES=''
burst=$WORKLOADS/case_burst

# A snapshot that was not taken during a burst, and yet knows of one.
# shellcheck disable=SC2016 # jq's variables
peak='.classes[] | select(.name == "burst") | .live < 1000000 and .peak_live >= 67108864 and .peak_live < 68000000'
sees() { # CONF HELD_MS PAUSE_MS
    ARENATOP_CONF=$1
    start_watched burst "$burst" "$2" "$3"
    wait_dump "$pid" snap.json "$peak"
    local verdict=$?
    stop "$pid" KILL
    return "$verdict"
}

# Without looks a snapshot knows of no moment but its own.
blind() {
    ARENATOP_CONF=peak_ms:0,interval_ms:20
    start_watched burst "$burst" 2 3
    wait_dump "$pid" snap.json '.seq >= 100' && "$ARENATOP" dump "$pid" --all -o all.json &&
        equal 0 "$(jq -s '[.[].classes[] | select(.name == "burst" and .peak_live != .live)] | length' all.json)"
    local verdict=$?
    stop "$pid" KILL
    return "$verdict"
}

check "a burst of 200 ms, by default" sees "" 200 1000
check "a burst of 20 ms, with peak_ms:5" sees peak_ms:5 20 1000
check "no peaks with peak_ms:0" blind
done_testing
