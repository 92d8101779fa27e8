#!/usr/bin/env bash
# Programs that shut themselves in, and are shut in: seccomp, signals, limits, daemons of their own making. Each does and
# says and ends the same with the agent and without.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
guest=$WORKLOADS/lives

# ---- seccomp: a filter that kills for what it does not know ----

# Where the program may no longer wait for the agent's thread, its end is told by the kernel.
for filter in filter-few filter-names filter-fork filter-everybody-few filter-refuse filter-both-opens filter-both-masks \
    filter-named-itself filter-named-all; do
    unnamed "$filter" "$filter"
done
may_say="the agent's thread could not be started again; the figures end here"
for filter in filter-namespace-clones filter-namespace-opens; do
    unnamed "$filter" "$filter"
done
may_say=''
for filter in filter-threads filter-trap filter-refused filter-clears; do
    clean "$filter" "$filter"
done
unnamed filter-everybody filter-everybody
check "filter-everybody: its name stays, as one that exited" equal exited "$left_state"
if is_root; then
    unnamed filter-owner filter-owner # whose name was root's
    check "filter-owner: it was watched to its end" equal exited "$left_state"
    check "filter-owner: next to no memory stays" eval '[ "$left_kib" -le 16 ]'
else
    clean filter-owner filter-owner
fi
clean strict strict # which ends by the kernel's exit(2), and tells nobody

# The thread of one filtered thread's process goes on; of a process whose threads all are, it leaves a word.
mkfifo shut.in
start_watched shut "$guest" wait filter-everybody-rests
check "shut in: it is exact" wait_dump "$pid" shut.json '.agent.mode == "exact"'
echo >shut.in
check "shut in: the last snapshot says none, and why" wait_dump "$pid" shut.json \
    '.agent.mode == "none" and .agent.why == "a seccomp filter forbids the agent'\''s calls: the figures end there"'
check "shut in: doctor says so" eval 'exits 5 "$ARENATOP" doctor "$pid" && grep -qE "^problem +mode +none: .*seccomp" out'
check "shut in: and that nothing can be known of it any more" grep -q 'attribution is impossible' out
check "shut in: it lives on" alive "$pid"
check "shut in: no thread of ours is in it" equal 1 "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)"
check "shut in: SIGTERM ends it as ever" stop "$pid"
# Before its first snapshot, that is; where the agent's thread had its turn first it is begun again.
for tries in {1..100}; do
    start_watched early "$guest" filter-everybody-rests
    wait_dump "$pid" early.json '.agent.mode == "none"' && [ "$(jq .seq early.json)" -gt 1 ] && [ "$tries" -lt 100 ] || break
    stop "$pid"
done
check "shut in from the start: a snapshot says so" holds early.json '.agent.mode == "none" and .seq == 1'
check "shut in from the start: it lives on" alive "$pid"
stop "$pid"

# ---- signals ----

for signals in signals-waited signals-read signals-handled; do
    clean "$signals" "$signals"
done

# ---- a priority that is meant for the program ----

if chrt -f 1 true 2>"$TMP/chrt"; then
    mkfifo turns.in
    start turns chrt -f 10 "$ARENATOP" run -- "$guest" wait signals-handled
    check "real-time: it is watched" wait_dump "$pid" turns.json
    check "real-time: the agent's thread is not" equal "TS arenatop, FF lives" \
        "$(ps -L -p "$pid" -o cls=,comm= | sort -k 2 | xargs -n 2 echo | paste -sd , | sed 's/,/, /')"
    echo >turns.in
    ended "real-time"
    check "real-time: its status" equal 11 "$status"
    check "real-time: no segment is left" equal "" "${left[*]-}"
else
    skip "real-time" "it needs rights: $(head -c 100 "$TMP/chrt")"
fi

# ---- the rest ----

clean locked locked
if is_root; then
    unnamed not-dumpable not-dumpable # another user from then on
    check "not-dumpable: next to no memory stays" eval '[ "$left_kib" -le 16 ]'
    nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    chmod 755 "$TMP"
    mkfifo dump.in
    start dump "${nobody[@]}" "$ARENATOP" run -- "$guest" not-dumpable-waits
    check "not dumpable, a user's: it is watched" wait_dump "$pid" dump.json '.agent.mode == "exact"'
    echo 1<>dump.in
    ended "not dumpable, a user's"
    check "not dumpable, a user's: its status" equal 12 "$status"
    check "not dumpable, a user's: no segment is left" equal "" "${left[*]-}"
    # setpriv changes its user with rights that it has kept for one thread, and then its group.
    start_watched rights "${nobody[@]}" "$guest" not-dumpable
    ended "kept rights"
    check "kept rights: its status" equal 12 "$status"
    left_on_purpose
else
    clean not-dumpable not-dumpable
fi

start_watched fork "$guest" double-fork
daemon_pid() {
    sed -n 's/^daemon //p' fork.out
}
check "double fork: the daemon" wait_for "the daemon" eval '[ -n "$(daemon_pid)" ]'
daemon=$(daemon_pid)
check "double fork: is watched" wait_dump "$daemon" daemon.json '.process.unexplained == 0'
ended "double fork: its parent"
check "double fork: the parent's status" equal 0 "$status"
check "double fork: nothing is left of the parents" equal "$(segments_of "$daemon")" "$(compgen -G '/dev/shm/arenatop.*')"
kill "$daemon"
wait_for "its end" gone "$daemon"
rm -f "/dev/shm/arenatop.$daemon."*
done_testing
