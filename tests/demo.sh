#!/usr/bin/env bash
# `make demo`: the demo server under the agent, and arenatop on it; three frames of plain text where there is no terminal.
# Ends with the view; leaves no process, no segment and no file behind, however it ends.
set -u

BUILD=$(cd "${0%/*}/.." && cd "${BUILD:-build}" && pwd) || exit 1
server=
log=$(mktemp) || exit 1

# The server ends at SIGTERM and its agent takes the segment away; what does not is made to. A child that has not come to its
# exec yet runs this, too, when a signal meets it there.
leave() {
    local verdict=$?
    trap '' INT TERM HUP
    [ "$BASHPID" -eq $$ ] || exit "$verdict"
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        for _ in {1..100}; do
            kill -0 "$server" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$server" 2>/dev/null
        wait "$server" 2>/dev/null
        rm -f "/dev/shm/arenatop.$server."*
    fi
    rm -f "$log"
    exit "$verdict"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# In a session of its own, so that Ctrl-C is the view's.
setsid "$BUILD/arenatop" run -- "$BUILD/tests/demo-server" </dev/null >"$log" 2>&1 &
server=$!

for ((tries = 0; ; tries++)); do
    "$BUILD/arenatop" dump "$server" >/dev/null 2>&1 && break
    if [ "$tries" -ge 300 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "arenatop: demo: the demo server does not publish; it said:" >&2
        cat "$log" >&2
        exit 1
    fi
    sleep 0.1
done

if [ -t 0 ] && [ -t 1 ]; then
    "$BUILD/arenatop" "$server"
else
    "$BUILD/arenatop" -b -n 3 "$server"
fi
