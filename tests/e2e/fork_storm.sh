#!/usr/bin/env bash
# Forks at any moment of a busy program, FORKS (1,000) of them, by one thread and by four at once: no child hangs or fails,
# the program is watched before and after, and its books close; the same without the agent, to tell whose a hang is.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

FORKS=${FORKS:-1000}
WAIT_S=$((60 + FORKS))
storm=$WORKLOADS/fork_storm
export ARENATOP_CONF=interval_ms:10,peak_ms:1 ARENATOP_RULES='hands name=hand-*; few name=quick-* arenas=1' MALLOC_CONF=''

alone() { # FORKERS
    LD_PRELOAD=$JEMALLOC "$storm" "$1" <<<"$FORKS $WAIT_S"
}

# However busy the machine is, and however a child ended: by exit, by _exit, or as another program after an exec.
segments_left() {
    "$ARENATOP" ls --json | jq -r --arg command "$storm " --argjson pid "$pid" \
        '.[] | select((.command | startswith($command)) and .pid != $pid) | "\(.path) \(.state)"'
}

# What is said of a busy machine, and of threads that are renamed all the time, is no fault.
storm_ends() {
    echo q 1<>storm.in
    wait_for "its end" gone "$pid" && stop "$pid" && equal 0 "$status" &&
        equal "" "$(words storm.err | grep -v ' changes class over 10 times a second')"
}

storm() { # FORKERS
    local name="$1 at once" all="$FORKS ended, 0 hung, 0 failed"
    check "$name: $FORKS without the agent" equal "$all" "$(alone "$1" 2>&1)"
    rm -f storm.in
    mkfifo storm.in
    start_watched storm "$storm" "$1"
    echo "$FORKS $WAIT_S" 1<>storm.in
    check "$name: $FORKS with it" rested storm.out
    check "$name: no child hung or failed" equal "$all" "$(cat storm.out)"
    check "$name: the program is watched to the end" next_dump "$pid" snap.json
    check "$name: its books close" holds snap.json "$closes"
    check "$name: it ends" storm_ends
    check "$name: and no child's segment is left" equal "" "$(segments_left)"
}

storm 1
storm 4
clear_records "$storm"
done_testing
