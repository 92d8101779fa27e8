#!/usr/bin/env bash
# Programs that ask the kernel itself, past libc's functions: for other rights, namespaces, filters, names, and for their end.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
guest=$WORKLOADS/raw

# ---- rights ----

agents_tid() { # PID
    grep -lx arenatop "/proc/$1/task"/*/comm | cut -d/ -f5
}

# rights_of PID: of each of its threads, one line where they are all the same.
rights_of() {
    grep -hE '^(Uid|Gid|Groups|Cap[A-Z][a-z]+):' "/proc/$1/task"/*/status | sort | uniq -c | awk '{ print $1 }' | sort -u
}

if is_root; then
    unnamed user user
    clean effective-user effective-user
    unnamed thread-user thread-user
    clean user-namespace user-namespace
    clean clocks clocks
    mkfifo rights.in
    start_watched rights "$guest" wait gives-up
    check "gives-up: it is watched" wait_dump "$pid" rights.json
    thread=$(agents_tid "$pid")
    echo >rights.in
    check "gives-up: it does" wait_for "a line" grep -qx 'gives up: done' rights.out
    check "gives-up: no thread keeps what another gave up" equal 2 "$(rights_of "$pid")"
    check "gives-up: a user that is not root" matches '^Uid:[[:space:]]65534[[:space:]]65534' \
        "$(cat "/proc/$pid/task/$thread/status")"
    check "gives-up: the agent's thread is the same all the time" equal "$thread" "$(agents_tid "$pid")"
    check "gives-up: and it is watched on" wait_dump "$pid" on.json ".seq > $(jq .seq rights.json)"
    echo >rights.in
    ended gives-up
    check "gives-up: its status" equal 5 "$status"
    left_on_purpose
else
    skip "rights and namespaces" "not root"
fi

# ---- prctl ----

unnamed filter filter
mkfifo name.in
start_watched name "$guest" name
check "name: its class is that name's" wait_dump "$pid" name.json \
    '[.classes[] | select(.name == "by-number") | .live >= 1048576] == [true]'
echo >name.in
ended name

# ---- ends ----

for end in thread-exits main-exits main-exits-alone exit-group; do
    clean "$end" "$end"
done
mkfifo exits.in
start_watched exits "$guest" thread-exits-waits
check "thread-exits: they do" wait_for "a line" grep -qx joined exits.out
check "thread-exits: they are counted no more, and what they allocated is" wait_dump "$pid" exits.json \
    '[.classes[] | select(.name == "leaves()") | .threads, .threads_total, .alloc_bytes > 100000, .live] == [0, 4, true, 0]'
check "thread-exits: to the byte" holds exits.json '.process.unexplained == 0'
echo >exits.in
ended thread-exits
check "thread-exits: its status" equal 11 "$status"
mkfifo child.in
start_watched child "$guest" child-exits
check "child-exits: it does" wait_for "a line" grep -qx 'a child: 16' child.out
check "child-exits: its parent's books are open" wait_dump "$pid" child.json \
    '[.classes[] | select(.name == "main") | .threads] == [1]'
check "child-exits: and close" holds child.json '.process.unexplained == 0'
echo >child.in
ended child-exits
check "child-exits: its status" equal 17 "$status"
done_testing
