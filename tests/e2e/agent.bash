# agent.bash: what the tests of the agent have in common. Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154 # pid and status are lib.sh's, guest the test's

# ---- a program that does the unusual, with the agent and without; `guest` is its path ----

is_root() { [ "$(id -u)" -eq 0 ]; }

# Every thread of it: a main thread that left is a zombie from then on.
all_gone() { # PID
    local task
    for task in "/proc/$1/task"/*/status; do
        ! grep -qs '^State:[[:space:]]*[^ZX]' "$task" || return 1
    done
}

# ended NAME: waits for the end of the process started last and sets `status`. What it leaves in /dev/shm is in `left`, its
# memory in `left_kib`, and what ls calls it in `left_state`.
ended() {
    check "$1: it ends" wait_for "its end" all_gone "$pid"
    mapfile -t left < <(segments_of "$pid")
    left_kib=$([ ${#left[@]} -eq 0 ] && echo 0 || du -ck "${left[@]}" | sed -n 's/\ttotal$//p')
    left_state=$("$ARENATOP" ls --json 2>&1 | jq -r ".[] | select(.pid == $pid) | .state" 2>&1)
    stop "$pid"
}

# What differs from run to run: the numbers of processes.
said_by() { # NAME
    sed -E 's/daemon [0-9]+/daemon/' "$1.out" && words "$1.err" | sed -E "/^arenatop: ${may_say:-nothing}/d"
}

same_as_alone() { # NAME STATUS
    equal "$alone_status" "$2" && equal "$(said_by alone)" "$(said_by "$1")"
}

# both NAME WHAT...: alone; under the agent at once; and under the agent once it is watched.
both() {
    local name=$1
    shift
    start alone env LD_PRELOAD="$JEMALLOC" "$guest" "$@"
    ended "$name alone"
    alone_status=$status
    start_watched quick "$guest" "$@"
    ended "$name at once"
    check "$name: the same at once" same_as_alone quick "$status"
    mkfifo live.in
    start_watched live "$guest" wait "$@"
    check "$name: it is watched" wait_dump "$pid" live.json
    echo >live.in
    ended "$name watched"
    rm -f live.in
    check "$name: the same when watched" same_as_alone live "$status"
}

# clean NAME WHAT...: and nothing is left of it.
clean() {
    both "$@"
    check "$1: no segment is left" equal "" "${left[*]-}"
}

# unnamed NAME WHAT...: at its end the segment's name is out of its reach, and may stay until the next gc.
unnamed() {
    both "$@"
    left_on_purpose
}

# killed NAME WHAT...: by a signal; its segment can be read, and gc removes it.
killed() {
    local segment
    both "$@"
    check "$1: its segment stays" equal 1 "${#left[@]}"
}

# ---- the end of what is kept ----

# last_snapshot FILE WORD...: the last one of a program of threads, told to end. A program that ends waits a moment for its
# agent's thread, and no longer: where that has no turn meanwhile there is no last snapshot, and it is done again.
last_snapshot() {
    local file=$1 tries
    shift
    for tries in {1..100}; do
        ARENATOP_CONF=interval_ms:50,keep:true start_watched kept "$WORKLOADS/threads" "$@"
        wait_for ready grep -qx ready kept.out && wait_dump "$pid" "$file" && kill "$pid" && wait_for "its end" gone "$pid" &&
            "$ARENATOP" dump "$(segments_of "$pid")" -o "$file" || return
        stop "$pid"
        left_on_purpose
        [ "$(jq -r .state "$file")" != exited ] || return 0
    done
    echo "none in $tries ends"
    return 1
}
