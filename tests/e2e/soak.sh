#!/usr/bin/env bash
# A busy program, looked at as often as can be, with several readers, for SOAK_SECONDS (20): it comes to rest each time it is
# told to, its books close, nothing of the agent's or jemalloc's grows, and every reader reads to the end.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

SOAK_SECONDS=${SOAK_SECONDS:-20}
readonly rounds=5
WAIT_S=$((SOAK_SECONDS / rounds + 180))
export MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 # what a thread gives back is not kept, and not counted here
export ARENATOP_CONF=interval_ms:10,peak_ms:1 ARENATOP_RULES='
    hands  name=hand-*                           # by name
    few    name=quick-* arenas=1                 # with a cap
    flows  name=fleet-* mode=flow                # without a region
    given  name=blue-* arena=1                   # with an arena of the program'"'"'s
    makers start=make_threads lib=fork_storm     # by start routine and object
    born   from=makers name=short-*              # by creator
    -      name=child-*'

# The process's books close, with the classes that are estimates among the others; of the exact ones each for itself.
# shellcheck disable=SC2016 # jq's variables
readonly at_rest='
    .process as $p | $p.moved == 0 and $p.unexplained == 0 and .agent.mode == "exact"
    and $p.allocated == ([.classes[].live] | add) + $p.internal + $p.tcached + $p.stranded
    and ([.classes[].threads] | add) == 1 and (.threads | length) == 1
    and (. as $s | all(.classes[] | select(.mode == "exact"); . as $c | .alloc_bytes - .released_bytes == .live
        and .released_bytes == ([$s.flows[] | select(.owner == $c.name) | .bytes] | add // 0)))'

# ---- readers ----

# Each is newer than, or as new as, the one before, has every class of it that ever allocated, and none with less than nothing. One
# that a thread was seen in on its way to another, and left nothing in, goes again.
# shellcheck disable=SC2016 # jq's variables
echo '.schema == "arenatop/1" and .state == "live" and .seq >= $before[0].seq and all(.classes[]; .live >= 0)
    and [$before[0].classes[] | select(.alloc_bytes > 0) | .name] - [.classes[].name] == []' >goes_on.jq

dump_all_the_time() {
    local good=0
    cp 0.json before.json
    while [ ! -e over ]; do
        "$ARENATOP" dump "$1" -f json -o d.json && jq -e --slurpfile before before.json -f goes_on.jq d.json >/dev/null || break
        mv d.json before.json
        good=$((good + 1))
    done
    echo "$good good dumps"
    [ -e over ] || jq -c . before.json d.json
    [ -e over ]
}

record_all_the_time() {
    while [ ! -e over ]; do
        rm -f r.rec
        "$ARENATOP" record "$1" -o r.rec --for 3 && "$ARENATOP" dump ./r.rec --all -f csv -o r.csv || return 1
    done
}

# A script's own loop as a process of `start`.
start_loop() { # NAME FUNCTION PID
    start "$1" bash -c "$(declare -p ARENATOP); $(declare -f "$2"); $2 $3"
}

ended_well() { # NAME PID
    wait_for "its end" gone "$2" && wait "$2" || { tail -c 4000 "$1.out" "$1.err"; return 1; }
}

dumped_well() {
    ended_well dumper "$dumper" && holds before.json '.classes | length > 10'
}

# ---- rounds ----

came_to_rest() { # ROUND
    wait_for "round $1" rounds_done "$1" && alive "$pid"
}

rounds_done() { # N
    [ "$(wc -l <soak.out)" -ge "$1" ] || gone "$pid"
}

# What the process has, beside what it allocated: pages of its own, in kB, and mappings.
measure() { # ROUND
    next_dump "$pid" "$1.json" &&
        sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" >"$1.kb" &&
        wc -l <"/proc/$pid/maps" >"$1.maps"
}

measure_closed() { # ROUND
    measure "$1" && holds "$1.json" "$at_rest"
}

say_measure() { # ROUND
    jq -r --arg round "$1" --arg kb "$(cat "$1.kb")" --arg maps "$(cat "$1.maps")" --arg said "$(tail -n 1 soak.out)" \
        '"# round \($round): \($said); \($kb) kB, \($maps) mappings, \(.process.narenas) arenas,"
         + " \([.classes[].threads_total] | add) threads, \(.agent.cpu_ns / 1e9 | floor) s of the agent, unexplained \(.process.unexplained)"' \
        "$1.json"
}

# The first round is what a young process grows by, the second what chance adds.
nothing_grew() {
    local last=$rounds
    echo "kB: $(cat ./?.kb)"
    echo "mappings: $(cat ./?.maps)"
    [ "$(cat "$last.kb")" -le $(($(cat 2.kb) + 2048)) ] && [ "$(cat "$last.maps")" -le $(($(cat 2.maps) + 100)) ] &&
        holds "$last.json" '.process.narenas <= $before[0].process.narenas + 2' --slurpfile before 2.json
}

no_child_lost() {
    equal "" "$(grep -v ' 0 hung, 0 failed' soak.out)"
}

ended_by_itself() {
    wait_for "its end" gone "$soaked" && stop "$soaked" && equal 0 "$status"
}

mkfifo soak.in
start_watched soak "$WORKLOADS/fork_storm" 2
soaked=$pid
check "it is watched" wait_dump "$soaked" 0.json
start_loop dumper dump_all_the_time "$soaked"
dumper=$pid
start_loop recorder record_all_the_time "$soaked"
recorder=$pid
open_terminal 120x30 "$ARENATOP" "$soaked"
pid=$soaked
for ((round = 1; round <= rounds; round++)); do
    echo "1000000000 $(((SOAK_SECONDS + rounds - 1) / rounds))" 1<>soak.in
    check "round $round comes to rest" came_to_rest "$round"
    check "round $round: the books close" wait_for "books that close" measure_closed "$round"
    say_measure "$round"
done
check "no child hung or failed" no_child_lost
check "nothing grew" nothing_grew
check "the view still shows it" wait_screen '● live'
keys q
check "the view ends" wait_for "the view's end" left_terminal 0
touch over
check "every dump was good" dumped_well
check "so was every recording" ended_well recorder "$recorder"
echo "# $(cat dumper.out)"
cat ./*.err | sed 's/^/# /' | sort | uniq -c | sort -rn | head -n 20
echo q 1<>soak.in
check "it ends" ended_by_itself
clear_records "$WORKLOADS/fork_storm"
done_testing
