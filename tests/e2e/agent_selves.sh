#!/usr/bin/env bash
# Who is who: a child may have its parent's pid in a namespace of its own, its memory until it calls exec, or be made where a
# thread has not yet begun. What it does is not its parent's doing, and whoever lives on is watched on.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
guest=$WORKLOADS/selves
readonly by_class='([.classes[] | select(.threads > 0) | "\(.name) \(.threads)"] | sort)'

# ---- process 1 of a pid namespace, whose children are process 1 of theirs ----

# first NAME COMMAND...: COMMAND as process 1; sets `pid`, its pid out here, and `outer`, who waits for it.
first() {
    local name=$1
    shift
    mkfifo "$name.in"
    start "$name" unshare --pid --mount --fork --kill-child --mount-proc env "$@"
    outer=$pid
    wait_for "process 1" runs_guest "$outer"
    pid=$(pgrep -P "$outer")
}
runs_guest() { # PID
    grep -qsx selves "/proc/$(pgrep -P "$1")/comm"
}

# end_first NAME: its own end.
end_first() {
    echo 1<>"$1.in"
    wait_for "its end" gone "$pid"
    pid=$outer
    stop "$outer"
    rm "$1.in"
}

as_first_alone() { # NAME WHAT STATUS
    first alone LD_PRELOAD="$JEMALLOC" "$guest" wait "$2"
    end_first alone
    alone_status=$status
    first "$1" "$ARENATOP" run -- "$guest" wait "$2"
    check "$1: is watched" wait_dump "$pid" first.json
    end_first "$1"
    check "$1: the same as alone" same_as_alone "$1" "$status"
    check "$1: as it is to be" equal "$3" "$status"
    check "$1: no segment is left" equal "" "$(compgen -G "/dev/shm/arenatop.1.*")"
}

if is_root && unshare --pid --mount --fork --kill-child --mount-proc true 2>"$TMP/unshare"; then
    as_first_alone raw raw 0
    as_first_alone forks forks 0
    first borrows "$ARENATOP" run -- "$guest" wait borrows
    check "borrows: is watched" wait_dump "$pid" first.json
    echo 1<>borrows.in
    check "borrows: its child ends" wait_for "its child" grep -qx 'the child: status 127' borrows.out
    check "borrows: it lives on, and is watched" next_dump "$pid" next.json
    check "borrows: under its own name" eval 'next_dump "$pid" next.json &&
        holds next.json ".state == \"live\" and .threads[0].name == \"selves\""'
    end_first borrows
    check "borrows: as it would alone" equal 0 "$status"
    check "borrows: no segment is left" equal "" "$(compgen -G "/dev/shm/arenatop.1.*")"
else
    skip "process 1" "namespaces need root: $(head -c 100 "$TMP/unshare" 2>/dev/null)"
fi

# ---- a child on borrowed memory shuts itself in, and its parent does not ----

clean shut-in-ends shut-in-ends
check "shut-in-ends: as it is to be" grep -qx 'the child: status 6' alone.out
clean shut-in-runs shut-in-runs

# ---- signals that wait for a thread ----

mkfifo named.in
start_watched named "$guest" named-early
check "named early: all of them" wait_for "twenty" grep -qx '20 named' named.out
check "named early: it is watched" wait_dump "$pid" named.json
check "named early: none of them is left" eval 'next_dump "$pid" named.json && holds named.json "$by_class == [\"main 1\"]
    and .process.unexplained == 0 and (.classes[] | select(.name == \"early\") | .threads_total == 20 and .live == 0)"'
echo 1<>named.in
ended "named early"
check "named early: its status" equal 0 "$status"
check "named early: no segment is left" equal "" "${left[*]-}"

for early in forked-early named-and-forked-early; do
    clean "$early" "$early"
    check "$early: as it is to be" grep -qx 'the child: status 9' alone.out
done

mkfifo stays.in
start_watched stays "$guest" forked-early-stays
wait_for "the child" grep -q '^child ' stays.out
child=$(sed -n 's/^child //p' stays.out)
check "forked early: the child is watched, as the thread that it is" wait_dump "$child" stays.json \
    '.process.unexplained == 0 and .process.moved == 0 and '"$by_class"' == ["go_on() 1"]'
kill "$child"
wait_for "its end" gone "$child"
rm -f "/dev/shm/arenatop.$child."*
echo 1<>stays.in
ended "forked early: its parent"
check "forked early: its status" equal 0 "$status"
done_testing
